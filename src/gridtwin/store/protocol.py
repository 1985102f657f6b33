"""Say what every store of a twin can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    import pandas as pd
    from numpy.typing import NDArray

    from gridtwin.model.estimate import Estimate, PointEstimates, Run, Zone
    from gridtwin.model.interval_loads import FeederLoads, TransformerLoads
    from gridtwin.model.network import Network
    from gridtwin.model.network_loads import NetworkLoad
    from gridtwin.model.outage import Change, Evidence, Members, Outage, PointOutage
    from gridtwin.model.readings import Conditions, Readings, ZonePrices
    from gridtwin.store.access_book import AccessBook
    from gridtwin.store.assignment_book import AssignmentBook
    from gridtwin.store.crew_book import CrewBook
    from gridtwin.store.customer_book import CustomerBook
    from gridtwin.store.edition_records import NewEdition, StandingRecords
    from gridtwin.store.feed_book import FeedBook
    from gridtwin.store.finding_book import FindingBook
    from gridtwin.store.live_book import LiveBook
    from gridtwin.store.operating_book import OperatingBook
    from gridtwin.store.past_planned import PastPlanned
    from gridtwin.store.planned_book import PlannedBook
    from gridtwin.store.pull_book import PullBook
    from gridtwin.store.state_book import SpecBook, StateBook
    from gridtwin.store.store_versions import Changes, Versions
    from gridtwin.store.table_changes import TableChange
    from gridtwin.store.vegetation_book import VegetationBook
    from gridtwin.store.webhook_book import WebhookBook
    from gridtwin.topology.topology_index import TopologyIndex


class OutageBook(Protocol):
    """The outages of a twin, open and past."""

    def list_outages(self, *, since: datetime | None = None) -> list[Outage]:
        """Return the open outages, and those over since a time, by when they began."""
        ...

    def read_outage(self, outage: str) -> Outage:
        """Return an outage by id; NotFoundError, with close matches, if there is none."""
        ...

    def read_members(self, outages: Iterable[str] | None = None) -> Members:
        """Return who is in outages, back or not; by default who is out, in any."""
        ...

    def list_evidence(self, outage: str) -> list[Evidence]:
        """Return what was said of an outage and done to it, oldest first."""
        ...

    def list_point_outages(self, usage_points: Iterable[str]) -> list[PointOutage]:
        """Return what usage points went through, the last first; outages that were none not."""
        ...

    def find_open_outage(self, usage_point: str) -> str:
        """Return the open outage a usage point is out in; an empty text for none."""
        ...

    def list_changed(self, since: int) -> list[str]:
        """Return the outages that something was noted of after a mark, sorted."""
        ...

    def write_changes(self, changes: Sequence[Change]) -> list[Outage]:
        """
        Write changes, all or none of them.

        Returns
        -------
            The outages as they are kept now.

        Raises
        ------
        ConflictError
            If somebody changed one of the outages meanwhile.
        InputError
            If somebody would be in two open outages.
        StoreError
            If another rule is broken.
        """
        ...


class EstimateBook(Protocol):
    """The estimates of restoration of a twin."""

    def list_current(self) -> list[Estimate]:
        """Return the estimates in force, of open outages, by outage."""
        ...

    def list_issued(self, outage: str) -> list[Estimate]:
        """Return every estimate ever issued for an outage, oldest first."""
        ...

    def read_points(self, outage: str = "") -> PointEstimates:
        """Return the estimates in force of usage points: of one outage, or of all."""
        ...

    def count_covered(self, now: datetime) -> dict[str, int]:
        """Return how many usage points of each outage have an estimate that has not passed."""
        ...

    def read_run(self, run: str) -> Run | None:
        """Return a run that was written; None if there is none of that id."""
        ...

    def write_run(self, run: Run, estimates: Sequence[Estimate], points: PointEstimates) -> Run:
        """
        Write what a run found, all of it or nothing; a run of one id is written once.

        Parameters
        ----------
        run
            The run.
        estimates
            Those of outages, and of stages of them, that became another.
        points
            Those of usage points that became another.

        Returns
        -------
            The run as it is kept: that of before, if one of its id was written already.
        """
        ...

    def list_zones(self, now: datetime) -> list[Zone]:
        """Return what is promised for parts of the territory and has not expired."""
        ...

    def write_zones(self, zones: Sequence[Zone]) -> None:
        """Promise for parts of the territory, in place of what was promised for them."""
        ...


class ReadingBook(Protocol):
    """What the meters of a twin measured, and what it was rolled up to; times are unix seconds."""

    def find_latest(self) -> int | None:
        """Return when the last interval with readings ends; None without any."""
        ...

    def read_interval(self, at_s: int) -> Readings:
        """Return the readings of the interval that ends at a time."""
        ...

    def read_meter(self, mrid: str, start_s: int, end_s: int) -> Readings:
        """Return the readings of one usage point, intervals ending in ``start_s < t <= end_s``."""
        ...

    def read_meters(self, mrids: Sequence[str], start_s: int, end_s: int) -> Readings:
        """Return the readings of usage points, by usage point and time; see `read_meter`."""
        ...

    def list_interval_ends(self, start_s: int, end_s: int) -> list[int]:
        """Return the ends of the intervals with readings in ``start_s < t <= end_s``, rising."""
        ...

    def read_transformer_loads(self, at_s: int) -> TransformerLoads | None:
        """Return what transformers carried in the interval that ends at a time, if it is kept."""
        ...

    def read_feeder_loads(self, at_s: int) -> FeederLoads | None:
        """Return what feeders carried in the interval that ends at a time, if it is kept."""
        ...

    def read_series(
        self, table: str, element: tuple[str, int], start_s: int, end_s: int
    ) -> dict[str, NDArray[Any]]:
        """
        Return what is kept of one transformer or feeder over time, oldest first.

        Parameters
        ----------
        table
            ``load`` or ``feeder_load``.
        element
            mRID and row of the transformer or feeder.
        start_s, end_s
            Intervals that end in ``start_s < t <= end_s``.

        Returns
        -------
            ``at_s``, and the fields of `TransformerLoads` or `FeederLoads`.
        """
        ...

    def read_conditions(self, start_s: int, end_s: int) -> Conditions:
        """Return the weather and prices of intervals that end in ``start_s < t <= end_s``."""
        ...

    def void_loads(self) -> int:
        """Say that rows are others' from now on; return how many hours are to be rolled up."""
        ...

    def read_zone_prices(self) -> ZonePrices:
        """Return all prices of load zones, in order of time."""
        ...

    def write_zone_prices(self, prices: ZonePrices) -> None:
        """Keep prices of load zones, in place of those there are of the same intervals."""
        ...

    def query_history(
        self,
        name: str,
        values: Mapping[str, Any],
        tables: Mapping[str, pd.DataFrame],
        progress: Callable[[int, int], None],
    ) -> pd.DataFrame:
        """
        Ask a question of the history.

        Parameters
        ----------
        name
            One of `gridtwin.store.duckdb_queries.QUESTIONS`.
        values
            The values its SQL names, ``start`` and ``end`` among them as times.
        tables
            What a folder of readings does not hold of the network and its outages; a database
            holds it itself.
        progress
            Called with how far it is, and of how much.
        """
        ...


