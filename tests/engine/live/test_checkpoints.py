"""What is on disk after a kill: all of a checkpoint or the one before, and never another mapping's."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.engine.live.checkpoints import Checkpoint, CheckpointError, Checkpoints, OpenWindow
from local.engine.windows import Window

UUID = "7e2437f6-5ae6-46e7-807d-c80280fec103"
SHARD = "shardId-000000000000"
WINDOW = OpenWindow(Window(60, 120), '{"count":3}', invoked=True)

numbers = st.integers(min_value=0, max_value=10**56).map(str)
checkpoints = st.builds(
    Checkpoint,
    positions=st.lists(st.none() | numbers, max_size=10).map(tuple),
    starts_at=st.none() | numbers,
    since=st.none() | st.floats(0, 1e10),
    window=st.none() | st.just(WINDOW),
    done=st.booleans(),
)


@given(checkpoint=checkpoints, shard_id=st.text(min_size=1, max_size=40))
def test_what_was_saved_is_what_is_loaded(tmp_path_factory, checkpoint, shard_id):
    store = Checkpoints(tmp_path_factory.mktemp("store"))
    store.save(UUID, shard_id, checkpoint)
    assert store.load(UUID) == {shard_id: checkpoint}


def test_a_write_cut_off_by_a_kill_leaves_the_checkpoint_before(tmp_path):
    def killed(source, target):
        source.write_text(source.read_text()[:7])
        raise KeyboardInterrupt

    Checkpoints(tmp_path).save(UUID, SHARD, Checkpoint(("7",)))
    with pytest.raises(KeyboardInterrupt):
        Checkpoints(tmp_path, replace=killed).save(UUID, SHARD, Checkpoint(("8",)))
    assert Checkpoints(tmp_path).load(UUID) == {SHARD: Checkpoint(("7",))}


def test_a_window_and_the_position_it_goes_with_are_one_write(tmp_path):
    writes = []

    def counted(source, target):
        writes.append(json.loads(source.read_text()))
        source.replace(target)

    Checkpoints(tmp_path, replace=counted).save(UUID, SHARD, Checkpoint(("7",), window=WINDOW))
    assert [(write["positions"], write["window"]["state"]) for write in writes] == [(["7"], '{"count":3}')]


def test_a_mapping_never_run_has_none(tmp_path):
    assert Checkpoints(tmp_path).load(UUID) == {}


def test_the_lowest_of_all_ranges_is_settled_whatever_the_key():
    assert Checkpoint(("9", "10", "7")).lowest == "7"


def test_a_range_without_position_leaves_none_for_the_shard():
    assert Checkpoint(("9", None)).lowest is None


WINDOW_FIELDS = {"start": 60, "end": 120, "state": "{}", "invoked": True}
MEDDLED = [
    ("positions", "positions", "7"),
    ("positions", "positions", ["seven"]),
    ("positions", "positions", ["7" * 129]),
    ("positions", "positions", ["\u0663"]),
    ("starts_at", "starts_at", 7),
    ("since", "since", "yesterday"),
    ("since", "since", float("nan")),
    ("since", "since", float("inf")),
    ("since", "since", 10**400),
    ("since", "since", True),
    ("done", "done", None),
    ("shard", "shard", 7),
    ("window", "window", [60, 120]),
    ("window.start", "window", {**WINDOW_FIELDS, "start": -60}),
    ("window.start", "window", {**WINDOW_FIELDS, "start": True}),
    ("window.end", "window", {**WINDOW_FIELDS, "end": 60}),
    ("window.end", "window", {**WINDOW_FIELDS, "end": 10**30}),
    ("window.state", "window", {**WINDOW_FIELDS, "state": {}}),
    ("window.state", "window", {**WINDOW_FIELDS, "state": "{"}),
    ("window.state", "window", {**WINDOW_FIELDS, "state": "[]"}),
    ("window.state", "window", {**WINDOW_FIELDS, "state": '{"half": "\ud800"}'}),
    ("window.state", "window", {**WINDOW_FIELDS, "state": "[" * 100_000}),
    ("window.invoked", "window", {**WINDOW_FIELDS, "invoked": 1}),
]


def kept_file(folder):
    Checkpoints(folder).save(UUID, SHARD, Checkpoint())
    (path,) = (folder / UUID).glob("*.json")
    return path


@pytest.mark.parametrize(("named", "field", "value"), MEDDLED)
def test_a_file_that_was_meddled_with_is_named_with_its_field(tmp_path, named, field, value):
    path = kept_file(tmp_path)
    path.write_text(json.dumps({**json.loads(path.read_text()), field: value}))
    with pytest.raises(CheckpointError, match=rf"{SHARD}\.json: {named}: "):
        Checkpoints(tmp_path).load(UUID)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"[" * 100_000, b"9" * 5000, b"[]"])
def test_a_file_that_is_none_of_ours_is_named(tmp_path, content):
    kept_file(tmp_path).write_bytes(content)
    with pytest.raises(CheckpointError, match=rf"{SHARD}\.json: "):
        Checkpoints(tmp_path).load(UUID)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    path = kept_file(tmp_path)
    path.unlink()
    path.mkdir()
    with pytest.raises(CheckpointError, match=rf"{SHARD}\.json: cannot be read"):
        Checkpoints(tmp_path).load(UUID)


@pytest.mark.parametrize("folder", ["a file", "a file/below"])
def test_a_folder_that_cannot_be_written_to_is_refused_before_anything_starts(tmp_path, folder):
    (tmp_path / "a file").touch()
    with pytest.raises(CheckpointError, match="must be a folder we may write to"):
        Checkpoints(tmp_path / folder).prepare()
