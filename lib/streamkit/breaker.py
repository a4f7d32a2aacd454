"""A circuit breaker: when calls to a service that fails are given a rest, and who may try it again.

                 failures within the window
        Closed ──────────────────────────────> Open <──────────────┐
          ^                                     │ rest is over,    │ the probe failed:
          │                                     v one asks         │ a longer rest
          └───────── the probe succeeded ─── HalfOpen ─────────────┘
                                                ^ │ the prober died: the lease runs out,
                                                └─┘ the next to ask probes

Pure: a state, what happened, when, and the numbers give the next state. breaker_store.py shares it between instances.

Every passage carries the opening it was given in, and a probe its name: a call from before an opening that comes back
late neither closes what has opened since nor lengthens its rest.

Failures are counted, not their share of calls: the share would cost a write for every success. So `failures` is to be
above what a healthy service fails with in a window.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Numbers:
    """When to open, for how long, and how long a probe may take before another is let through."""

    failures: int = 5
    window_seconds: float = 60.0
    rest_seconds: float = 15.0
    longest_rest_seconds: float = 300.0
    lease_seconds: float = 30.0

    def rest(self, rests: int) -> float:
        """How long rest number `rests` since the last closing is, counted from 1: doubled each time, bounded."""
        return min(self.longest_rest_seconds, self.rest_seconds * 2.0 ** min(rests - 1, 30))


@dataclass(frozen=True, slots=True)
class Closed:
    """Calls pass; `failures` are the times of the last ones."""

    openings: int = 0
    failures: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Open:
    """Calls are refused until the rest is over."""

    openings: int
    rests: int
    until: float


@dataclass(frozen=True, slots=True)
class HalfOpen:
    """One call is under way to see whether the service is back; the others are refused."""

    openings: int
    rests: int
    probe: str
    until: float  # after that the prober is taken for dead


State = Closed | Open | HalfOpen


@dataclass(frozen=True, slots=True)
class Passage:
    """The leave for one call: in which opening it was given, and its name if it is a probe."""

    openings: int
    probe: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """No call now; asking again makes sense after so long."""

    wait_seconds: float


@dataclass(frozen=True, slots=True)
class Asked:
    """Someone wants to call; `by` is a name that nobody else has."""

    by: str


@dataclass(frozen=True, slots=True)
class Succeeded:
    passage: Passage


@dataclass(frozen=True, slots=True)
class Failed:
    passage: Passage


Event = Asked | Succeeded | Failed


def after(state: State, event: Event, now: float, numbers: Numbers) -> State:
    """The state that follows; the same one where nothing changes."""
    match state, event:
        case Closed(openings), Failed(Passage(given, None)) if given == openings:
            return _counted(state, now, numbers)
        case Open(openings, rests, until), Asked(by) if now >= until:
            return HalfOpen(openings, rests, by, now + numbers.lease_seconds)
        case HalfOpen(probe=probe, until=until), Asked(by) if now >= until and by != probe:
            return replace(state, probe=by, until=now + numbers.lease_seconds)
        case HalfOpen(openings, _, probe), Succeeded(Passage(_, name)) if name == probe:
            return Closed(openings)
        case HalfOpen(openings, rests, probe), Failed(Passage(_, name)) if name == probe:
            return Open(openings + 1, rests + 1, now + numbers.rest(rests + 1))
        case _:
            return state


def admission(state: State, by: str, now: float) -> Passage | Refusal:
    """What `by`, whose asking has led to `state`, is told."""
    match state:
        case Closed(openings):
            return Passage(openings)
        case HalfOpen(openings, _, probe) if probe == by:
            return Passage(openings, probe)
        case Open(until=until) | HalfOpen(until=until):
            return Refusal(max(0.0, until - now))


def _counted(state: Closed, now: float, numbers: Numbers) -> State:
    """The closed breaker with one more failure, or open if that was one too many."""
    # Instances' clocks differ a little: a failure stamped just ahead of `now` is no older for it.
    recent = tuple(at for at in state.failures if at > now - numbers.window_seconds)
    if len(recent) + 1 >= numbers.failures:
        return Open(state.openings + 1, 1, now + numbers.rest(1))
    return replace(state, failures=(*recent, now))
