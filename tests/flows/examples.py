"""The example stacks, each run in place as a stranger would, its state and provider kept out of its folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.stack import PARALLELISM, ROOT, as_root
from tools import terraform

FOLDERS = sorted(path.parent for path in (ROOT / "examples").glob("*/main.tf"))


@dataclass(frozen=True, slots=True)
class Example:
    """One example on the AWS at `url`."""

    folder: Path
    url: str

    def apply(self) -> None:
        self._terraform("init")
        self._terraform("apply", *self._options())

    def destroy(self) -> None:
        self._terraform("destroy", *self._options())

    @property
    def _kept(self) -> Path:
        return ROOT / ".local" / "examples" / self.folder.name

    def _options(self) -> list[str]:
        takes_packages = "packages_dir" in (self.folder / "main.tf").read_text()
        packages = [f"-var=packages_dir={ROOT}/dist/host"] if takes_packages else []
        return ["-auto-approve", PARALLELISM, f"-state={self._kept}/example.tfstate", *packages]

    def _terraform(self, *arguments: str) -> None:
        self._kept.mkdir(parents=True, exist_ok=True)
        kept_apart = {"TF_DATA_DIR": str(self._kept), "TF_INPUT": "0"}
        terraform.output([*arguments, "-no-color"], folder=self.folder, env=as_root(self.url, os.environ) | kept_apart)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Every example on its way up, all at once; an apply mostly waits, so other work fits beside it."""

    pool: ThreadPoolExecutor
    examples: list[Example]
    applied: list[Future[None]]

    def complaints(self) -> list[str]:
        """What went wrong in applying and, after that, destroying them; each is destroyed whatever happened."""
        wait(self.applied)
        destroyed = self._each(Example.destroy)
        wait(destroyed)
        return [str(problem) for done in (*self.applied, *destroyed) if (problem := done.exception())]

    def _each(self, act: Callable[[Example], None]) -> list[Future[None]]:
        return [self.pool.submit(act, example) for example in self.examples]


@contextmanager
def rehearsal(url: str) -> Iterator[Rehearsal]:
    examples = [Example(folder, url) for folder in FOLDERS]
    with ThreadPoolExecutor(len(examples)) as pool:
        yield Rehearsal(pool, examples, [pool.submit(example.apply) for example in examples])
