"""What people and scripts do with a running stack: `python -m ops --help`."""

import sys
from importlib.util import find_spec
from pathlib import Path

if find_spec("streamkit") is None:  # as in producer: a checkout has lib/ beside this folder
    sys.path.append(str(Path(__file__).resolve().parent.parent / "lib"))
