"""Show a twin as it was at a past moment: a store that can be asked, and never written."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, NoReturn

from gridtwin.model.estimate import PointEstimates
from gridtwin.model.state import CURRENT, NORMAL, State, SwitchEvent
from gridtwin.store.past_books import PastFindings, PastSpecs, PastVegetation
from gridtwin.store.past_operating import PastAssignments, PastOperating
from gridtwin.store.past_outages import derive_past_members, derive_past_outage
from gridtwin.store.past_planned import PastPlanned
from gridtwin.store.store_rules import (
    build_outage_error,
    build_read_only_error,
    build_state_error,
    rebuild_past_state,
)
from gridtwin.store.store_versions import Changes, Versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gridtwin.model.estimate import Estimate, Run, Zone
    from gridtwin.model.network import Network
    from gridtwin.model.outage import Change, Evidence, Members, Outage, PointOutage
    from gridtwin.store.access_book import AccessBook
    from gridtwin.store.crew_book import CrewBook
    from gridtwin.store.customer_book import CustomerBook
    from gridtwin.store.edition_records import NewEdition
    from gridtwin.store.feed_book import FeedBook
    from gridtwin.store.live_book import LiveBook
    from gridtwin.store.protocol import LoadBook, OutageBook, Store
    from gridtwin.store.pull_book import PullBook
    from gridtwin.store.webhook_book import WebhookBook
    from gridtwin.topology.topology_index import TopologyIndex


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
        self.operating = PastOperating(store.operating, when)
        self.specs = PastSpecs(store.specs, when)
        self.findings = PastFindings(store.findings, when)
        self.vegetation = PastVegetation(store.vegetation, when)
        self.outages = PastOutages(store.outages, when)
        self.planned = PastPlanned(store.planned, store.outages.read_outage, when)
        self.estimates = PastEstimates(store, self.outages)
        self.readings = store.readings  # of all times: what is asked names its interval

    @property
    def live(self) -> LiveBook:
        """What live operations have taken in: it has no past."""
        return self._store.live

    @property
    def loads(self) -> LoadBook:
        """The loads that brought the network, those of now."""
        return self._store.loads

    @property
    def customers(self) -> CustomerBook:
        """Who the customers are: as it is known now."""
        return self._store.customers

    @property
    def pulls(self) -> PullBook:
        """What analytics handed back, as it is now."""
        return self._store.pulls

    @property
    def access(self) -> AccessBook:
        """What is kept of those who ask: it has no past."""
        return self._store.access

    @property
    def crews(self) -> CrewBook:
        """The crews as they are now: they have no past."""
        return self._store.crews

    @property
    def assignments(self) -> PastAssignments:
        """The assignments of crews as they are now: they are not written from the past."""
        return PastAssignments(self._store.assignments, self.when)

    @property
    def feeds(self) -> FeedBook:
        """What feeds brought, as it is now."""
        return self._store.feeds

    @property
    def webhooks(self) -> WebhookBook:
        """Who is told of outages: it has no past."""
        return self._store.webhooks

    def replace_network(self, edition: NewEdition) -> NoReturn:  # noqa: ARG002
        """Refuse: the past is only asked."""
        raise build_read_only_error(self.when)

    @property
    def network(self) -> Network:
        """The network."""
        return self._store.network

    @property
    def network_hash(self) -> str:
        """A hash of the network."""
        return self._store.network_hash

    def read_index(self) -> TopologyIndex:
        """Return the topology of the normal state."""
        return self._store.read_index()

    def read_versions(self) -> Versions:
        """Return how far what changes has come: in the past, as far as the state."""
        return Versions(self.states.read_state().version, *[0] * 5)

    def wait_for_changes(self, since: Versions, *, timeout_s: float) -> Changes:  # noqa: ARG002
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
        return self._given or self._store.states.read_past_state(self.when)

    def read_state(self, name: str = CURRENT) -> State:
        """Return the state as it was; overlays have no past."""
        if name not in {NORMAL, CURRENT}:
            raise build_state_error(name, [])
        return self._state if name == CURRENT else self._store.states.read_state(NORMAL)

    def list_names(self) -> list[str]:
        """Return the names of the states there are."""
        return [NORMAL, CURRENT]

    def read_past_state(self, when: datetime) -> State:
        """Return the state as it was earlier still."""
        return self._store.states.read_past_state(min(when, self.when))

    def list_events(self, since: int = 0) -> list[SwitchEvent]:
        """Return the operations until then, after a version."""
        text = self.when.isoformat()
        return [event for event in self._store.states.list_events(since) if event.at <= text]

    def list_operations(self, start: datetime, end: datetime) -> list[SwitchEvent]:
        """Return the operations after one moment and until another."""
        return self._store.states.list_operations(start, min(end, self.when))

    def wait_for_version(self, since: int, *, timeout_s: float) -> bool:  # noqa: ARG002 - nothing comes
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
        only_latest: bool = False,  # noqa: ARG002
    ) -> State:
        """Refuse to write."""
        raise build_read_only_error(self.when)

    def save_overlay(self, name: str, deviations: Mapping[str, str]) -> None:  # noqa: ARG002
        """Refuse to write."""
        raise build_read_only_error(self.when)

    def drop_overlay(self, name: str) -> None:  # noqa: ARG002
        """Refuse to write."""
        raise build_read_only_error(self.when)


def open_store_after(store: Store, version: int) -> PastStore:
    """Return a store with the state that an operation left, by its version."""
    while True:
        later, current = store.states.list_events(version), store.states.read_state()
        if current.version == (later[-1].version if later else version):
            break  # nobody operated in between
    positions: dict[str, str] = {}
    for event in later:
        positions.setdefault(event.mrid, event.from_phases)
    state = rebuild_past_state(store.network, current, positions, version)
    return PastStore(store, datetime.now(UTC), state)


class PastOutages:
    """The outages of a twin as they stood at a moment, by what is known of them now."""

    def __init__(self, book: OutageBook, when: datetime) -> None:
        self._book = book
        self.when = when

    @cached_property
    def _standing(self) -> tuple[dict[str, Outage], Members]:
        """The outages that were open or over by then and not long ago, and who was in them."""
        begun = [
            each for each in self._book.list_outages(since=self.when) if each.began_at <= self.when
        ]
        return self._derive_outages(begun)

    def _derive_outages(self, found: Sequence[Outage]) -> tuple[dict[str, Outage], Members]:
        members = self._book.read_members([each.id for each in found])
        stood = {
            each.id: past
            for each in found
            if (
                past := derive_past_outage(
                    each, members.take_rows(members.outage == each.id), self.when
                )
            )
        }
        return stood, derive_past_members(members, self.when)

    def list_outages(self, *, since: datetime | None = None) -> list[Outage]:
        """Return the outages open then, and those over since a time, by when they began."""
        if since is None:
            return [each for each in self._standing[0].values() if each.is_open]
        stood, _ = self._derive_outages(self._book.list_outages(since=since))
        return list(stood.values())

    def read_outage(self, outage: str) -> Outage:
        """Return an outage by id; NotFoundError if it had not begun."""
        outage_now = self._book.read_outage(outage)
        stood, _ = self._derive_outages([outage_now])
        if outage not in stood:
            raise build_outage_error(outage, list(self._standing[0]))
        return stood[outage]

    def read_members(self, outages: Iterable[str] | None = None) -> Members:
        """Return who was in outages; by default who was out, in any."""
        if outages is None:
            members = self._standing[1]
            return members.take_rows(members.is_out)
        return derive_past_members(self._book.read_members(outages), self.when)

    def list_point_outages(self, usage_points: Iterable[str]) -> list[PointOutage]:
        """Return what usage points went through until then, the last first."""
        every = self._book.list_point_outages(usage_points)
        return [each.stand_at(self.when) for each in every if each.began_at <= self.when]

    def find_open_outage(self, usage_point: str) -> str:
        """Return the open outage a usage point was out in; an empty text for none."""
        members = self.read_members()
        outages = members.outage[members.usage_point == usage_point]
        return str(outages[0]) if len(outages) else ""

    def list_changed(self, since: int) -> list[str]:  # noqa: ARG002
        """Return none: the past changes no more."""
        return []

    def list_evidence(self, outage: str) -> list[Evidence]:
        """Return what had been said of an outage and done to it, oldest first."""
        return [each for each in self._book.list_evidence(outage) if each.at <= self.when]

    def write_changes(self, changes: Sequence[Change]) -> list[Outage]:  # noqa: ARG002
        """Refuse to write."""
        raise build_read_only_error(self.when)


class PastEstimates:
    """The estimates that were in force at a moment."""

    def __init__(self, store: Store, outages: PastOutages) -> None:
        self._store = store
        self._outages = outages

    def list_current(self) -> list[Estimate]:
        """Return the estimates in force then, of open outages, by outage."""
        issued = [self.list_issued(each.id) for each in self._outages.list_outages()]
        of_outage = [[each for each in one if each.stage == "repair"] for one in issued]
        return sorted((one[-1] for one in of_outage if one), key=lambda each: each.outage)

    def list_issued(self, outage: str) -> list[Estimate]:
        """Return every estimate issued for an outage by then, oldest first."""
        when = self._outages.when
        return [
            each for each in self._store.estimates.list_issued(outage) if each.issued_at <= when
        ]

    def read_points(self, outage: str = "") -> PointEstimates:
        """Return the estimates in force then of usage points: each that of its outage."""
        members = self._outages.read_members()
        of_outage = {each.outage: each for each in self.list_current()}
        return PointEstimates.from_rows(
            [
                (point, each.outage, each.stage, each.source, *_list_times(each))
                for point, name in zip(members.usage_point, members.outage, strict=True)
                if (each := of_outage.get(name)) is not None and outage in {"", name}
            ]
        )

    def count_covered(self, now: datetime) -> dict[str, int]:  # noqa: ARG002
        """Return none: nothing is published in the past."""
        return {}

    def read_run(self, run: str) -> Run | None:
        """Return a run that was written."""
        return self._store.estimates.read_run(run)

    def list_zones(self, now: datetime) -> list[Zone]:
        """Return what is promised for parts of the territory and has not expired."""
        return self._store.estimates.list_zones(now)

    def write_run(
        self,
        run: Run,  # noqa: ARG002
        estimates: Sequence[Estimate],  # noqa: ARG002
        points: PointEstimates,  # noqa: ARG002
    ) -> Run:
        """Refuse to write."""
        raise build_read_only_error(self._outages.when)

    def write_zones(self, zones: Sequence[Zone]) -> NoReturn:  # noqa: ARG002
        """Refuse to write."""
        raise build_read_only_error(self._outages.when)


def _list_times(estimate: Estimate) -> list[float | None]:
    times = (estimate.p50, estimate.p80, estimate.p95, estimate.etr)
    return [None if at is None else at.timestamp() for at in times]
