"""What a zip is built for.

lambda   CPython 3.13 on arm64, as in AWS, whatever machine builds it
host     the interpreter that runs this, for the local AWS
"""

from __future__ import annotations

import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements" / "functions.txt"
STDLIB_3_13 = Path(__file__).with_name("stdlib_3_13.txt")

# Boto3 is what AWS promises; what boto3 itself happens to need (six, urllib3 ...) may leave with its next release.
RUNTIME = frozenset({"boto3", "botocore"})


class PackageError(Exception):
    """A zip that must not be built; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    """An interpreter and a machine. `pip` selects their wheels; empty means this interpreter's own."""

    name: str
    python: tuple[int, int]
    stdlib: frozenset[str]
    architecture: str
    pip: tuple[str, ...] = ()

    @property
    def runtime(self) -> str:
        return "python3.13"  # declared to AWS and to the local AWS alike

    @property
    def provided(self) -> frozenset[str]:
        return self.stdlib | RUNTIME


def lambda_target() -> Target:
    lines = STDLIB_3_13.read_text().splitlines()
    platforms = ("manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64")
    return Target(
        name="lambda",
        python=(3, 13),
        stdlib=frozenset(name for line in lines if not line.startswith("#") for name in line.split()),
        architecture="arm64",
        pip=(
            "--implementation=cp",
            "--python-version=3.13",
            *(f"--platform={platform}" for platform in platforms),
        ),
    )


def host_target() -> Target:
    machine = sysconfig.get_platform().rpartition("-")[2]
    return Target(
        name="host",
        python=sys.version_info[:2],
        stdlib=frozenset(sys.stdlib_module_names),
        architecture="arm64" if machine in {"aarch64", "arm64"} else "x86_64",
    )


TARGETS = {"lambda": lambda_target, "host": host_target}
