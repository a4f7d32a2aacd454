"""How long a cold import of each handler takes, beside the handler one would write first; and how large its zip is.

    python -m bench.cold_import [--rounds 9] [--textbook PYTHON]      after `make package`

Each import is a fresh interpreter's first, from the unpacked zip as Lambda unpacks it; boto3 is the interpreter's own,
as it is the runtime's. The textbook handler imports boto3 with its resources and all of powertools: all that this
interpreter can import, or with --textbook one that has `aws-lambda-powertools[all]`, pydantic and the others. Neither
makes a client. Time is the process's own, from the first line on.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from zipfile import ZipFile

from bench.limits import at_most

ROOT = Path(__file__).resolve().parent.parent
HOST, LAMBDA = ROOT / "dist" / "host", ROOT / "dist" / "lambda"

LIMIT = 0.5  # of what a textbook handler with all of powertools takes: --textbook

TEXTBOOK = """
from contextlib import suppress
from importlib import import_module
from boto3 import resource
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
for name in ("batch", "data_classes", "data_masking", "feature_flags", "idempotency", "parameters", "parser.models",
             "parser", "serialization", "streaming", "typing", "validation"):
    with suppress(ModuleNotFoundError):
        import_module("aws_lambda_powertools.utilities." + name)
"""
TIMED = "import time; begun = time.process_time()\n{}\nprint(time.process_time() - begun)"


def seconds_of(imports: str, folder: Path, python: str = sys.executable) -> float:
    """What the imports take in a fresh interpreter that finds `folder` before its own packages."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    told = subprocess.run(
        [python, "-P", "-c", TIMED.format(imports)],
        env=environment | {"PYTHONPATH": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(told.stdout.splitlines()[-1])


def median_seconds(rounds: int, imports: str, folder: Path, python: str = sys.executable) -> float:
    seconds_of(imports, folder, python)  # the one that compiles
    return statistics.median(seconds_of(imports, folder, python) for _ in range(rounds))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--textbook", default=sys.executable, metavar="PYTHON")
    options = parser.parse_args()
    rounds = options.rounds
    manifest = json.loads((HOST / "manifest.json").read_text())
    with tempfile.TemporaryDirectory() as empty:
        textbook = median_seconds(rounds, TEXTBOOK, Path(empty), options.textbook)
        boto3_alone = median_seconds(rounds, "import boto3", Path(empty))
    print(f"{'textbook':20} {textbook * 1000:6.0f} ms")
    print(f"{'boto3 alone':20} {boto3_alone * 1000:6.0f} ms  {boto3_alone / textbook:5.2f} of textbook")
    limits: list[str] = []
    for actor, entry in manifest.items():
        with tempfile.TemporaryDirectory() as folder:
            ZipFile(HOST / entry["zip"]).extractall(folder)
            taken = median_seconds(rounds, f"import {actor}.handler", Path(folder))
        limits.append(at_most(LIMIT, actor, taken / textbook, "of textbook"))
        megabytes = (LAMBDA / entry["zip"]).stat().st_size / 1e6
        print(
            f"{actor:20} {taken * 1000:6.0f} ms  {taken / textbook:5.2f} of textbook   zip for AWS {megabytes:.2f} MB"
        )
    print("\n".join(limits))


if __name__ == "__main__":
    main()