class LoadBook(Protocol):
    """The loads that brought the network of a twin, and what a new one has to bring along."""

    def list_loads(self) -> list[NetworkLoad]:
        """Return the loads of the network, the first first."""
        ...

    def read_standing(self) -> StandingRecords:
        """Return what refers to elements of the network and is not over."""
        ...


class Store(Protocol):
    """Where a twin is kept; every method of a book that writes has written when it returns."""

    @property
    def states(self) -> StateBook:
        """The switch states."""
        ...

    @property
    def operating(self) -> OperatingBook:
        """What persons operate, and what keeps them from it."""
        ...

    @property
    def specs(self) -> SpecBook:
        """The trace specs."""
        ...

    @property
    def findings(self) -> FindingBook:
        """What was found in the source, and which findings are accepted."""
        ...

    @property
    def vegetation(self) -> VegetationBook:
        """The areas of vegetation risk, and the spans that lie in them."""
        ...

    @property
    def outages(self) -> OutageBook:
        """The outages."""
        ...

    @property
    def estimates(self) -> EstimateBook:
        """The estimates of restoration."""
        ...

    @property
    def readings(self) -> ReadingBook:
        """What the meters measured."""
        ...

    @property
    def live(self) -> LiveBook:
        """What live operations have taken in, and what they are to tell."""
        ...

    @property
    def loads(self) -> LoadBook:
        """The loads that brought the network."""
        ...

    @property
    def pulls(self) -> PullBook:
        """What analytics handed back."""
        ...

    @property
    def access(self) -> AccessBook:
        """Tokens of programs, sessions of browsers, and who did what."""
        ...

    @property
    def crews(self) -> CrewBook:
        """The crews, and where each was last."""
        ...

    @property
    def assignments(self) -> AssignmentBook:
        """Which crew works on which outage."""
        ...

    @property
    def feeds(self) -> FeedBook:
        """What feeds of other systems brought."""
        ...

    @property
    def customers(self) -> CustomerBook:
        """Who the customers are."""
        ...

    @property
    def webhooks(self) -> WebhookBook:
        """Who is told of outages by webhooks, and what is not delivered yet."""
        ...

    @property
    def planned(self) -> PlannedBook | PastPlanned:
        """The planned outages, and who is without supply meanwhile."""
        ...

    def replace_network(self, edition: NewEdition) -> ReplacedNetwork:
        """
        Put another edition in the place of the network, all of it or nothing.

        Returns
        -------
            The store of the new edition, as this one is of the old; and what was written.

        Raises
        ------
        StaleTwinError
            If another network took its place meanwhile.
        StoreError
            If it cannot be written.
        """
        ...

    @property
    def network(self) -> Network:
        """The network."""
        ...

    @property
    def network_hash(self) -> str:
        """What tells this network from every other: 16 hexadecimal digits."""
        ...

    def read_index(self) -> TopologyIndex:
        """Return the topology of the normal state."""
        ...

    def read_versions(self) -> Versions:
        """Return how far what changes has come."""
        ...

    def wait_for_changes(self, since: Versions, *, timeout_s: float) -> Changes:
        """
        Return what became another since some versions, waiting for it.

        Parameters
        ----------
        since
            The versions, those of now or earlier.
        timeout_s
            Seconds to wait at most; 0 only looks.
        """
        ...


class ReplacedNetwork(NamedTuple):
    """What came of putting an edition in the place of another."""

    store: Store  # of the new edition
    tables: tuple[TableChange, ...] = ()  # of a database: the rows that were written
