"""Every example is a stack that a stranger can apply as it stands."""

import pytest

from tests.flows.examples import FOLDERS
from tests.flows.leftovers import leftovers

MODULES_TO_LIFT = {"bucket", "function", "key", "queue", "stream", "subscriber", "table"}


def test_every_module_to_lift_has_an_example():
    assert {folder.name for folder in FOLDERS} >= MODULES_TO_LIFT


@pytest.mark.usefixtures("stack")
def test_every_example_applies_as_it_stands_and_leaves_nothing_behind(endpoint, examples):
    assert examples.complaints() == []
    assert leftovers(endpoint, "sluice-example") == []
