"""Show a twin as it was at a past moment: a store that can be asked, and never written."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from gridtwin.errors import InputError
from gridtwin.model.estimate import PointEstimates
from gridtwin.model.outage import Members, Outage, Status
from gridtwin.model.state import CURRENT, NORMAL, State, SwitchEvent
from gridtwin.store.marks import Changes, Marks
from gridtwin.store.names import as_it_was, no_outage, no_state

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gridtwin.model.estimate import Estimate, Run, Zone
    from gridtwin.model.network import Network
    from gridtwin.model.outage import Change, Evidence
    from gridtwin.store.live_book import LiveBook
    from gridtwin.store.protocol import OutageBook, Store
    from gridtwin.store.state_book import SpecBook
    from gridtwin.topology.topology_index import TopologyIndex


def outage_at(outage: Outage, members: Members, when: datetime) -> Outage | None:
    """
    Return an outage as it stood at a moment, by what is known of it now.

    Parameters
    ----------
    outage
        The outage.
    members
        All who are in it.
    when
        The moment.

    Returns
    -------
        None if it had not begun. Who was found not to be in it counts as never in it.
    """
    at_s = when.timestamp()
    if outage.began_at > when:
        return None
    began = members.began_s <= at_s
    back = members.restored_s <= at_s  # NaN: never
    status = Status.CLOSED if outage.status is not Status.INVALID else Status.INVALID
    if not (outage.closed_at and outage.closed_at <= when):
        status = _standing(outage, when, some_back=bool(back.any()))
    past = replace(
        outage, status=status, customers=int(members.customers[began].sum()),
        customers_out=int(members.customers[began & ~back].sum()),
    )  # fmt: skip
    later: dict[str, Any] = {
        name: None
        for name in ("confirmed_at", "restored_at", "closed_at")
        if (at := getattr(outage, name)) is not None and at > when
    }
    return replace(past, **later)


def _standing(outage: Outage, when: datetime, *, some_back: bool) -> Status:
    if outage.restored_at and outage.restored_at <= when:
        return Status.RESTORED
    if some_back:
        return Status.PARTIALLY_RESTORED
    if outage.confirmed_at and outage.confirmed_at <= when:
        return Status.CONFIRMED
    # One that was confirmed without a time was seen at once.
    seen = outage.confirmed_at is None and outage.status is Status.CONFIRMED
    return Status.CONFIRMED if seen else Status.PREDICTED


def members_at(members: Members, when: datetime) -> Members:
    """Return who was in outages at a moment; who came back later is still out."""
    at_s = when.timestamp()
    past = members.take_rows(members.began_s <= at_s)
    return replace(past, restored_s=np.where(past.restored_s > at_s, np.nan, past.restored_s))


class PastStore:
    """
    A store as it was.

    Parameters
    ----------
    store
        The store as it is.
    when
        The moment, in UTC. The network is that of now: only its switches and outages have a past.
    state
        The state, if it is known; that of the moment by default.
    """

    def __init__(self, store: Store, when: datetime, state: State | None = None) -> None:
        self._store = store
        self.when = when
        self.states = PastStates(store, when, state)
        self.specs = PastSpecs(store.specs, when)
        self.outages = PastOutages(store.outages, when)
        self.estimates = PastEstimates(store, self.outages)
        self.readings = store.readings  # of all times: what is asked names its interval

    @property
    def live(self) -> LiveBook:
        """What live operations have taken in: it has no past."""
        return self._store.live

    @property
    def network(self) -> Network:
        """The network."""
        return self._store.network

    @property
    def network_hash(self) -> str:
        """A hash of the network."""
        return self._store.network_hash

    def index(self) -> TopologyIndex:
        """Return the topology of the normal state."""
        return self._store.index()

    def marks(self) -> Marks:
        """Return how far what changes has come: in the past, as far as the state."""
        return Marks(self.states.get().version, 0, 0)

    def changes(self, since: Marks, *, timeout_s: float) -> Changes:  # noqa: ARG002
        """Return that nothing became another: the past changes no more."""
        return Changes(since, frozenset())


class PastStates:
    """
    The switch states of a twin as they were.

    Parameters
    ----------
    store, when, state
        Those of `PastStore`.
    """

    def __init__(self, store: Store, when: datetime, state: State | None) -> None:
        self._store = store
        self._given = state
        self.when = when

    @cached_property
    def _state(self) -> State:
        return self._given or self._store.states.at(self.when)

    def get(self, name: str = CURRENT) -> State:
        """Return the state as it was; overlays have no past."""
        if name not in {NORMAL, CURRENT}:
            raise no_state(name, [])
        return self._state if name == CURRENT else self._store.states.get(NORMAL)

    def names(self) -> list[str]:
        """Return the names of the states there are."""
        return [NORMAL, CURRENT]

    def at(self, when: datetime) -> State:
        """Return the state as it was earlier still."""
        return self._store.states.at(min(when, self.when))

    def events(self, since: int = 0) -> list[SwitchEvent]:
        """Return the operations until then, after a version."""
        text = self.when.isoformat()
        return [event for event in self._store.states.events(since) if event.at <= text]

    def operations(self, start: datetime, end: datetime) -> list[SwitchEvent]:
        """Return the operations after one moment and until another."""
        return self._store.states.operations(start, min(end, self.when))

    def wait(self, since: int, *, timeout_s: float) -> bool:  # noqa: ARG002 - nothing comes
        """Return whether the state had moved past a version; the past moves no more."""
        return self._state.version > since

    def operate(
        self,
        mrid: str,  # noqa: ARG002
        open_phases: str,  # noqa: ARG002
        *,
        poles: str = "",  # noqa: ARG002
        actor: str = "",  # noqa: ARG002
        at: datetime | None = None,  # noqa: ARG002
        request: str = "",  # noqa: ARG002
    ) -> State:
        """Refuse to write."""
        raise _read_only(self.when)

    def save_overlay(self, name: str, deviations: Mapping[str, str]) -> None:  # noqa: ARG002
        """Refuse to write."""
        raise _read_only(self.when)

    def drop_overlay(self, name: str) -> None:  # noqa: ARG002
        """Refuse to write."""
        raise _read_only(self.when)


class PastSpecs:
    """The trace specs of a twin: they have no past, and are not written from there."""

    def __init__(self, book: SpecBook, when: datetime) -> None:
        self.when = when
        self.get = book.get
        self.names = book.names

    def save(self, name: str, text: str) -> None:  # noqa: ARG002
        """Refuse to write."""
        raise _read_only(self.when)


def state_after(store: Store, version: int) -> PastStore:
    """Return a store with the state that an operation left, by its version."""
    while True:
        later, current = store.states.events(version), store.states.get()
        if current.version == (later[-1].version if later else version):
            break  # nobody operated in between
    found: dict[str, str] = {}
    for event in later:
        found.setdefault(event.mrid, event.from_phases)
    state = as_it_was(store.network, current, found, version)
    return PastStore(store, datetime.now(UTC), state)


class PastOutages:
    """The outages of a twin as they stood at a moment, by what is known of them now."""

    def __init__(self, book: OutageBook, when: datetime) -> None:
        self._book = book
        self.when = when

    @cached_property
    def _known(self) -> tuple[dict[str, Outage], Members]:
        """The outages that were open or over by then and not long ago, and who was in them."""
        found = [each for each in self._book.all(since=self.when) if each.began_at <= self.when]
        return self._stood(found)

    def _stood(self, found: Sequence[Outage]) -> tuple[dict[str, Outage], Members]:
        members = self._book.members([each.id for each in found])
        stood = {
            each.id: past
            for each in found
            if (past := outage_at(each, members.take_rows(members.outage == each.id), self.when))
        }
        return stood, members_at(members, self.when)

    def all(self, *, since: datetime | None = None) -> list[Outage]:
        """Return the outages open then, and those over since a time, by when they began."""
        if since is None:
            return [each for each in self._known[0].values() if each.is_open]
        stood, _ = self._stood(self._book.all(since=since))
        return list(stood.values())

    def get(self, outage: str) -> Outage:
        """Return an outage by id; NotFoundError if it had not begun."""
        found = self._book.get(outage)
        stood, _ = self._stood([found])
        if outage not in stood:
            raise no_outage(outage, list(self._known[0]))
        return stood[outage]

    def members(self, outages: Iterable[str] | None = None) -> Members:
        """Return who was in outages; by default who was out, in any."""
        if outages is None:
            members = self._known[1]
            return members.take_rows(members.is_out)
        return members_at(self._book.members(outages), self.when)

    def holding(self, usage_point: str) -> str:
        """Return the open outage a usage point was out in; an empty text for none."""
        members = self.members()
        found = members.outage[members.usage_point == usage_point]
        return str(found[0]) if len(found) else ""

    def touched(self, since: int) -> list[str]:  # noqa: ARG002
        """Return none: the past changes no more."""
        return []

    def evidence(self, outage: str) -> list[Evidence]:
        """Return what had been said of an outage and done to it, oldest first."""
        return [each for each in self._book.evidence(outage) if each.at <= self.when]

    def write(self, changes: Sequence[Change]) -> list[Outage]:  # noqa: ARG002
        """Refuse to write."""
        raise _read_only(self.when)


class PastEstimates:
    """The estimates that were in force at a moment."""

    def __init__(self, store: Store, outages: PastOutages) -> None:
        self._store = store
        self._outages = outages

    def current(self) -> list[Estimate]:
        """Return the estimates in force then, of open outages, by outage."""
        issued = [self.issued(each.id) for each in self._outages.all()]
        of_outage = [[each for each in one if each.stage == "repair"] for one in issued]
        return sorted((one[-1] for one in of_outage if one), key=lambda each: each.outage)

    def issued(self, outage: str) -> list[Estimate]:
        """Return every estimate issued for an outage by then, oldest first."""
        when = self._outages.when
        return [each for each in self._store.estimates.issued(outage) if each.issued_at <= when]

    def points(self, outage: str = "") -> PointEstimates:
        """Return the estimates in force then of usage points: each that of its outage."""
        members = self._outages.members()
        of_outage = {each.outage: each for each in self.current()}
        return PointEstimates.from_rows(
            [
                (point, each.outage, each.stage, each.source, *_times(each))
                for point, name in zip(members.usage_point, members.outage, strict=True)
                if (each := of_outage.get(name)) is not None and outage in {"", name}
            ]
        )

    def covered(self, now: datetime) -> dict[str, int]:  # noqa: ARG002
        """Return none: nothing is published in the past."""
        return {}

    def run(self, run: str) -> Run | None:
        """Return a run that was written."""
        return self._store.estimates.run(run)

    def zones(self, now: datetime) -> list[Zone]:
        """Return what is promised for parts of the territory and has not expired."""
        return self._store.estimates.zones(now)

    def write(
        self,
        run: Run,  # noqa: ARG002
        estimates: Sequence[Estimate],  # noqa: ARG002
        points: PointEstimates,  # noqa: ARG002
    ) -> Run:
        """Refuse to write."""
        raise _read_only(self._outages.when)

    def write_zones(self, zones: Sequence[Zone]) -> NoReturn:  # noqa: ARG002
        """Refuse to write."""
        raise _read_only(self._outages.when)


def _times(estimate: Estimate) -> list[float | None]:
    times = (estimate.p50, estimate.p80, estimate.p95, estimate.etr)
    return [None if at is None else at.timestamp() for at in times]


def _read_only(when: datetime) -> InputError:
    return InputError(f"the twin as it was at {when.isoformat()} is only read: write to the twin")
