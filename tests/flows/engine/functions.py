"""Functions that the flow tests deploy; this file is all of their package. Each writes down what it was called with.

Functions run on this machine here, so a file is the quickest witness; they print because the emulator waits for it.
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
