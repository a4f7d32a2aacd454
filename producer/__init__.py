"""Puts records into a Kinesis stream: a library, and `python -m producer` for trips."""

import sys
from importlib.util import find_spec
from pathlib import Path

if find_spec("streamkit") is None:  # the zips carry lib/ at their top; a checkout has it beside this folder
    sys.path.append(str(Path(__file__).resolve().parent.parent / "lib"))

from producer.counts import Counts
from producer.entry import PutError, Stored
from producer.kinesis import client
from producer.producer import FullError, Producer, StoppedError
from producer.settings import Settings

__all__ = ["Counts", "FullError", "Producer", "PutError", "Settings", "StoppedError", "Stored", "client"]
