"""What a zip is built for, and the third-party code that fits it.

lambda   CPython 3.13 on arm64, as in AWS, whatever machine builds it
host     the interpreter that runs this, for the local AWS
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
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


def third_party(target: Target, requirements: Path = REQUIREMENTS, cache: Path = ROOT / ".local" / "wheels") -> Path:
    """A folder with the pinned third-party code unpacked; fetched once, then no network is needed."""
    refuse_markers(requirements)
    folder = cache / f"{target.name}-{_key(target, requirements)}"
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix=f"{target.name}-") as unfinished:
        unpacked = Path(unfinished, "unpacked")
        _pip_install(target, requirements, unpacked)
        for outdated in cache.glob(f"{target.name}-????????????????"):
            shutil.rmtree(outdated)
        unpacked.rename(folder)
    return folder


def refuse_markers(requirements: Path) -> None:
    """pip judges `; python_version < "3.13"` by the interpreter it runs on, not by the one it fetches for."""
    for line in requirements.read_text().splitlines():
        pin = line.partition("#")[0].rstrip(" \\")
        if ";" in pin:
            raise PackageError(
                f"{requirements.name} must pin each distribution for every target alike; got {pin!r}; "
                "compile requirements/functions.in without environment markers."
            )


def _key(target: Target, requirements: Path) -> str:
    interpreter = "" if target.pip else f"{sys.implementation.cache_tag} {sysconfig.get_platform()}"
    return hashlib.sha256(
        b"\0".join([requirements.read_bytes(), *map(str.encode, target.pip), interpreter.encode()])
    ).hexdigest()[:16]


def _pip_install(target: Target, requirements: Path, folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    command += ["--target", str(folder), "--no-compile", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    done = subprocess.run(
        [*command, *target.pip, "-r", str(requirements)],
        env={**os.environ, "PIP_REQUIRE_VIRTUALENV": "false"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise PackageError(
            f"No wheels of requirements/{requirements.name} for target {target.name}:\n{done.stdout}"
            "Every pin must have a wheel for CPython 3.13 on arm64 and one for this interpreter; is the network up?"
        )
