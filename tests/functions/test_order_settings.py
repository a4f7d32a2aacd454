"""What the publisher and the subscribers need to begin: nothing to be imported, their settings to run."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from streamkit.settings import SettingsError, read

ROOT = Path(__file__).parents[2]
NEEDS = {
    "order_publisher": {"BUS_NAME": "orders", "FAILURES_BUCKET": "failures"},
    "order_notifications": {"TOPIC_ARN": "arn", "NOTICES_TABLE": "notices", "ORDERS_TABLE": "orders"},
    "order_analytics": {"FIGURES_TABLE": "figures", "ORDERS_TABLE": "orders"},
    "order_audit": {"AUDIT_BUCKET": "audit"},
    "order_cache": {"CACHE_URL": "redis://127.0.0.1", "ORDERS_TABLE": "orders"},
    "order_search": {"SEARCH_URL": "https://search.internal", "ORDERS_TABLE": "orders"},
    "order_workflow": {"STATE_MACHINE_ARN": "arn"},
}


@pytest.mark.parametrize("actor", NEEDS)
def test_importing_reads_no_environment_and_needs_no_region(actor):
    code = f"import sys; sys.path[:0] = ['lib', 'functions']; import {actor}.handler"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={}, check=False).returncode == 0


@pytest.mark.parametrize("actor", NEEDS)
def test_what_is_set_is_enough(actor):
    assert read(import_module(f"{actor}.settings").Settings, NEEDS[actor])


@pytest.mark.parametrize(("actor", "name"), [(actor, name) for actor, needs in NEEDS.items() for name in needs])
def test_a_function_without_one_of_its_settings_says_which(actor, name):
    with pytest.raises(SettingsError, match=f"{name} must be set"):
        read(import_module(f"{actor}.settings").Settings, NEEDS[actor] | {name: ""})


@pytest.mark.parametrize(
    ("actor", "name"),
    [("order_notifications", "NOTICE_DAYS"), ("order_analytics", "MARKER_DAYS"), ("order_cache", "TOMBSTONE_SECONDS")],
)
def test_a_memory_without_length_is_refused(actor, name):
    with pytest.raises(SettingsError, match=name):
        read(import_module(f"{actor}.settings").Settings, NEEDS[actor] | {name: "0"})
