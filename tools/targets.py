"""What a zip is built for.

lambda   CPython 3.13 on arm64, as in AWS, whatever machine builds it
host     the interpreter that runs this, for the local AWS
"""

from __future__ import annotations

import sys
import sysconfig
import warnings
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
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
    """An interpreter and a machine. `pip` selects their wheels; empty means this interpreter's own.

    `stdlib` names the top-level modules, for another interpreter than this one the modules inside packages, too.
    """

    name: str
    python: tuple[int, int]
    stdlib: frozenset[str]
    architecture: str
    pip: tuple[str, ...] = ()

    @property
    def runtime(self) -> str:
        return "python3.13"  # declared to AWS and to the local AWS alike

    def provides(self, name: str) -> bool:
        """True if the runtime brings the module `name`, which may be one inside a package."""
        top = name.partition(".")[0]
        if top in RUNTIME or (top in self.stdlib and not self.pip):
            return name == top or _importable(name)
        return name in self.stdlib


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


@cache
def _importable(name: str) -> bool:
    """Whether this interpreter finds the module; that imports the packages around it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


TARGETS = {"lambda": lambda_target, "host": host_target}
