"""Every example is a stack that a stranger can apply as it stands."""

import os
from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from local.stack import FOLDER, PARALLELISM, as_root
from tests.flows.leftovers import leftovers
from tools import terraform

EXAMPLES = sorted(path.parent for path in (FOLDER / "examples").glob("*/main.tf"))
MODULES_TO_LIFT = {"function", "key", "queue", "stream", "table"}


class Example:
    """An example run in place, its state and provider kept out of its folder."""

    def __init__(self, folder, url):
        self.folder = folder
        self.kept = FOLDER / ".local" / "examples" / folder.name
        self.kept.mkdir(parents=True, exist_ok=True)
        self.env = as_root(url, os.environ) | {"TF_DATA_DIR": str(self.kept), "TF_INPUT": "0"}

    def apply(self):
        self._terraform("init")
        self._terraform("apply", *self._options())

    def destroy(self):
        self._terraform("destroy", *self._options())

    def _options(self):
        takes_packages = "packages_dir" in (self.folder / "main.tf").read_text()
        packages = [f"-var=packages_dir={FOLDER}/dist/host"] if takes_packages else []
        return ["-auto-approve", PARALLELISM, f"-state={self.kept}/example.tfstate", *packages]

    def _terraform(self, *arguments):
        terraform.output([*arguments, "-no-color"], folder=self.folder, env=self.env)


def test_every_module_to_lift_has_an_example():
    assert {path.name for path in EXAMPLES} >= MODULES_TO_LIFT


@pytest.mark.usefixtures("stack")
def test_every_example_applies_as_it_stands_and_leaves_nothing_behind(endpoint):
    examples = [Example(folder, endpoint.url) for folder in EXAMPLES]
    with ThreadPoolExecutor(len(examples)) as together:
        applied = [together.submit(example.apply) for example in examples]
        wait(applied)
        destroyed = [together.submit(example.destroy) for example in examples]
        wait(destroyed)
    assert [str(done.exception()) for done in (*applied, *destroyed) if done.exception()] == []
    assert leftovers(endpoint, "sluice-example") == []
