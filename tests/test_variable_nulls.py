"""A null that means nothing must switch nothing off: a variable with another default takes null for that default."""

from pathlib import Path

import hcl2
import pytest

MODULES = Path(__file__).parent.parent / "modules"
QUOTE = '"'
A_PARKING_QUEUE = "queue.dead_letters"  # null says that there is no dead-letter queue, and is not the default
VARIABLES = {
    f"{path.parent.name}.{name.strip(QUOTE)}": body
    for path in sorted(MODULES.glob("*/*.tf"))
    for variable in hcl2.loads(path.read_text()).get("variable", [])
    for name, body in variable.items()
}


@pytest.mark.parametrize("name", sorted(VARIABLES.keys() - {A_PARKING_QUEUE}))
def test_a_variable_is_null_only_where_null_is_its_default(name):
    variable = VARIABLES[name]
    assert variable.get("nullable", True) == ("default" in variable and variable["default"] is None)
