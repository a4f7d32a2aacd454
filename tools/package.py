"""Builds dist/<target>/<actor>.zip for every actor under functions/, and dist/<target>/manifest.json.

    python -m tools.package             both targets
    python -m tools.package lambda      the one for AWS

A zip holds what its handler can reach (tools/closure.py) and nothing else. Its bytes follow from its content alone:
sorted names, one time, one mode, and stored, not deflated: compressors differ between zlib, its successors and their
versions, and a few megabytes less are not worth a redeployment whenever another machine builds.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from tools.closure import Closure, Shelf, all_wanted, closure
from tools.data import data
from tools.folders import FolderError, held
from tools.names import refuse_clashes
from tools.rehearsal import refuse_foreign_machine_code, refuse_missing, rehearse
from tools.targets import REQUIREMENTS, ROOT, TARGETS, PackageError, Target
from tools.wheels import third_party

EARLIEST = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip entry can carry
READABLE = 0o100644 << 16  # a regular file that Lambda's user may read
UNIX = 3


def build(target: Target, vendored: Path, root: Path = ROOT) -> Iterator[str]:
    """Builds what changed, third-party code taken from `vendored`, and yields a line about each zip."""
    dist = root / "dist" / target.name
    with held(dist):
        yield from _build(dist, target, Shelf(vendored, ours=False), root)


def _build(dist: Path, target: Target, vendored: Shelf, root: Path) -> Iterator[str]:
    refuse_clashes(actors(root), Shelf(root / "lib", ours=True), vendored, target)
    manifest_before, inputs_before = _read(dist / "manifest.json"), _read(dist / "inputs.json")
    manifest, inputs_now = {}, {}

    for actor in actors(root):
        started = time.monotonic()
        inputs_now[actor] = inputs(actor, target, root)
        path = dist / f"{actor}.zip"
        if inputs_before.get(actor) == inputs_now[actor] and path.is_file():
            manifest[actor] = entry(actor, target, path)
            if manifest[actor] == manifest_before.get(actor):
                yield _line(target, path, "unchanged")
                continue
        files = contents(actor, target, root, vendored)
        write_whole(path, zipped(files))
        manifest[actor] = entry(actor, target, path)
        yield _line(target, path, f"{len(files)} files, {time.monotonic() - started:.1f} s")

    for stale in dist.glob("*.zip"):
        if stale.stem not in manifest:
            stale.unlink()
    write_whole(dist / "inputs.json", _json(inputs_now))
    write_whole(dist / "manifest.json", _json(manifest))


def actors(root: Path) -> list[str]:
    return sorted(path.parent.name for path in (root / "functions").glob("*/handler.py"))


def contents(actor: str, target: Target, root: Path, vendored: Shelf) -> dict[str, bytes]:
    """Name in the zip -> bytes, checked to be all that the function needs."""
    # Nothing else under functions/: what is packed must be among the inputs, and no actor is another one's library.
    ours = [Shelf(root / "functions", ours=True, only=actor), Shelf(root / "lib", ours=True)]
    shelves = [*ours, vendored]
    reached = closure(f"{actor}.handler", shelves, target.provides, target.python)
    refuse_missing(actor, reached.missing, root)
    files = {name: path.read_bytes() for name, path in sorted(reached_files(reached, shelves).items())}
    if target.name == "lambda":
        refuse_foreign_machine_code(actor, files)
    else:
        own = {name: shelf for shelf in ours for name in shelf.modules if name in reached.modules}
        asked = [wanted for name, shelf in own.items() for wanted in all_wanted(name, shelf, target.python)]
        rehearse(actor, files, own, [wanted for wanted in asked if wanted.required])
    return files


def reached_files(reached: Closure, shelves: Iterable[Shelf]) -> dict[str, Path]:
    """Name in the zip -> file: every module reached, and the data that goes with them."""
    files: dict[str, Path] = {}
    for shelf in shelves:
        here = [path for name, path in reached.modules.items() if shelf.modules.get(name) == path]
        files |= {path.relative_to(shelf.folder).as_posix(): path for path in (*here, *data(shelf, here))}
    return files


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The same files give the same bytes, whenever and wherever."""
    packed = io.BytesIO()
    with ZipFile(packed, "w", ZIP_STORED) as archive:
        for name in sorted(files):
            info = ZipInfo(name, EARLIEST)
            info.external_attr = READABLE
            info.create_system = UNIX
            archive.writestr(info, files[name])
    return packed.getvalue()


def entry(actor: str, target: Target, path: Path) -> dict[str, str | int]:
    return {
        "zip": path.name,
        "sha256": digest(path),
        "handler": f"{actor}.handler.handle",
        "runtime": target.runtime,
        "architecture": target.architecture,
        "bytes": path.stat().st_size,
    }


def digest(path: Path) -> str:
    """The hash as Lambda and Terraform write it."""
    return base64.b64encode(hashlib.sha256(path.read_bytes()).digest()).decode()


def inputs(actor: str, target: Target, root: Path) -> str:
    """A hash over everything that can change the zip: sources, pins, interpreter, and how it is built."""
    sources = [
        *(root / "functions" / actor).rglob("*"),
        *(root / "lib").rglob("*"),
        root / REQUIREMENTS.relative_to(ROOT),
        *Path(__file__).parent.glob("*.py"),
        *Path(__file__).parent.glob("stdlib_*.txt"),
    ]
    hashed = hashlib.sha256(f"{target.name} {target.python} {target.architecture} {target.pip}".encode())
    for path in sorted(path for path in sources if path.is_file() and path.suffix != ".pyc"):
        content = path.read_bytes()
        hashed.update(f"{os.path.relpath(path, root)}\0{len(content)}\0".encode() + content)
    return hashed.hexdigest()


def write_whole(path: Path, content: bytes) -> None:
    """Nobody ever reads half a file."""
    unfinished = path.with_name(f".{path.name}")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=2, sort_keys=True) + "\n").encode()


def _read(path: Path) -> dict[str, Any]:
    """What an earlier build wrote; nothing where that is not to be read any more."""
    try:
        told = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _line(target: Target, path: Path, remark: str) -> str:
    return f"{target.name:<7} {path.name:<28} {path.stat().st_size / 1e6:5.2f} MB  {remark}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Build the zips of all functions.")
    parser.add_argument("target", nargs="*", help="lambda, host; both if none is named")
    chosen = parser.parse_args(arguments).target or list(TARGETS)
    if unknown := set(chosen) - TARGETS.keys():
        parser.error(f"a target is one of {', '.join(TARGETS)}; got {', '.join(sorted(unknown))}")
    try:
        for name in chosen:
            target = TARGETS[name]()
            for line in build(target, third_party(target)):
                print(line, flush=True)
    except (PackageError, FolderError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
