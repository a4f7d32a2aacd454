"""Object types that Terraform makes us write more than once, and that must not drift apart.

The root hands a flow its settings whole: a field that only one of the two declares would be dropped in silence.
"""

from pathlib import Path
from typing import Any

import hcl2
import pytest

ROOT = Path(__file__).parent.parent


def declared(path: Path, name: str) -> Any:
    with path.open() as file:
        variables = hcl2.load(file)["variable"]
    return next(body for variable in variables for label, body in variable.items() if label.strip('"') == name)["type"]


def settings_of(source: str) -> str:
    """The type of a stream source from its first setting on; before it stands what is read."""
    return source.partition("starting_position")[2]


@pytest.mark.parametrize("flow", ["trips"])
def test_root_and_flow_declare_the_same_settings(flow):
    assert declared(ROOT / "variables.tf", flow) == declared(ROOT / "modules" / flow / "variables.tf", "settings")


@pytest.mark.parametrize("kind", ["fan_out_sources", "table_sources"])
def test_every_kind_of_stream_source_takes_the_settings_of_kinesis_sources(kind):
    sources = ROOT / "modules" / "function" / "sources.tf"
    assert settings_of(declared(sources, kind)) == settings_of(declared(sources, "kinesis_sources")) != ""
