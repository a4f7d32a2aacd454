"""A check that is skipped says why, in place; nothing is skipped for the whole repository."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = ROOT / "modules"
SKIP = re.compile(r"checkov:skip=(?P<check>[^:\s]*)(?::(?P<reason>.*))?")
REASON_LENGTH = 20  # shorter than this, it is a word and not a reason


def unreasoned(text: str) -> list[str]:
    """The skips in `text` that name no check, or give no reason."""
    return [
        skip[0]
        for skip in SKIP.finditer(text)
        if not re.fullmatch(r"CKV2?_AWS_\d+", skip["check"]) or len((skip["reason"] or "").strip()) < REASON_LENGTH
    ]


@pytest.mark.parametrize("path", sorted(MODULES.glob("**/*.tf")), ids=lambda path: str(path.relative_to(MODULES)))
def test_every_skip_carries_a_reason(path: Path) -> None:
    assert unreasoned(path.read_text()) == []


def test_nothing_is_skipped_for_every_module_at_once() -> None:
    assert not re.search(r"^(skip-check|skip-path|soft-fail)", (ROOT / ".checkov.yaml").read_text(), re.MULTILINE)


def test_a_skip_with_a_reason_is_accepted() -> None:
    assert unreasoned("# checkov:skip=CKV_AWS_18:Nobody but this account reads the bucket.") == []


@pytest.mark.parametrize(
    "skip", ["checkov:skip=CKV_AWS_18", "checkov:skip=CKV_AWS_18:", "checkov:skip=CKV2_AWS_6: n/a"]
)
def test_a_skip_without_a_reason_is_told(skip: str) -> None:
    assert unreasoned(f"# {skip}\n") == [skip]
