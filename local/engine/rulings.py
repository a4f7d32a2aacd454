"""Where AWS is silent: one constant per ruling, so that one capture on a real account can overturn it.

Each names the clause of docs/semantics.md it decides. Numbers that AWS does document stand here where it may change
them, or where how they are applied is ours.
"""

from __future__ import annotations

MEBIBYTE = 1_048_576

# R4: waits before the retries of a batch. About eight invocations were seen in a minute of endless retries.
FIRST_RETRY_SECONDS = 1.0
RETRY_FACTOR = 2.0
LONGEST_RETRY_SECONDS = 60.0

# W19: an idle window closes when its end has passed and nothing was read on the shard for this long,
# as a read that began no sooner shows by finding nothing.
IDLE_CLOSE_SECONDS = 120.0

# W21: a record older than the current window belongs to the current window; it is told, never dropped.
LATE_RECORDS_JOIN_THE_CURRENT_WINDOW = True

# W31: after a partial response the window keeps the state from before the batch, as after a failure.
PARTIAL_RESPONSE_KEEPS_RETURNED_STATE = False

# W24: after an early termination the same window goes on with {} and gets its ordinary final call
# only if a record arrived since.
EARLY_TERMINATION_NEEDS_ORDINARY_FINAL = False

# W25: compact UTF-8 JSON; a string of 1,048,640 characters is known to be too much.
STATE_LIMIT_BYTES = MEBIBYTE

# W23, S12: a state may be so large that the early final call itself exceeds what an invocation takes. Like a record
# too large to send, the call then spends the retries without reaching the function, and the window goes on with {}.
OVERSIZED_FINAL_SPENDS_RETRIES = True

# W8: `state` must be a JSON object; anything else counts as a response without state.
STATE_MUST_BE_AN_OBJECT = True

# W29: a final call follows the retry policy. It has no records, so its age counts from its own first attempt.
FINAL_CALLS_AGE = True

# G9: the synchronous request limit, measured on the event's compact JSON, state and envelope included.
PAYLOAD_LIMIT_BYTES = 6 * MEBIBYTE

# F1: filters of one mapping; the quota can be raised to ten on request.
FILTERS_PER_MAPPING = 5

# F6: patterns nested deeper than any record would be are refused; matching follows them level by level.
PATTERN_LEVELS = 100

# R5: where a failed batch is cut in two, as seen in one implementation: the left half is the smaller.
BISECT_LEFT_SHARE = 0.5

# R9: a response that fails the whole batch without a function error is halved like one.
INVALID_RESPONSE_IS_BISECTED = True

# R10: a partial response that names the first record leaves the batch unchanged: it is retried, not halved.
FIRST_RECORD_FAILED_IS_BISECTED = False

# R8: with partial responses switched on, a response that is neither empty nor an object fails the batch.
UNREADABLE_RESPONSE_FAILS = True

# R3: a batch that lost expired records is a new batch, like the remainder of a partial response (R6).
EXPIRY_MAKES_A_NEW_BATCH = True

# R12: a batch that has become too old as a whole is given up at that moment, not when its next try would be due.
EXPIRY_ENDS_THE_BACKOFF = True

# R1: what leaves the stream by retention while it is retried is reported like a record that is too old.
RETENTION_CONDITION = "RecordAgeExceeded"
KINESIS_RETENTION_SECONDS = 24 * 3600.0
TABLE_STREAM_RETENTION_SECONDS = 24 * 3600.0

# G9: the batching window opens when its first record is read, or when the previous invocation completed
# if that record was waiting by then.
BATCHING_WINDOW_OPENS_WITH_FIRST_RECORD = True

# M1: IteratorAge is taken when the event is sent to the function.
ITERATOR_AGE_AT_SEND = True

# S4: documented rates, as the grid on which records become visible to the poller.
KINESIS_POLL_SECONDS = 1.0
TABLE_STREAM_POLL_SECONDS = 0.25
FAN_OUT_POLL_SECONDS = 0.0
RECORDS_PER_POLL = 10_000

# S7: records of a shard that wait, read and in memory, for a lane that is held up; then the other lanes wait as well.
READ_AHEAD_RECORDS = 100_000
READ_AHEAD_BYTES = 100 * MEBIBYTE

# Q3: growth is documented per minute; it is spread evenly, starts when every slot is taken and a message
# waits, and starts over from half after a failed batch or a throttle.
QUEUE_FIRST_CONCURRENCY = 5
QUEUE_GROWTH_PER_MINUTE = 300
QUEUE_HIGHEST_CONCURRENCY = 1_250
QUEUE_BACK_OFF_FACTOR = 0.5

# Q13: provisioned pollers run this many invocations each.
INVOCATIONS_PER_POLLER = 10

# Q5: what one receive brought of a FIFO group beyond 6 MB waits until the batch in front of it is done, and returns
# to the queue behind it if that fails. It was received all the same: it counts, as every receive does.
GROUPS_WAIT_FOR_THEIR_BATCH = True

# Q6: the timeout of a function that says none, as Lambda has it; a simulation is told of calls, seldom of timeouts.
DEFAULT_TIMEOUT_SECONDS = 3.0

# Q6: where window + timeout exceed the queue's visibility timeout, the mapping's receives ask for this much more.
VISIBILITY_MARGIN_SECONDS = 30.0

# Q7: a throttled invocation of a queue batch is tried again after this long, while its messages are invisible.
QUEUE_THROTTLE_RETRY_SECONDS = 1.0

# Q9: `[{}]` fails the whole batch, as documented; one observer saw it succeed.
EMPTY_ITEM_FAILS_THE_BATCH = True
