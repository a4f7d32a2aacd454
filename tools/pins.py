"""Renews what is pinned: requirements/*.txt from requirements/*.in, and the provider's checksums for every platform.

python -m tools.pins
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tools import environment, terraform

ROOT = Path(__file__).resolve().parent.parent
PLATFORMS = ("linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64", "windows_amd64")

# What the tests import is what is packed, so the functions' pins come first and bind the others.
ORDER = ("functions", "dev", "checkov", "pins")
BOUND = {"dev": ("--constraints", "requirements/functions.txt")}


def compilation(name: str) -> list[str]:
    """The command that pins requirements/<name>.in for every platform and Python from 3.11 on."""
    what = [f"requirements/{name}.in", "--output-file", f"requirements/{name}.txt", *BOUND.get(name, ())]
    how = ["--universal", "--python-version=3.11", "--generate-hashes", "--upgrade", "--no-emit-index-url"]
    return ["pip", "compile", "--quiet", *how, "--custom-compile-command=make pins", *what]


def main() -> int:
    environment.make("pins")
    compiler = ROOT / environment.FOLDERS["pins"] / "bin" / "uv"
    for name in ORDER:
        subprocess.run([compiler, *compilation(name)], cwd=ROOT, check=True)
    if terraform.provider_source(terraform.terraform_environment(os.environ), terraform.MEMORY) is not None:
        print("The provider's checksums stay as they are: only its registry knows them for every platform.")
        return 0
    return terraform.run(["providers", "lock", *(f"-platform={platform}" for platform in PLATFORMS)])


if __name__ == "__main__":
    sys.exit(main())
