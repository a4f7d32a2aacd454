"""Event source mappings with the semantics of AWS Lambda, in virtual time and against any endpoint.

mapping.py    what a mapping says          lane.py         what to invoke next, and what follows
delivery.py   what becomes of a batch      windows.py      tumbling windows and their state
simulate.py   all of it in virtual time    timeline.py     what happened
"""

from local.engine.function import FunctionThrottledError
from local.engine.queue import QueueSettings
from local.engine.records import KinesisRecord, QueueMessage, TableChange
from local.engine.refusals import MappingRefusedError
from local.engine.simulate import simulate
from local.engine.timeline import Invocation, Timeline

__all__ = [
    "FunctionThrottledError",
    "Invocation",
    "KinesisRecord",
    "MappingRefusedError",
    "QueueMessage",
    "QueueSettings",
    "TableChange",
    "Timeline",
    "simulate",
]
