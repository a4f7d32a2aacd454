"""The mappings of an endpoint, run live by the same lanes, shards and rules that `simulate` runs.

engine.py          starts, refreshes, drains      stream_worker.py   one stream mapping: its shards
loop.py            where everything is decided    shard_runner.py    one shard: read, invoke, settle
inventory.py       which mappings there are       queue_worker.py    one queue mapping
takeover.py        whose pollers are on           checkpoints.py     what a killed engine knows
"""

from local.engine.live.engine import Engine, EngineError, Habits
from local.engine.live.running import running_engine

__all__ = ["Engine", "EngineError", "Habits", "running_engine"]
