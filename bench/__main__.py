"""Everything that is measured here, each beside its baseline in the same run: `make bench`.

Ratios compare; records a second belong to one machine and one hour. Where a ratio was promised its limit stands beside
it, held or missed, and all of those once more at the end. What is printed is kept in .local/bench.txt.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from bench.limits import MISSED, VERDICTS

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / ".local" / "bench.txt"
MOST_SECONDS = 180.0  # of one of them; all take about a minute

WHY_MISSED = "; which of them cannot be held, and why: docs/decisions/0019-what-speed-is-measured-against.md"

BENCHES = {
    "window_aggregator": "a delivery folded",
    "cold_import": "a handler's first import, and what its zip weighs",
    "producer": "records acknowledged, beside a bare loop over PutRecords",
    "simulate": "virtual time",
    "live": "the live engine beside the emulator's own poller",
}


def printed(name: str) -> str:
    """What one of them printed; its own error ends them all."""
    roots = os.pathsep.join(str(ROOT / folder) for folder in ("lib", "functions"))
    done = subprocess.run(
        [sys.executable, "-m", f"bench.{name}"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": roots},
        stdout=subprocess.PIPE,
        text=True,
        timeout=MOST_SECONDS,
        check=True,
    )
    return done.stdout


def main() -> int:
    KEPT.parent.mkdir(exist_ok=True)
    promised: list[str] = []
    with KEPT.open("w") as kept:
        for name, what in BENCHES.items():
            begun = time.monotonic()
            heading = f"{name}: {what}"
            print(heading, flush=True)
            try:
                figures = printed(name)
            except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
                print(error, file=sys.stderr)
                return 1
            print(f"{figures}({time.monotonic() - begun:.0f} s)\n", flush=True)
            kept.write(f"{heading}\n{figures}\n")
            promised += [line for line in figures.splitlines() if line.startswith(VERDICTS)]
    missed = sum(line.startswith(MISSED) for line in promised)
    verdict = f"{len(promised) - missed} limits held, {missed} missed{WHY_MISSED if missed else ''}"
    print("\n".join([*promised, verdict]))
    print(f"kept in {KEPT.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
