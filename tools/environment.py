"""Makes the virtual environments from their hash-checked pins; one that fits its pins is left alone.

python -m tools.environment dev         .venv           functions, tests, linters, local AWS
python -m tools.environment checkov     .venv-checkov   it pins another boto3 than the local AWS does
python -m tools.environment pins        .local/pins     the compiler of requirements/*.txt
"""

from __future__ import annotations

import hashlib
import sys
import venv
from importlib.util import find_spec
from pathlib import Path

from tools import pip

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = {"dev": ".venv", "checkov": ".venv-checkov", "pins": ".local/pins"}


def make(name: str, root: Path = ROOT) -> str:
    """Makes the environment `name` if it does not fit its pins, and says what was done."""
    folder, pins = root / FOLDERS[name], root / "requirements" / f"{name}.txt"
    stamp, wanted = folder / "installed.txt", fingerprint(pins)
    python = folder / "bin" / "python"
    if python.is_file() and stamp.is_file() and stamp.read_text() == wanted:
        return "unchanged"
    if not python.is_file() or not same_interpreter(folder):
        if find_spec("ensurepip") is None:
            sys.exit(f"{sys.executable} cannot make virtual environments: install its venv package (python3-venv).")
        venv.create(folder, with_pip=True, clear=True, symlinks=True)
    stamp.unlink(missing_ok=True)
    # Compiling every file at once takes as long as fetching it; most are never imported.
    done = pip.install(str(python), ["--no-compile", "--require-hashes", "-r", str(pins)])
    if done.returncode != 0:
        sys.exit(f"{done.stdout}requirements/{pins.name} could not be installed into {FOLDERS[name]}.")
    stamp.write_text(wanted)
    return f"installed requirements/{pins.name}"


def fingerprint(pins: Path) -> str:
    version = ".".join(map(str, sys.version_info[:2]))
    return f"{sys.implementation.name} {version} {hashlib.sha256(pins.read_bytes()).hexdigest()}\n"


def same_interpreter(folder: Path) -> bool:
    """True if `folder` was made by a Python of this minor version."""
    version = ".".join(map(str, sys.version_info[:2]))
    return (folder / "lib" / f"python{version}").is_dir()


if __name__ == "__main__":
    if unknown := set(sys.argv[1:]) - FOLDERS.keys():
        sys.exit(f"An environment is one of {', '.join(FOLDERS)}; got {', '.join(sorted(unknown))}.")
    for name in sys.argv[1:]:
        print(f"{FOLDERS[name]}: {make(name)}")
