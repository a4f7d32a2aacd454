"""Functions that the flow tests deploy; this file is all of their package. Each writes down what it was called with.

Functions run on this machine here, so a file is the quickest witness.
"""

import base64
import json
import os
import time
from pathlib import Path


def plain(event, context):
    _see(event)
    return {}


def slow(event, context):
    _see(event)
    time.sleep(0.05)
    return {}


def dawdles(event, context):
    _see(event)
    time.sleep(0.7)
    return {}


def refuses_poison(event, context):
    _see(event)
    if "poison" in _values(event):
        raise ValueError("poison")
    return {}


def reports_poison(event, context):
    _see(event)
    failed = [record["kinesis"]["sequenceNumber"] for record in event["Records"] if _value(record) == "poison"]
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}


def counts(event, context):
    _see(event)
    return {"state": {"count": event["state"].get("count", 0) + len(event["Records"])}}


def counts_slowly(event, context):
    time.sleep(0.03)
    return counts(event, context)


def fails_messages_called_bad(event, context):
    _see(event)
    failed = [record["messageId"] for record in event["Records"] if record["body"] == "bad"]
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failed]}


def fails_once_at_bad(event, context):
    """As a FIFO function should: the first failure of a group takes the rest of the group with it."""
    _see(event)
    failed, groups = [], set()
    for record in event["Records"]:
        attributes = record["attributes"]
        if "bad" in record["body"] and attributes["ApproximateReceiveCount"] == "1":
            groups.add(attributes["MessageGroupId"])
        if attributes["MessageGroupId"] in groups:
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def waits_for_company(event, context):
    """Comes to an end once another call has begun; a call that stays alone fails."""
    _see(event)
    deadline = time.monotonic() + 5
    while len(Path(os.environ["SEEN"]).read_text().splitlines()) < 2:
        if time.monotonic() > deadline:
            raise TimeoutError("no other call began")
        time.sleep(0.01)
    return {}


def notes_time(event, context):
    print(len(event["Records"]))
    with Path(os.environ["SEEN"]).open("a") as seen:
        seen.write(json.dumps({"at": time.time(), "records": len(event["Records"])}) + "\n")
    return {}


def _see(event):
    print(len(event["Records"]))
    with Path(os.environ["SEEN"]).open("a") as seen:
        seen.write(json.dumps(event) + "\n")


def _values(event):
    return [_value(record) for record in event["Records"]]


def _value(record):
    return json.loads(base64.b64decode(record["kinesis"]["data"]))
