"""
The use cases, and the only place that joins what is stored with what is computed.

>>> import gridtwin
>>> twin = gridtwin.open(gridtwin.synthesize("houston", meters=500, seed=1))
>>> feeder = twin.network.feeders.mrid[0]
>>> twin.trace("feeder", feeder).customers > 0
True
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from gridtwin.analysis.edition.edition_report import MOST_VANISHED_PERCENT
from gridtwin.analysis.edition.lost_elements import carry_state
from gridtwin.model.network import Network
from gridtwin.model.operation import of_switch, with_switches
from gridtwin.model.phases import format_phases as phase_text
from gridtwin.model.state import CURRENT, State
from gridtwin.model.switch_command import SwitchCommand
from gridtwin.settings import Settings
from gridtwin.store.held_connections import hold_connections
from gridtwin.store.memory_store import MemoryStore
from gridtwin.store.postgis.connect import is_address
from gridtwin.topology.topology_index import build_index
from gridtwin.twin.ami_questions import Ami
from gridtwin.twin.analytics_questions import Analytics
from gridtwin.twin.area_questions import AreaQuestions
from gridtwin.twin.crew_operations import CrewOperations
from gridtwin.twin.diagram_questions import DiagramQuestions
from gridtwin.twin.editions import carry_last_load, load_edition, read_edition
from gridtwin.twin.history import TwinHistory, open_past
from gridtwin.twin.incidents import IncidentQuestions
from gridtwin.twin.measurement_questions import MeasurementQuestions
from gridtwin.twin.order_operations import OrderOperations
from gridtwin.twin.outage_operations import OutageOperations
from gridtwin.twin.planned_operations import PlannedOperations
from gridtwin.twin.questions import NetworkQuestions
from gridtwin.twin.state_files import LoadedState, load_state, operate_recorded
from gridtwin.twin.switch_operations import SwitchOperations, name_actor
from gridtwin.twin.vegetation_questions import VegetationQuestions, carry_vegetation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    import networkx as nx

    from gridtwin.model.network_loads import NetworkLoad
    from gridtwin.model.state import SwitchEvent
    from gridtwin.publish.notebook_map import MapView
    from gridtwin.store.postgis.mirror_rows import Mirrored
    from gridtwin.store.protocol import Store
    from gridtwin.twin.customer_questions import Customers
    from gridtwin.twin.editions import LoadedEdition


def open_twin(target: str | Path | Network, *, guarded: bool = False) -> Twin:
    """
    Open a twin.

    Parameters
    ----------
    target
        A directory ``NAME.twin``; the address of a database, ``postgresql://...``; or a `Network`,
        which becomes a twin in memory, its switches operated as its reader found them.
    guarded
        Whether it writes only inside `gridtwin.store.acting_role.acting_as`, as a server does.

    Raises
    ------
    StoreError
        If there is no twin, it is damaged, or was written by a newer gridtwin.
    """
    if isinstance(target, Network):
        return Twin(operate_recorded(MemoryStore(target), target))
    from gridtwin.store.local_store import LocalStore
    from gridtwin.store.postgis.postgis_store import PostgisStore

    if isinstance(target, str) and is_address(target):
        return Twin(PostgisStore.open(target, guarded=guarded))
    return Twin(LocalStore.open(Path(target), guarded=guarded))


P = ParamSpec("P")
R = TypeVar("R")


def _delegate_to(
    part: str, method: Callable[Concatenate[Any, P], R]
) -> Callable[Concatenate[Twin, P], R]:
    """Return a method of a part of the twin as one of the twin itself, its signature kept."""

    @wraps(method)
    @hold_connections()
    def call_part(twin: Twin, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return method(getattr(twin, part), *args, **kwargs)

    return call_part


class Twin:
    """One network and its switch states: asked, operated, kept and followed."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.questions = NetworkQuestions(store)
        self.areas = AreaQuestions(self.questions)
        self.incidents = IncidentQuestions(self.questions)
        self.trimming = VegetationQuestions(self.questions)
        self.diagrams = DiagramQuestions(self.questions)

    situation = _delegate_to("questions", NetworkQuestions.situation)
    situation_of = _delegate_to("questions", NetworkQuestions.situation_of)
    supply = _delegate_to("questions", NetworkQuestions.supply)
    find = _delegate_to("questions", NetworkQuestions.find)
    find_one = _delegate_to("questions", NetworkQuestions.find_one)
    search = _delegate_to("questions", NetworkQuestions.search)
    spec = _delegate_to("questions", NetworkQuestions.spec)
    save_spec = _delegate_to("questions", NetworkQuestions.save_spec)
    trace = _delegate_to("questions", NetworkQuestions.trace)
    explain = _delegate_to("questions", NetworkQuestions.explain)
    blast_radius = _delegate_to("questions", NetworkQuestions.blast_radius)
    sweep = _delegate_to("questions", NetworkQuestions.sweep)
    what_if = _delegate_to("questions", NetworkQuestions.what_if)
    check = _delegate_to("questions", NetworkQuestions.check)
    accept_finding = _delegate_to("questions", NetworkQuestions.accept_finding)
    undo_acceptance = _delegate_to("questions", NetworkQuestions.undo_acceptance)
    energized_graph = _delegate_to("questions", NetworkQuestions.energized_graph)
    storm = _delegate_to("areas", AreaQuestions.storm)
    intersect = _delegate_to("areas", AreaQuestions.intersect)
    inside = _delegate_to("areas", AreaQuestions.inside)
    restore = _delegate_to("incidents", IncidentQuestions.restore)
    infer = _delegate_to("incidents", IncidentQuestions.infer)
    inference = _delegate_to("incidents", IncidentQuestions.inference)
    reliability = _delegate_to("incidents", IncidentQuestions.reliability)
    pub_outages = _delegate_to("incidents", IncidentQuestions.pub_outages)
    outage_map = _delegate_to("incidents", IncidentQuestions.outage_map)
    schematic = _delegate_to("diagrams", DiagramQuestions.schematic)
    vegetation = _delegate_to("trimming", VegetationQuestions.vegetation)
    vegetation_layers = _delegate_to("trimming", VegetationQuestions.vegetation_layers)
    load_vegetation = _delegate_to("trimming", VegetationQuestions.load_vegetation)
    drop_vegetation = _delegate_to("trimming", VegetationQuestions.drop_vegetation)

    @property
    def graph(self) -> nx.MultiGraph:
        """The whole network as a networkx multigraph, in the current state."""
        return self.questions.graph

    @cached_property
    def network(self) -> Network:
        """The network; its frames are GeoDataFrames."""
        from gridtwin.results.geo import make_geo_frame

        return self.store.network.seen_as(make_geo_frame)

    @cached_property
    def outages(self) -> OutageOperations:
        """The outages: opened, confirmed, restored step by step, closed."""
        return OutageOperations(self.questions)

    @cached_property
    def analytics(self) -> Analytics:
        """What analytics handed back: pulled, read, settled."""
        return Analytics(self.store)

    @cached_property
    def measurements(self) -> MeasurementQuestions:
        """What SCADA measured last, and how far it may be trusted."""
        return MeasurementQuestions(self.store)

    @cached_property
    def customers(self) -> Customers:
        """Who the customers are: loaded, matched, and what they went through."""
        from gridtwin.twin.customer_questions import Customers

        return Customers(self.store)

    def at(self, when: datetime | str) -> Twin:
        """Return the twin as its switches and outages stood at a moment, to be asked only."""
        return Twin(open_past(self.store, when))

    @cached_property
    def history(self) -> TwinHistory:
        """What happened between two moments, and how many customers were out."""
        return TwinHistory(self.store)

    @cached_property
    def ami(self) -> Ami:
        """What the meters measured: load, loading and voltage, interval by interval."""
        return Ami(self.questions)

    def save(self, path: str | Path, *, overwrite: bool = False) -> Twin:
        """
        Keep the network as a twin in a directory or a database; return that twin.

        Rows are put in the order of the topology, which makes all later steps faster.
        """
        from gridtwin.store.local_store import LocalStore
        from gridtwin.topology.renumber import preorder_rows

        loads = self.store.loads.list_loads()
        network = self.store.network.with_loaded(self.store.findings.read_findings())
        network = network.reorder_rows(*preorder_rows(self.store.read_index(), network.data))
        index = build_index(network.data, network.data.equipment.normal_open)
        if isinstance(path, str) and is_address(path):
            from gridtwin.store.postgis.postgis_store import PostgisStore

            fresh = Twin(MemoryStore(network, loads)).gather_mirror_rows()
            made: Store = PostgisStore.create(path, fresh, overwrite=overwrite)
        else:
            made = LocalStore.create(Path(path), network, index, loads=loads, overwrite=overwrite)
        carry_vegetation(self.store, made)
        return Twin(operate_recorded(made, network))

    def read_again(self, source: str | Path, **options: Any) -> Network:
        """
        Read a new edition of the network, as the last load was read; options as of `gridtwin.read`.

        Nodes that a mapping makes of places keep the ids that they have in this twin.
        """
        return read_edition(self.store, str(source), **options)

    def load_again(
        self,
        network: Network,
        *,
        most_vanished_percent: float = MOST_VANISHED_PERCENT,
        dry_run: bool = False,
        actor: str = "",
    ) -> LoadedEdition:
        """
        Let a new edition of the network take its place; see `gridtwin.twin.editions.load_edition`.

        This twin is of the old edition afterwards: open it again, or go on with the one returned.
        """
        loaded = load_edition(
            self.store,
            network,
            most_vanished_percent=most_vanished_percent,
            dry_run=dry_run,
            actor=actor or Settings.from_environment().actor,
        )
        if loaded.store is not None:
            Twin(loaded.store).trimming.refresh_vegetation()
        return loaded

    def loads(self) -> list[NetworkLoad]:
        """Return the loads that brought the network, the first first."""
        return self.store.loads.list_loads()

    def explore(self, view: str = "", *, height_px: int = 640) -> MapView:
        """
        Show the map in a notebook: all of the page of ``gridtwin serve``, live, in a frame.

        A twin in memory is shown as it is now; one in a directory or a database is followed.

        Parameters
        ----------
        view
            What is shown at first: the part of a link of the page behind ``#``.
        height_px
            Height of the frame.
        """
        from gridtwin.twin.notebook_view import show_store

        return show_store(self.store, lambda path: self.save(path).store, view, height_px)

    def gather_mirror_rows(self, state: State | None = None) -> Mirrored:
        """Return all that a mirror in PostgreSQL takes, with another current state if given."""
        from gridtwin.store.postgis.mirror_rows import gather_mirror

        kept = state and carry_state(state, self.store.network)[0]
        mirrored = gather_mirror(self.store, kept)
        carry = carry_last_load(mirrored, actor=Settings.from_environment().actor)
        return replace(mirrored, carry=carry)

    def watch(
        self, since: int | None = None, *, timeout_s: float | None = None
    ) -> Iterator[SwitchEvent]:
        """
        Yield the operations anybody makes, as they come: each once, in order.

        Parameters
        ----------
        since
            The version to begin after; by default that of now.
        timeout_s
            Seconds without one after which to end; by default never.
        """
        seen = self.version if since is None else since
        while self.store.states.wait_for_version(
            seen, timeout_s=math.inf if timeout_s is None else timeout_s
        ):
            for event in self.store.states.list_events(seen):
                seen = event.version
                yield event

    @cached_property
    def operations(self) -> SwitchOperations:
        """Switches as a control room operates them: looked at first, tags heeded."""
        return SwitchOperations(self.questions)

    @cached_property
    def crews(self) -> CrewOperations:
        """The crews: who is nearest to an outage, assigned to it, on site."""
        return CrewOperations(self.store, self.outages)

    @cached_property
    def orders(self) -> OrderOperations:
        """The switching plans that are carried out step by step."""
        return OrderOperations(self.operations)

    @cached_property
    def planned(self) -> PlannedOperations:
        """Work that is announced, and who has no supply meanwhile."""
        parts = self.questions, self.incidents, self.outages
        return PlannedOperations(*parts, lambda: self.customers)

    @property
    def version(self) -> int:
        """Version of the current state."""
        return self.store.states.read_state().version

    def states(self) -> list[str]:
        """Return the names of the states."""
        return self.store.states.list_names()

    def switch(self, mrid: str, *, open: bool, phases: str = "", actor: str = "") -> State:
        """
        Operate a switch: write the current state.

        Parameters
        ----------
        mrid
            The switch.
        open
            Whether to open or to close.
        phases
            The phases to operate; all of the switch's by default.
        actor
            Who operates, for the log; by default whom the environment names.

        Raises
        ------
        NotFoundError
            If there is no such equipment.
        InputError
            If it is no switch, is out of service, or has no such phase.
        OperationRefusedError
            If a tag hangs on it.
        """
        wanted = phase_text(of_switch(self.store.network, mrid, phases).poles)
        actor = actor or Settings.from_environment().actor
        command = SwitchCommand(mrid, wanted if open else "", wanted, actor)
        return self.store.operating.carry_out(command)

    def overlay(self, name: str, switches: Mapping[str, bool | str]) -> None:
        """
        Keep a what-if: the current state with some switches in another position.

        Parameters
        ----------
        name
            What it is called; then ``state=name`` asks of it.
        switches
            mRID to True (open), False (closed), or the phases that stand open.
        """
        current = self.store.states.read_state(CURRENT).deviations
        self.store.states.save_overlay(name, with_switches(self.store.network, current, switches))

    def load_state(self, file: str | Path, name: str = "", *, actor: str = "") -> LoadedState:
        """
        Take over how the switches stand in an SSH profile of CGMES.

        Parameters
        ----------
        file
            The profile: an ``.xml`` file, a zip or a folder.
        name
            Keep it as an overlay of this name. By default the current state is written: one
            operation, in the log, for each switch that stands otherwise.
        actor
            Who operates, for the log; by default whom the environment names.

        Raises
        ------
        SourceError
            If the file is broken, or tells nothing of the twin's switches.
        """
        return load_state(self.store, Path(file), name, actor=actor or name_actor())

    def __repr__(self) -> str:
        """Return the twin in one line."""
        return f"Twin({self.store.network!r}, version {self.version})"
