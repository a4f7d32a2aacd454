"""docs/engine.md speaks the truth: what it tries in virtual time works, and prints what it shows."""

import re
from pathlib import Path

PAGE = (Path(__file__).parent.parent.parent / "docs" / "engine.md").read_text()
VIRTUAL = PAGE[PAGE.index("## In virtual time") : PAGE.index("## Live")]


def blocks(language: str) -> str:
    return "\n".join(re.findall(rf"```{language}\n(.*?)```", VIRTUAL, re.DOTALL))


def test_the_examples_in_virtual_time_run_and_print_what_the_page_shows(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    exec(compile(blocks("python"), "docs/engine.md", "exec"), {})
    assert capsys.readouterr().out == blocks("text").replace("\n\n", "\n")
    assert (tmp_path / "timeline.html").exists()
