"""Says in one sentence, on any Python however old, that it is too old for this project."""

import sys

OLDEST = (3, 11)

if sys.version_info < OLDEST:
    found = ".".join(map(str, sys.version_info[:3]))
    sys.exit(
        "Sluice needs Python 3.11 or newer; "
        + sys.executable
        + " is "
        + found
        + ": install one from https://www.python.org/downloads or name yours, e.g. make PYTHON=python3.13 test."
    )
