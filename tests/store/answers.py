"""Put a twin into a database, and hold what SQL answers against what Python answers."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import psycopg

from brute import usage_points_dark
from gridtwin.analysis.state.supply_state import FULL, OUT, PARTIAL
from gridtwin.model.tables import decode_texts
from gridtwin.store.postgis.mirror import sync
from gridtwin.topology.conduction import SupplyRules
from gridtwin.topology.meshed_core import live_phases
from gridtwin.twin import Twin

Connection = psycopg.Connection[Any]
EXPLAINED = (
    "mrid",
    "supplied",
    "phases",
    "sentence",
    "feeders",
    "sources",
    "must_pass",
    "open_devices",
    "out_of_service",
    "alternatives",
)
CODES = {FULL: 1, OUT: 0, PARTIAL: 2}  # as SQL says it


def mirror(connection: Connection, twin: Twin) -> Twin:
    """Put a twin in the place of what the database holds, with its own order of rows."""
    connection.execute(
        "TRUNCATE gridtwin.network, gridtwin.events, gridtwin.mirrored_blocks,"
        " gridtwin.nodes, gridtwin.equipment, gridtwin.usage_points;"
        " DELETE FROM gridtwin.state_switches;"
        " UPDATE gridtwin.states SET version = 0"
    )
    sync(connection, twin.gather_mirror_rows())
    return twin


def ask(connection: Connection, query: str, *values: Any) -> list[tuple[Any, ...]]:
    return connection.execute(query, values).fetchall()


def one(connection: Connection, query: str, *values: Any) -> Any:
    return ask(connection, query, *values)[0][0]


def elements(twin: Twin) -> list[str]:
    data = twin.store.network.data
    tables = (data.equipment, data.nodes, data.usage_points, data.feeders, data.sources)
    return [str(mrid) for table in tables for mrid in decode_texts(table.mrid)]


def check_losses(connection: Connection, twin: Twin, mrid: str) -> None:
    blast = twin.blast_radius(mrid)
    out = ask(connection, "SELECT mrid FROM gridtwin.blast_radius(%s)", mrid)
    partly = ask(connection, "SELECT mrid FROM gridtwin.partly_out(%s)", mrid)
    assert [name for (name,) in out] == list(blast.usage_points), mrid
    assert [name for (name,) in partly] == list(blast.partial), mrid
    customers = one(connection, "SELECT gridtwin.customers_downstream(%s)", mrid)
    assert customers == blast.customers, mrid
    trace = twin.trace("downstream", mrid)
    listed = ask(connection, "SELECT mrid, kind FROM gridtwin.downstream(%s)", mrid)
    assert sorted(listed) == sorted(zip(*kinds(twin, trace.rows.equipment), strict=True)), mrid


def check_ways(connection: Connection, twin: Twin, mrid: str) -> None:
    rows = twin.trace("upstream", mrid).rows
    wanted = list(zip(*kinds(twin, rows.equipment), rows.depth.tolist(), strict=True))
    ways = ask(connection, "SELECT mrid, kind, depth FROM gridtwin.upstream(%s)", mrid)
    assert ways == wanted, mrid
    why = twin.explain(mrid)
    told = ask(connection, "SELECT * FROM gridtwin.explain(%s)", mrid)
    assert told == [tuple(getattr(why, name) for name in EXPLAINED)], mrid


def kinds(twin: Twin, rows: Any) -> tuple[list[str], list[str]]:
    frame = twin.store.network.equipment
    return frame.mrid.iloc[rows].tolist(), frame.kind.iloc[rows].tolist()


def check_tree(connection: Connection, twin: Twin) -> None:
    """Hold the interval columns against what they stand for."""
    index = twin.situation().index
    found = ask(
        connection,
        "SELECT node, segment, ltin, ltout, parent, depth, served, below, feed"
        " FROM gridtwin.node_topology ORDER BY node",
    )
    lives = ask(
        connection, "SELECT live, designed, served FROM gridtwin.node_topology ORDER BY node"
    )
    assert lives == list(
        zip(
            live_phases(index.mask).tolist(),
            index.designed.tolist(),
            index.weight.tolist(),
            strict=True,
        )
    )
    nodes = {row[0]: row for row in found}
    members, children = defaultdict(list), defaultdict(list)
    for node, segment, ltin, _, parent, *_ in found:
        assert (segment >= 0) == (index.tin[node] >= 0)
        members[segment].append((ltin, node))
        children[parent].append(node)

    def hanging(node: int) -> set[int]:
        same = [each for each in children[node] if nodes[each][1] == nodes[node][1]]
        return {node}.union(*(hanging(each) for each in same))

    for node, segment, ltin, ltout, parent, depth, _, below, _ in found:
        if segment < 0:
            continue
        below_it = hanging(node)
        assert {other for at, other in members[segment] if ltin <= at < ltout} == below_it
        assert below == sum(nodes[other][6] for other in below_it)
        assert depth == (nodes[parent][5] + 1 if parent >= 0 else 0)
    segments = ask(connection, "SELECT segment, root, hook, meshed FROM gridtwin.segments")
    assert {row[0] for row in segments} - {0} == set(members) - {0, -1}
    for segment, root, hook, _ in segments:
        assert sorted(at for at, _ in members[segment]) == list(range(len(members[segment])))
        if segment:
            assert (nodes[root][1], nodes[root][4]) == (segment, hook)
    passes = ask(connection, "SELECT passes FROM gridtwin.equipment_topology ORDER BY equipment")
    assert [each for (each,) in passes] == index.conduction.passes.tolist()
    chords = ask(connection, "SELECT node_a, node_b FROM gridtwin.chords")
    assert len(chords) == len(index.extra)
    looped = {nodes[node][1] for pair in chords for node in pair}
    assert {row[0] for row in segments if row[3]} == looped | ({0} if chords else set())


def check_supply(connection: Connection, twin: Twin) -> None:
    """Hold what SQL says of supply against Python's, and usage points against brute force."""
    supply, situation = twin.supply(), twin.situation()
    points = ask(
        connection,
        "SELECT gridtwin.supply_code("
        " u.phases, t.live, t.designed, t.segment >= 0)"
        " FROM gridtwin.usage_points u JOIN gridtwin.node_topology t ON t.node = u.node"
        " ORDER BY u.row",
    )
    told = [code for (code,) in points]
    out, partial = usage_points_dark(situation.network, situation.open_mask, SupplyRules())
    assert {row for row, code in enumerate(told) if code == 0} == out
    assert {row for row, code in enumerate(told) if code == 2} == partial
    assert told == [CODES[code] for code in supply.points.tolist()]
    energized = ask(connection, "SELECT energized FROM grid.usage_points_now ORDER BY id")
    assert [each for (each,) in energized] == [code != 0 for code in told]
    equipment = ask(
        connection,
        "SELECT (SELECT gridtwin.supply_code(e.phases, bit_or(t.live),"
        " bit_or(t.designed), bool_or(t.segment >= 0)) FROM gridtwin.node_topology t"
        " WHERE t.node IN (e.node_a, e.node_b)), v.energized"
        " FROM gridtwin.equipment e JOIN grid.equipment_now v USING (mrid) ORDER BY e.row",
    )
    codes = [CODES[code] for code in supply.equipment.tolist()]
    assert equipment == [(code, code != 0) for code in codes]
    data, live = situation.data.equipment, situation.is_energized
    sides = ask(
        connection,
        "SELECT c.from_energized, c.to_energized FROM grid.topology_connections_cache c"
        " JOIN gridtwin.equipment e USING (mrid) ORDER BY e.row",
    )
    assert sides == list(zip(live[data.node_a].tolist(), live[data.node_b].tolist(), strict=True))
    dark = one(connection, "SELECT sum(customers - served) FROM gridtwin.node_topology")
    assert dark == supply.customers_out
