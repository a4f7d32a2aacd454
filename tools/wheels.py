"""The pinned third-party code of a target, unpacked and kept in .local/wheels.

    <target>-<key of pins and interpreter>/code      what is packed
                                          /sha256    over all of it, when it was fetched

A copy that is not what was fetched is fetched again: damage in it would otherwise be shipped, silently and for ever.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Callable
from pathlib import Path

from tools import pip
from tools.folders import held
from tools.targets import REQUIREMENTS, ROOT, PackageError, Target

Fetch = Callable[[Target, Path, Path], None]


def fetch(target: Target, requirements: Path, folder: Path) -> None:
    """Has pip unpack the wheels that fit `target` into `folder`."""
    how = ["--target", str(folder), "--no-compile", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    done = pip.install(sys.executable, [*how, *target.pip, "-r", str(requirements)])
    if done.returncode != 0:
        raise PackageError(
            f"No wheels of requirements/{requirements.name} for target {target.name}:\n{done.stdout}"
            "Every pin must have a wheel for CPython 3.13 on arm64 and one for this interpreter; is the network up?"
        )


def third_party(
    target: Target,
    requirements: Path = REQUIREMENTS,
    cache: Path = ROOT / ".local" / "wheels",
    fetch: Fetch = fetch,
) -> Path:
    """A folder with the pinned third-party code; fetched once, then no network is needed."""
    refuse_markers(requirements)
    kept = cache / f"{target.name}-{_key(target, requirements)}"
    with held(cache):
        if not _intact(kept):
            with tempfile.TemporaryDirectory(dir=cache, prefix=f"{target.name}-") as scratch:
                unfinished = Path(scratch, "unfinished")
                fetch(target, requirements, unfinished / "code")
                (unfinished / "sha256").write_text(_digest(unfinished / "code"))
                if kept.exists():
                    kept.rename(Path(scratch, "damaged"))
                unfinished.rename(kept)
        # Other pins' folders, and what a killed build left.
        for outdated in cache.glob(f"{target.name}-*"):
            if outdated != kept:
                shutil.rmtree(outdated)
    return kept / "code"


def _intact(kept: Path) -> bool:
    told = kept / "sha256"
    return told.is_file() and told.read_text() == _digest(kept / "code")


def _digest(folder: Path) -> str:
    hashed = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        hashed.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode() + content)
    return hashed.hexdigest()


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
