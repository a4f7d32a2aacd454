"""Whose turn it is to poll: the emulator's pollers are off while this engine runs, and on again afterwards.

    <folder>/pollers.json     the mappings we switched off and must switch on again; written before the first is touched

After `kill -9` the file is still there: the next start knows which mappings are off only because of us.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local.engine.live.checkpoints import write_whole
from local.engine.live.troubles import AwsError, Trouble, trouble

ON = {"Enabled", "Enabling", "Creating", "Updating"}
SETTLED_SECONDS = 30.0


class TakeOverError(RuntimeError):
    """The emulator's pollers cannot be switched; the message says which and why."""


class TakeOver:
    def __init__(
        self, functions: Any, folder: Path, sleep: Callable[[float], object], tell: Callable[[str], None]
    ) -> None:
        self.functions = functions
        self.path = folder / "pollers.json"
        self.sleep = sleep
        self.tell = tell
        self.ours = self._load()

    def is_on(self, uuid: str, state: str) -> bool:
        """Whether a mapping is enabled, our own switching off aside."""
        return state in ON or uuid in self.ours

    def take(self, enabled: Iterable[str]) -> None:
        """Switch these mappings' pollers off; on disk first, so that nobody forgets to switch them on again."""
        uuids = list(enabled)
        fresh = [uuid for uuid in uuids if uuid not in self.ours]
        if fresh:
            self.ours |= dict.fromkeys(fresh)
            self._save()
        for uuid in uuids:
            self._switch(uuid, on=False)
        for uuid in uuids:
            self._wait_until_off(uuid)

    def give_back(self, uuids: Iterable[str] | None = None) -> bool:
        """Switch on what we switched off, all of it by default; False if some could not be, which stays on disk."""
        complete = True
        for uuid in list(self.ours if uuids is None else uuids):
            if uuid not in self.ours:
                continue
            try:
                self._switch(uuid, on=True)
            except AwsError as error:
                complete = False
                self.tell(f"mapping {uuid} could not be given back to the emulator's poller: {error}")
                continue
            del self.ours[uuid]
            self._save()
        return complete

    def leave_off(self, uuid: str) -> None:
        """Somebody else wants this mapping off as well: it stays off when we end."""
        if self.ours.pop(uuid, "never") != "never":
            self._save()

    def _switch(self, uuid: str, *, on: bool) -> None:
        try:
            self.functions.update_event_source_mapping(UUID=uuid, Enabled=on)
        except ClientError as error:
            if trouble(error) is not Trouble.GONE:
                raise

    def _wait_until_off(self, uuid: str) -> None:
        waited = 0.0
        while True:
            try:
                state = self.functions.get_event_source_mapping(UUID=uuid).get("State")
            except ClientError as error:
                if trouble(error) is Trouble.GONE:
                    return
                raise
            if state == "Disabled":
                return
            if waited >= SETTLED_SECONDS:
                raise TakeOverError(
                    f"mapping {uuid} is still {state} {waited:.0f} s after it was switched off; "
                    "two pollers would read its source, so nothing is started"
                )
            self.sleep(0.25)
            waited += 0.25

    def _load(self) -> dict[str, None]:
        try:
            listed = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise TakeOverError(f"{self.path}: cannot be read ({error.strerror}); let this engine read it") from error
        except ValueError as error:
            raise TakeOverError(
                f"{self.path}: is not JSON ({error}); delete it and look at the mappings' states"
            ) from error
        if not isinstance(listed, list) or not all(isinstance(uuid, str) for uuid in listed):
            raise TakeOverError(f"{self.path}: must be a list of mapping UUIDs; got {listed!r}")
        return dict.fromkeys(listed)

    def _save(self) -> None:
        if self.ours:
            write_whole(self.path, list(self.ours))
        else:
            self.path.unlink(missing_ok=True)
