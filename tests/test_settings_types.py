"""Object types that Terraform makes us write more than once, and that must not drift apart.

The root hands a flow its settings whole: a field that only one of the two declares would be dropped in silence.
"""

from pathlib import Path
from typing import Any

import hcl2
import pytest

ROOT = Path(__file__).parent.parent


def declared(module: Path, name: str) -> Any:
    variables = [
        variable for path in module.glob("*.tf") for variable in hcl2.loads(path.read_text()).get("variable", [])
    ]
    return next(body for variable in variables for label, body in variable.items() if label.strip('"') == name)["type"]


def settings_of(source: str) -> str:
    """The type of a stream source from its first setting on; before it stands what is read."""
    return source.partition("starting_position")[2]


@pytest.mark.parametrize("flow", ["trips", "orders"])
def test_root_and_flow_declare_the_same_settings(flow):
    assert declared(ROOT, flow) == declared(ROOT / "modules" / flow, "settings")


@pytest.mark.parametrize("kind", ["fan_out_sources", "table_sources"])
def test_every_kind_of_stream_source_takes_the_settings_of_kinesis_sources(kind):
    function = ROOT / "modules" / "function"
    assert settings_of(declared(function, kind)) == settings_of(declared(function, "kinesis_sources")) != ""
