"""What would go wrong at a function's first invocation goes wrong in the build.

The zip for AWS carries machine code this host may not be able to load, so its imports are read (tools/closure.py) and
its compiled modules looked at. The zip for this host is imported for real, by an interpreter that sees nothing but
the standard library, the zip's content and boto3.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import Distribution, distribution
from pathlib import Path

from tools.closure import COMPILED, Missing
from tools.imports import Import
from tools.targets import PackageError

ELF_64_LITTLE_ENDIAN = b"\x7fELF\x02\x01"
MACHINE_AT, AARCH64 = slice(18, 20), (183).to_bytes(2, "little")
LOADABLE_NAME = re.compile(r"[^.]+(\.cpython-313-aarch64-linux-gnu|\.abi3)?\.so")
REMEDY = "Pin it in requirements/functions.in (then `make pins`), or do without it."

# Lambda's own order: the function first, what the runtime brings last.
IMPORT_EACH = """
import importlib, sys
task, runtime, handler, *asked = sys.argv[1:]
sys.path[:0] = [task]
sys.path.append(runtime)
for name in asked:
    module, _, attribute = name.partition(":")
    if attribute and not hasattr(importlib.import_module(module), attribute):
        module = f"{module}.{attribute}"
    importlib.import_module(module)
assert callable(importlib.import_module(handler).handle), f"{handler}.handle is not a function"
"""


def refuse_missing(actor: str, missing: Iterable[Missing], root: Path) -> None:
    for gap in missing:
        asks = f"{actor} cannot run in AWS: {gap.importer}, line {gap.line}, imports {gap.name}, which"
        top = gap.name.partition(".")[0]
        if top == actor or (top and _stands_in(root / "lib", top)):
            raise PackageError(f"{asks} is neither a module nor a name that {top} has.")
        if top and _stands_in(root / "functions", top):
            raise PackageError(f"{asks} stands beside it in functions/, out of its zip: move what both need to lib/.")
        raise PackageError(
            f"{asks} is neither in the zip nor in the Lambda runtime (Python's standard library, boto3, botocore). "
            f"{REMEDY}"
        )


def _stands_in(folder: Path, name: str) -> bool:
    return (folder / name).is_dir() or (folder / f"{name}.py").is_file()


def refuse_foreign_machine_code(actor: str, files: Mapping[str, bytes]) -> None:
    """Compiled modules must be for CPython 3.13 (or any, by the stable ABI) on arm64 with glibc."""
    for name, content in files.items():
        if not name.endswith(COMPILED):
            continue
        machine = content.startswith(ELF_64_LITTLE_ENDIAN) and content[MACHINE_AT] == AARCH64
        if not machine or not LOADABLE_NAME.fullmatch(Path(name).name):
            raise PackageError(
                f"{actor} cannot run in AWS: {name} is not machine code for CPython 3.13 on arm64 Linux. "
                "Pin a version that has such a wheel in requirements/functions.in (then `make pins`)."
            )


def rehearse(actor: str, files: Mapping[str, bytes], modules: Iterable[str], wanted: Iterable[Import]) -> None:
    """Imports the handler, every module of ours it may import later, and all `wanted`, as the Lambda runtime would."""
    names = dict.fromkeys(
        [*modules, *(one.name if one.certain else ":".join(one.name.rsplit(".", 1)) for one in wanted)]
    )
    with tempfile.TemporaryDirectory() as scratch:
        task, runtime = Path(scratch, "task"), Path(scratch, "runtime")
        for name, content in files.items():
            path = task / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        runtime.mkdir()
        for path in runtime_packages():
            (runtime / path.name).symlink_to(path)
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-B", "-c", IMPORT_EACH, task, runtime, f"{actor}.handler", *names],
            env={"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        *_, reason = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise PackageError(f"{done.stderr}{actor} cannot be imported from its zip and boto3 alone: {reason}. {REMEDY}")


def runtime_packages() -> Iterator[Path]:
    """Top-level packages and modules of boto3 and all it requires."""
    for found in required_by("boto3"):
        names = {file.parts[0] for file in found.files or [] if file.suffix == ".py" and file.parts[0] != ".."}
        yield from (Path(str(found.locate_file(name))) for name in sorted(names))


def required_by(name: str) -> list[Distribution]:
    found: dict[str, Distribution] = {}
    waiting = [name]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = distribution(name)
            required = [text for text in found[name].requires or [] if "extra ==" not in text]
            waiting += [match[0] for text in required if (match := re.match(r"[\w.-]+", text))]
    return list(found.values())
