"""
Load a network again: report what its new edition changes, then let it take the former one's place.

What was operated, opened and estimated stays with the elements that are still there; what refers to
others is told, and kept in the log.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gridtwin.analysis.edition.edition_report import MOST_VANISHED_PERCENT, report_edition
from gridtwin.analysis.edition.lost_elements import (
    LostElements,
    carry_state,
    find_lost_acceptances,
    find_lost_outages,
    retire_outages,
)
from gridtwin.analysis.edition.place_noise import keep_places_still
from gridtwin.errors import EditionError
from gridtwin.model import cim
from gridtwin.model.network_loads import NetworkLoad, SourceReading, count_rows
from gridtwin.model.origins import MOST_LOADS
from gridtwin.model.own_columns import list_own
from gridtwin.model.schema import SCHEMA
from gridtwin.model.tables import keep_places
from gridtwin.store.edition_records import CarriedRecords, NewEdition
from gridtwin.topology.topology_index import build_index

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.analysis.edition.edition_report import EditionReport
    from gridtwin.analysis.edition.network_difference import NetworkDifference
    from gridtwin.model.network import Network
    from gridtwin.store.edition_records import Carry, StandingRecords, WasThere
    from gridtwin.store.postgis.mirror_rows import Mirrored
    from gridtwin.store.protocol import Store
    from gridtwin.store.table_changes import TableChange

POWER_TRANSFORMER = cim.KIND_NAMES.index("power_transformer")
ORDERED_FRAMES = ("nodes", "equipment", "usage_points", "feeders")


class LoadedEdition(NamedTuple):
    """What loading again came to."""

    report: EditionReport
    load: NetworkLoad
    store: Store | None  # of the new edition; None where nothing was to be written
    tables: tuple[TableChange, ...] = ()  # of a database: the rows that were written
    void_hours: int = 0  # of readings in a folder, which are to be rolled up again


def read_edition(store: Store, source: str, **said: Any) -> Network:
    """
    Return a network read from a source as the last load of a twin read it.

    Parameters
    ----------
    store
        Where the twin is kept.
    source
        The source, as it is now.
    said
        Options of `gridtwin.read`; what is said goes before how it was read then.
    """
    from gridtwin.sources.network_reading import read

    loads = store.loads.list_loads()
    given = {name: value for name, value in said.items() if value}
    before: dict[str, Any] = {}
    if loads:
        reading = loads[-1].reading
        before = dict(reading.options)
        if reading.mapping.text:
            before["mapping"] = reading.mapping
    if "mapping" in given:  # it says what all but the coordinate system says
        before = {name: value for name, value in before.items() if name == "crs"}
    return read(source, **before | given, former=store.network)


def load_edition(
    store: Store,
    network: Network,
    *,
    most_vanished_percent: float = MOST_VANISHED_PERCENT,
    dry_run: bool = False,
    actor: str = "",
) -> LoadedEdition:
    """
    Let a new edition of its network take its place in a store.

    Parameters
    ----------
    store
        Where the twin is kept.
    network
        The new edition.
    most_vanished_percent
        Of the pieces of equipment, and of the usage points, how much may be there no more.
    dry_run
        Only report; nothing is refused and nothing written.
    actor
        Who loads, for the log of outages.

    Raises
    ------
    EditionError
        If it is another utility's network, or more of it vanishes than is allowed.
    StoreError
        If the store cannot be written.
    """
    former = store.network
    if network.crs != former.crs:
        msg = (
            f"the twin is in {former.crs or 'planar coordinates'}, and what is loaded in"
            f" {network.crs or 'planar coordinates'}: load it with --overwrite instead"
        )
        raise EditionError(msg)
    network = keep_places_still(former, _align_network(former, network))
    network = _keep_searched(former, network)
    index = build_index(network.data, network.data.equipment.normal_open)
    loads = store.loads.list_loads()
    number = max((each.number for each in loads), default=0) + 1
    if number > MOST_LOADS:
        msg = f"the twin was loaded {number - 1:,} times: load it with --overwrite to begin anew"
        raise EditionError(msg)
    at = datetime.now(UTC)
    lost = find_lost(store.loads.read_standing(), network, former.ids.list_known)
    report, difference = report_edition(former, store.read_index(), network, index, lost)
    reading = network.reading or SourceReading("")
    load = NetworkLoad(
        number, at, reading, count_rows(network.data), report.added, report.changed, report.removed
    )
    if dry_run:
        return LoadedEdition(report, load, None)
    report.require_same_utility(reading.shown_source)
    report.require_few_vanished(reading.shown_source, most_vanished_percent)
    network = _stamp_load(former, network, difference, number)
    carry = make_carry(network, load, actor=actor)
    # Before, so that no row is ever read as another's; if nothing comes of it, they are made again.
    void = store.readings.void_loads() if find_moved_rows(former, network) else 0
    written = store.replace_network(NewEdition(network, index, load, carry))
    return LoadedEdition(report, load, *written, void)


def find_lost(standing: StandingRecords, network: Network, was_there: WasThere) -> LostElements:
    """Return what refers to elements that a new edition has no more."""
    outages = find_lost_outages(
        network.ids,
        standing.outages,
        standing.members.take_rows(standing.members.is_out),
        was_there,
    )
    positions = [lost for state in standing.states for lost in carry_state(state, network)[1]]
    accepted = find_lost_acceptances(network.ids, standing.accepted, was_there)
    return LostElements(outages, tuple(positions), accepted)


def make_carry(network: Network, load: NetworkLoad, *, actor: str = "") -> Carry:
    """Return what says what becomes of the records of a store in a new edition."""

    def carry_records(standing: StandingRecords, was_there: WasThere) -> CarriedRecords:
        lost = find_lost(standing, network, was_there)
        changes = retire_outages(
            lost.outages,
            standing.outages,
            standing.members,
            load.at,
            load=load.number,
            actor=actor,
        )
        states = tuple(carry_state(state, network)[0] for state in standing.states)
        return CarriedRecords(states, tuple(changes))

    return carry_records


def carry_last_load(twin: Mirrored, *, actor: str = "") -> Carry:
    """Return what says what becomes of the records of a mirror that a twin is brought into."""
    network, last = twin.network, twin.loads[-1] if twin.loads else None
    number, reading = (last.number, last.reading) if last else (0, SourceReading(""))
    now = NetworkLoad(number, datetime.now(UTC), reading, 0)
    return make_carry(network, now, actor=actor)


def _align_network(former: Network, network: Network) -> Network:
    """Return a network with the rows that were there before where they were."""
    orders: dict[str, Any] = {}
    for name in ORDERED_FRAMES:
        place = former.ids.tables[name].find_rows(getattr(network.data, name).mrid)
        orders[name] = keep_places(place)
        if name == "equipment":
            holes = np.flatnonzero(place[orders[name]] != np.arange(len(place)))
            _spare_transformers(former, network, orders[name], holes)
    return network.reorder_rows(**orders)


def _spare_transformers(
    former: Network, network: Network, order: NDArray[np.int32], holes: NDArray[np.intp]
) -> None:
    """Let no transformer take the row of another: what was rolled up of rows is not its own."""
    known = former.data.equipment.kind == POWER_TRANSFORMER
    was = np.append(known, np.zeros(len(order), dtype=np.bool_))[holes]
    fillers = order[holes]
    of = network.data.equipment.kind[fillers] == POWER_TRANSFORMER
    order[holes[np.argsort(~was, kind="stable")]] = fillers[np.argsort(of, kind="stable")]


def find_moved_rows(former: Network, network: Network) -> bool:
    """Return whether a feeder or a transformer has another row now, or its row is another's."""
    for name in ("feeders", "equipment"):
        before, now = getattr(former.data, name).mrid, getattr(network.data, name).mrid
        held = np.ones(len(before), dtype=np.bool_)
        takes = np.ones(len(now), dtype=np.bool_)
        if name == "equipment":
            held = former.data.equipment.kind == POWER_TRANSFORMER
            takes = network.data.equipment.kind == POWER_TRANSFORMER
        rows = np.flatnonzero(held)
        place = network.ids.tables[name].find_rows(before[rows])
        if ((place >= 0) & (place != rows)).any():
            return True
        both = min(len(before), len(now))
        if (held[:both] & takes[:both] & (before[:both] != now[:both])).any():
            return True
    return False


def _keep_searched(former: Network, network: Network) -> Network:
    """Return a network whose elements are found by the own columns they were found by before."""
    searched = {
        name
        for own in list_own(former.data).values()
        for name, each in own.items()
        if each.searched
    }
    there = {name for own in list_own(network.data).values() for name in own}
    return network.with_searched(*sorted(searched & there))


def _stamp_load(
    former: Network, network: Network, difference: NetworkDifference, number: int
) -> Network:
    """Return a network whose rows say which load added or last changed them."""
    tables = {}
    for name in SCHEMA:
        table, before = getattr(network.data, name), getattr(former.data, name).origins
        if table.origins is None:
            continue
        known = before.load if before is not None else np.zeros(0, dtype=np.uint16)
        frame = difference[name]
        old = np.append(known, 0)[frame.old_row] if len(known) else np.zeros(len(table.mrid))
        load = np.where(frame.is_fresh, number, old)
        tables[name] = replace(table, origins=table.origins.with_load(load))
    return network.with_data(replace(network.data, **tables))
