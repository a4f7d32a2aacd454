"""A function's log ends where the function says so: MiniStack's invocations answer as soon as it is whole.

MiniStack reads a worker's log from a pipe that has no end, and guesses it: an invocation waits for 5 ms of silence
after its last line, and 50 ms where there is none. Here the worker writes a mark behind each invocation and before its
answer; whoever reads the log takes it off again.

    stderr    a line\\n | another line\\n | no line end <mark>\\n           stdout    {"status": "ok", ...}\\n

Other runtimes than Python keep the guess.
"""

from __future__ import annotations

import time
from queue import Empty
from typing import Any

MARK = "\x1eend of the log\x1e"
PATIENCE_SECONDS = 1.0  # for a worker that lost its log and lives on
LOOK_SECONDS = 0.01

# In the worker's script: where an answer leaves, whatever it is.
ANSWERS = """
        _real_stdout.flush()

run()
"""
ENDS_ITS_LOG = f"""
        try:
            sys.stderr.flush()
            os.write(2, {MARK + chr(10)!r}.encode())
        except (OSError, ValueError):  # a handler closed its log: its end is then guessed, as without the mark
            pass
{ANSWERS}"""


def script_that_ends_its_log(script: str) -> str:
    if script.count(ANSWERS) != 1:
        raise SystemExit("local/worker_logs.py does not find the place in MiniStack's worker script where it answers.")
    return script.replace(ANSWERS, ENDS_ITS_LOG)


def whole_log(worker: Any, guess: Any, **patience: float) -> str:
    """What the worker wrote during the invocation that has just answered."""
    if not str(worker.config.get("Runtime", "python")).startswith("python"):
        return str(guess(worker, **patience))
    lines: list[str] = []
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            line: str = worker._stderr_queue.get(timeout=LOOK_SECONDS)
        except Empty:
            # Nothing more will come of one that died or closed its log.
            if not worker._stderr_thread.is_alive() or time.monotonic() > deadline:
                return "\n".join(lines)
            continue
        if line.endswith(MARK):
            return "\n".join([*lines, line.removesuffix(MARK)] if line != MARK else lines)
        lines.append(line)
