"""The whole system on this machine: the local AWS, the dev environment applied to it, and the engine.

python -m local.laptop up      all three, at the address AWS_ENDPOINT_URL names
                       down    what `up` made there is gone; an AWS that somebody else started stays
                       end     everything that this checkout runs, at whatever address
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local import endpoint
from local.emulator import Emulator, EmulatorError
from local.endpoint import Address, AddressError
from local.engine_process import EngineProcess, EngineProcessError
from local.stack import ROOT, Stack
from tools.terraform import TerraformError

KEPT = ROOT / ".local"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True)
class Laptop:
    """The system at one address, its files under `.local/<port>`."""

    address: Address
    emulator: Emulator
    stack: Stack
    engine: EngineProcess

    @classmethod
    def at(cls, address: Address, name: str = "dev", variables: Mapping[str, Any] | None = None) -> Laptop:
        home = KEPT / str(address.port)
        return cls(
            address,
            Emulator(address, home),
            Stack.at(address.url, home / "stack", name, variables),
            EngineProcess(address.url, home),
        )

    def up(self, *targets: str) -> None:
        """All of it, or only `targets` such as module.trips and what they need."""
        _, started = self.emulator.up()
        if started:
            self.stack.forget()  # what an AWS held that is no more
        _say(f"applying the {self.stack.name} environment; the first time takes about a minute")
        self.stack.apply(*targets)
        self.engine.up(self.stack.state)
        _say(f"the engine runs its mappings; what it does: tail -f {self.engine.log}")

    def refuse_if_used(self) -> None:
        """For those who want it for themselves, from the beginning to the end."""
        answering = self.emulator.look()
        if answering and (answering.ours or self.stack.state.exists()):
            raise EmulatorError(
                f"{answering.url} must be nobody's; this checkout has started or applied something there already: "
                "`make down` ends it, and without AWS_ENDPOINT_URL another port is taken."
            )

    def down(self) -> None:
        """An AWS of ours takes the stack with it; on somebody else's the stack is destroyed."""
        self.engine.down()
        answering = self.emulator.look()
        if answering and not answering.ours and self.stack.state.exists():
            _say(f"destroying what was applied to {answering.url}")
            self.stack.destroy()
        self.emulator.down()
        self.stack.forget()


def at_work() -> Iterator[Laptop]:
    """Every address at which this checkout has started something and not ended it."""
    for home in sorted(KEPT.glob("*")):
        if home.name.isdigit() and any((home / note).exists() for note in ("process.json", "engine.json")):
            yield Laptop.at(Address("http", "127.0.0.1", int(home.name)))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m local.laptop", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("verb", choices=["up", "down", "end"])
    verb = parser.parse_args(arguments).verb
    try:
        if verb == "end":
            for laptop in at_work():
                laptop.engine.down()
                laptop.emulator.down()
        elif verb == "down":
            Laptop.at(endpoint.address()).down()
        else:
            laptop = Laptop.at(endpoint.address())
            laptop.up()
            print(json.dumps(laptop.stack.outputs(), indent=2))
    except (AddressError, EmulatorError, EngineProcessError, TerraformError) as error:
        _say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
