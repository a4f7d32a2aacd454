"""What Terraform itself says about our modules.

python -m tools.terraform_checks validate     the root, every module and every example
python -m tools.terraform_checks test         tests/*.tftest.hcl, as many files at once as there are cores
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tools import terraform
from tools.provider import ROOT, data_folder, running_provider
from tools.summary import counted, verdict


@dataclass(frozen=True, slots=True)
class Answer:
    """What Terraform said about one folder or file."""

    subject: str
    passed: bool
    text: str


def folders() -> list[Path]:
    """The root and every module and example."""
    return [ROOT, *sorted({path.parent for kind in ("modules", "examples") for path in ROOT.glob(f"{kind}/*/*.tf")})]


def validate(folder: Path, environment: Mapping[str, str]) -> Answer:
    own = {**environment, **data_folder("validate", folder)}
    subject = "root" if folder == ROOT else folder.relative_to(ROOT).as_posix()
    initialised = _run(["init", "-backend=false", "-input=false", "-no-color"], folder, own)
    if initialised.returncode != 0:
        return Answer(subject, passed=False, text=initialised.stdout)
    done = _run(["validate", "-no-color"], folder, own)
    return Answer(subject, passed=done.returncode == 0, text=done.stdout)


def test(path: Path, environment: Mapping[str, str]) -> Answer:
    subject = path.relative_to(ROOT).as_posix()
    done = _run(["test", "-no-color", f"-filter={subject}"], ROOT, environment)
    return Answer(subject, passed=done.returncode == 0, text=done.stdout)


def _run(arguments: list[str], folder: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    command, environment = terraform.prepared(arguments, env)
    return subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )


def report(answers: Iterable[Answer]) -> list[Answer]:
    """Prints a line about each as it comes, and at the end all that was said about those that failed."""
    told = []
    for answer in answers:
        print(f"{'ok    ' if answer.passed else 'FAILED'}  {answer.subject}", flush=True)
        told.append(answer)
    for answer in told:
        if not answer.passed:
            print(f"\n{answer.subject}\n{answer.text}", flush=True)
    return told


def main(what: str) -> int:
    check: Callable[[Path, Mapping[str, str]], Answer] = {"validate": validate, "test": test}[what]
    subjects = folders() if what == "validate" else sorted(ROOT.glob("tests/*.tftest.hcl"))
    with running_provider(what) as environment, ThreadPoolExecutor(os.cpu_count()) as pool:
        answers = report(pool.map(lambda subject: check(subject, environment), subjects))
    if what == "test":
        print(verdict((counted(answer.text) for answer in answers), failed_stages=0))
    return 0 if all(answer.passed for answer in answers) else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1]))
    except terraform.TerraformError as error:
        sys.exit(str(error))
