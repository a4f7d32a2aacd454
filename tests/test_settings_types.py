"""The root hands a flow its settings whole: a field that only one of the two declares would be dropped in silence."""

from pathlib import Path
from typing import Any

import hcl2
import pytest

ROOT = Path(__file__).parent.parent


def declared(path: Path, name: str) -> Any:
    with path.open() as file:
        variables = hcl2.load(file)["variable"]
    return next(body for variable in variables for label, body in variable.items() if label.strip('"') == name)["type"]


@pytest.mark.parametrize("flow", ["trips"])
def test_root_and_flow_declare_the_same_settings(flow):
    assert declared(ROOT / "variables.tf", flow) == declared(ROOT / "modules" / flow / "variables.tf", "settings")
