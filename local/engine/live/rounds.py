"""The engine's rounds: every few seconds it looks at what came, changed or went, and acts on it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import partial

from local.engine.live.inventory import Found, Inventory
from local.engine.live.takeover import TakeOver, TakeOverError
from local.engine.live.terraform_state import StateError
from local.engine.live.troubles import AwsError
from local.engine.live.turnover import Change, Employ, LetGo, Pause, Release, Renew, changes
from local.engine.live.voice import Voice
from local.engine.live.wording import counted
from local.engine.live.workers import Workers

EMPTIED = "emptied"  # what is told once of an endpoint without any mapping


@dataclass(slots=True)
class Rounds:
    """`control` is the one thread in which pollers are looked at and switched."""

    inventory: Callable[[], Inventory]
    endpoint: str
    takeover: TakeOver
    workers: Workers
    control: Executor
    voice: Voice
    under_way: bool = False

    def on(self, listed: Inventory) -> list[Found]:
        """What is to be run: declared as on, and on at the endpoint, our own switching off aside."""
        return [
            found for found in listed.found if found.wanted and self.takeover.is_on(found.mapping.uuid, found.state)
        ]

    def begin(self, now: float) -> None:
        """One round, unless the last one is still under way."""
        self.workers.refresh(now)
        if not self.under_way:
            self.under_way = True
            self.workers.loop.work(self.control, self._look_again, self._looked)

    def _look_again(self) -> Inventory:
        """In the control thread: whatever is on and not ours yet, or again not, is taken over before it is run."""
        listed = self.inventory()
        ours_and_on = [found.mapping.uuid for found in self.on(listed) if found.state != "Disabled"]
        self.takeover.take(ours_and_on)
        return listed

    def _looked(self, done: Future[Inventory]) -> None:
        self.under_way = False
        about = "inventory"
        try:
            listed = done.result()
        except (*AwsError, StateError, TakeOverError) as error:
            self.voice.once(about, type(error).__name__, f"the mappings cannot be looked at, tried again: {error}")
            return
        self.voice.over(about, "the mappings can be looked at again")
        self.tell_missing(listed)
        for uuid, text in listed.refused.items():
            self.voice.once(f"{uuid} refused", text, f"{text}; it runs as before, or not at all")
        on = {found.mapping.uuid: found for found in self.on(listed)}
        for change in list(changes(listed, on, self.workers.found, tuple(self.takeover.ours))):
            self._follow(change)

    def _follow(self, change: Change) -> None:
        match change:
            case Employ(found) if not self.workers.is_retiring(found.mapping.uuid):
                self.voice.tell(f"mapping {found.mapping.uuid} of {found.mapping.source.arn} is run from now on")
                self.workers.employ_when_loaded(found)
            case Renew(found):
                uuid = found.mapping.uuid
                self.voice.tell(f"mapping {uuid} or its function was changed; run anew from its checkpoint")
                self.workers.dismiss(uuid, partial(self.workers.employ_when_loaded, found))
            case Pause(uuid):
                self.workers.dismiss(uuid)
            case Release(uuid):
                if uuid in self.workers.found:
                    self._dismiss(uuid, "was switched off; no longer run")
                self.control.submit(self.takeover.leave_off, uuid)
            case LetGo(uuid):
                if uuid in self.workers.found:
                    self._dismiss(uuid, "is gone; no longer run", partial(self._follow, change))
                elif not self.workers.is_retiring(uuid):
                    self.control.submit(self.takeover.give_back, [uuid])

    def _dismiss(self, uuid: str, why: str, then: Callable[[], None] = lambda: None) -> None:
        if not self.voice.has_told(EMPTIED):
            self.voice.tell(f"mapping {uuid} {why}")
        self.workers.dismiss(uuid, then)

    def tell_missing(self, listed: Inventory) -> None:
        """Why what is declared is not run, and that it is complete again; an empty endpoint is told in one line."""
        for uuid, text in {**listed.missing, **listed.foreign}.items():
            self.voice.once(f"{uuid} missing", text, text)
        for found in listed.found:
            self.voice.over(f"{found.mapping.uuid} missing", f"mapping {found.mapping.uuid} is complete again")
        if listed.present:
            self.voice.over(EMPTIED, f"{self.endpoint} has mappings again")
            for uuid, text in listed.gone.items():
                self.voice.once(f"{uuid} gone", "gone", text)
        elif lost := len(self.workers.found) or len(listed.gone):
            self.voice.once(
                EMPTIED,
                EMPTIED,
                f"{self.endpoint} came back empty, or everything was deleted: "
                f"it has none of {counted(lost, 'mapping')}; apply the stack, and they are run again",
            )
