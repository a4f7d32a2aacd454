"""What the README of a module shows of its inputs and outputs."""

from pathlib import Path

import pytest

from tools.module_docs import (
    Input,
    Output,
    ReadmeError,
    filled,
    inputs,
    inputs_table,
    main,
    outputs,
    outputs_table,
)

VARIABLES = """
# A comment between the blocks.
variable "name" {
  type        = string
  description = "Name, e.g. \\"trips\\", as `$${name}`."

  validation {
    condition     = can(regex("^[a-z]$", var.name))
    error_message = "name must be a letter; got \\"${var.name}\\"."
  }
}

variable "capacity" {
  type = object({
    mode   = optional(string, "ON_DEMAND") # or PROVISIONED
    shards = optional(number)
  })
  description = <<-EOT
    Who decides how many
    shards there are.
  EOT
  default     = {}
}

variable "key" {
  type        = object({ arn = string, id = string })
  description = "The key."
  default     = null
}
"""


@pytest.fixture
def module(tmp_path: Path) -> Path:
    folder = tmp_path / "modules" / "stream"
    folder.mkdir(parents=True)
    (folder / "variables.tf").write_text('variable "name" {\n  type        = string\n  description = "Name."\n}')
    (folder / "outputs.tf").write_text('output "stream" {\n  description = "The stream."\n  value       = 1\n}\n')
    (folder / "README.md").write_text(
        "# stream\n\n<!-- inputs -->\n<!-- /inputs -->\n\n<!-- outputs -->\nold\n<!-- /outputs -->\n"
    )
    return folder


def test_an_input_without_a_default_is_the_callers_to_decide():
    assert inputs(VARIABLES)[0] == Input(
        name="name", type="string", default=None, description='Name, e.g. "trips", as `${name}`.'
    )


def test_a_type_is_shown_as_it_was_written_with_its_comments():
    assert inputs(VARIABLES)[1].type == (
        'object({\n  mode   = optional(string, "ON_DEMAND") # or PROVISIONED\n  shards = optional(number)\n})'
    )


def test_a_heredoc_reads_as_one_line():
    assert inputs(VARIABLES)[1].description == "Who decides how many shards there are."


def test_a_default_of_null_is_a_default():
    assert inputs(VARIABLES)[2].default == "null"


@pytest.mark.parametrize("default", ["-1", "[]", "true", '"a" == "b" ? 1 : 2', "1 + 2"])
def test_a_default_may_be_any_expression(default):
    [given] = inputs(f'variable "limit" {{\n  type = number\n  default = {default}\n}}')
    assert given.default == default


def test_nested_blocks_and_other_declarations_are_not_inputs():
    source = 'locals {\n  a = 1\n}\nresource "aws_sqs_queue" "variable" {\n  name = "x"\n}\n'
    assert inputs(source) == []


def test_outputs_carry_their_descriptions():
    source = 'output "stream" {\n  description = "The stream."\n  value = { arn = aws_kinesis_stream.this.arn }\n}'
    assert outputs(source) == [Output("stream", "The stream.")]


def test_a_short_type_stands_in_its_cell():
    table = inputs_table([Input("tags", "map(string)", "{}", "Tags.")])
    assert table.splitlines()[-1] == "| `tags` | `map(string)` | no | `{}` | Tags. |"


def test_a_long_type_is_spelled_out_below_the_table():
    table = inputs_table([Input("sources", "map(object({\n  batch_size = number\n}))", None, "Sources.")])
    assert table.splitlines()[2:] == [
        "| `sources` | `map(object)`, below | yes |  | Sources. |",
        "",
        "`sources`:",
        "",
        "```hcl",
        "map(object({",
        "  batch_size = number",
        "}))",
        "```",
    ]


def test_a_long_default_is_spelled_out_too():
    table = inputs_table([Input("tags", "map(string)", '{\n  a = "b"\n}', "Tags.")])
    assert table.splitlines()[2:] == [
        "| `tags` | `map(string)` | no | below | Tags. |",
        "",
        "`tags`, by default:",
        "",
        "```hcl",
        "{",
        '  a = "b"',
        "}",
        "```",
    ]


def test_a_bar_in_a_description_stays_in_its_cell():
    assert outputs_table([Output("a", "one | two")]).splitlines()[-1] == "| `a` | one \\| two |"


def test_a_module_without_outputs_says_so():
    assert outputs_table([]) == "None."


def test_only_what_stands_between_the_markers_changes():
    readme = "before\n<!-- inputs -->\nold\n<!-- /inputs -->\nafter\n"
    assert filled(readme, "inputs", "new") == "before\n<!-- inputs -->\nnew\n<!-- /inputs -->\nafter\n"


@pytest.mark.parametrize(
    "readme",
    [
        "no markers",
        "<!-- inputs -->",
        "<!-- /inputs --><!-- inputs -->",
        "<!-- inputs --><!-- inputs --><!-- /inputs -->",
    ],
)
def test_a_readme_without_a_place_for_the_table_is_refused(readme):
    with pytest.raises(ReadmeError, match="needs the markers <!-- inputs --> and <!-- /inputs -->"):
        filled(readme, "inputs", "new")


def test_check_names_the_stale_readme_and_what_mends_it(module, capsys):
    assert main(["--check"], module.parents[1]) == 1
    assert capsys.readouterr().err == (
        "modules/stream/README.md does not show the module's inputs and outputs as they are; "
        "run `.venv/bin/python tools/module_docs.py`.\n"
    )


def test_check_changes_nothing(module):
    before = (module / "README.md").read_text()
    main(["--check"], module.parents[1])
    assert (module / "README.md").read_text() == before


def test_what_was_written_passes_the_check(module):
    main([], module.parents[1])
    assert main(["--check"], module.parents[1]) == 0


def test_inputs_and_outputs_of_every_file_are_written(module):
    main([], module.parents[1])
    assert (module / "README.md").read_text() == (
        "# stream\n\n<!-- inputs -->\n| input | type | required | default | what it is |\n|---|---|---|---|---|\n"
        "| `name` | `string` | yes |  | Name. |\n<!-- /inputs -->\n\n"
        "<!-- outputs -->\n| output | what it is |\n|---|---|\n| `stream` | The stream. |\n<!-- /outputs -->\n"
    )


def test_a_module_without_a_readme_fails_both_ways(module, capsys):
    (module / "README.md").unlink()
    assert main([], module.parents[1]) == 1
    assert "modules/stream/README.md is missing" in capsys.readouterr().err
