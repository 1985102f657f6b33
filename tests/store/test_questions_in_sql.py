"""What SQL answers is what Python answers: on random networks, after operations, in polygons."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import psycopg
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import gridtwin
from examples import scale_examples
from gridtwin.analysis.place.polygon import read_polygon
from gridtwin.model import phases
from gridtwin.model.network import Network
from gridtwin.model.tables import decode_texts
from gridtwin.store.postgis.connect import connect
from gridtwin.store.postgis.migrate import migrate
from gridtwin.topology.conduction import _find_equipment_passes
from networks import network, random_network, two_feeders_with_a_tie
from postgres import Cluster
from waiting import PATIENCE_S

from .answers import (
    Connection,
    ask,
    check_losses,
    check_tree,
    check_ways,
    elements,
    mirror,
    one,
)

RANDOM = settings(
    max_examples=scale_examples(15),
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with connect(database, autocommit=True) as made:
        migrate(made)
        yield made


# ------------------------------------------------------------------ questions


@RANDOM
@given(seed=st.integers(0, 2**32 - 1))
def test_any_network_is_answered_as_in_python(connection: Connection, seed: int) -> None:
    twin = mirror(connection, gridtwin.open(random_network(seed)))
    check_tree(connection, twin)
    names = elements(twin)
    for mrid in names:
        check_losses(connection, twin, mrid)
    for mrid in random.Random(seed).sample(names, 12):
        check_ways(connection, twin, mrid)


def test_depths_parents_and_customers_of_a_radial_feeder(connection: Connection) -> None:
    mirror(connection, gridtwin.open(two_feeders_with_a_tie()))
    assert sorted(ask(connection, "SELECT * FROM gridtwin.downstream('BKR1')")) == [
        ("FUSE", "fuse", "downstream", 2),
        ("L1", "ac_line_segment", "downstream", 1),
        ("L2", "ac_line_segment", "downstream", 2),
    ]
    assert ask(connection, "SELECT * FROM gridtwin.upstream('M4')") == [
        ("L2", "ac_line_segment", "upstream", 1),
        ("L1", "ac_line_segment", "upstream", 2),
        ("BKR1", "breaker", "upstream", 3),
    ]
    assert ask(connection, "SELECT * FROM gridtwin.blast_radius('L1')") == [("M3", 3), ("M4", 5)]
    assert one(connection, "SELECT gridtwin.customers_downstream('BKR1')") == 8


def test_what_every_way_passes_is_found_beyond_a_loop(connection: Connection) -> None:
    ring = network(
        """
        BKR breaker S a ABC
        TRUNK ac_line_segment a b ABC
        LEFT ac_line_segment b c ABC
        RIGHT ac_line_segment b d ABC
        CROSS ac_line_segment c d ABC
        LATERAL fuse d e ABC
        """,
        meters="M@e:ABC*2",
        heads="BKR",
    )
    twin = mirror(connection, gridtwin.open(ring))
    assert twin.explain("M").must_pass == ["LATERAL", "TRUNK", "BKR"]
    for mrid in elements(twin):
        check_losses(connection, twin, mrid)
        check_ways(connection, twin, mrid)


def test_a_source_beyond_the_dark_feeds_nothing(connection: Connection) -> None:
    # Medium voltage between two low-voltage sources is dark: neither may feed it, nor the other.
    apart = network(
        """
        TX-1 power_transformer high S ABC
        TX-2 power_transformer high T ABC
        LINE ac_line_segment S m ABC
        """,
        meters="M@m",
        sources="S T",
        volts="high=7200 S=240 T=240 m=240",
    )
    twin = mirror(connection, gridtwin.open(apart))
    assert not twin.explain("high").supplied
    assert twin.explain("M").sources == ["source-S"]
    for mrid in elements(twin):
        check_ways(connection, twin, mrid)


@pytest.mark.parametrize("sampled", [6, pytest.param(30, marks=pytest.mark.long)])
def test_a_territory_with_its_ties_closed_is_answered_as_in_python(
    connection: Connection, sampled: int
) -> None:
    twin = mirror(connection, gridtwin.open(gridtwin.synthesize("houston", meters=1_500, seed=4)))
    data, rng = twin.store.network.data, random.Random(4)
    equipment = decode_texts(data.equipment.mrid)
    ties = equipment[np.flatnonzero(data.equipment.normal_open)].tolist()
    for mrid in rng.sample(ties, min(3, len(ties))):
        twin.switch(mrid, open=False)
        one(connection, "SELECT gridtwin.operate(%s, false)", mrid)
    assert ask(connection, "SELECT FROM gridtwin.chords") != []
    heads = equipment[data.feeders.head].tolist()
    for mrid in heads + rng.sample(equipment.tolist(), sampled):
        check_losses(connection, twin, mrid)
    for mrid in rng.sample(elements(twin), sampled // 2):
        check_ways(connection, twin, mrid)
    whole = one(connection, "SELECT gridtwin.customers_downstream(mrid) FROM gridtwin.substations")
    substation = str(decode_texts(data.substations.mrid)[0])
    assert whole == twin.blast_radius(substation).customers


def test_polygons_are_answered_as_in_python(connection: Connection) -> None:
    twin = mirror(connection, gridtwin.open(gridtwin.synthesize("houston", meters=2_000, seed=3)))
    places, rng = twin.store.network.data.usage_points.xy, random.Random(3)
    for closed in (False, True):
        for _ in range(6):
            x, y = places[rng.randrange(len(places))]
            size = rng.choice((0.002, 0.01, 0.05))
            area = f"POLYGON(({x} {y}, {x + size} {y}, {x} {y + size}, {x} {y}))"
            inside = ask(connection, "SELECT mrid FROM gridtwin.usage_points_in(%s)", area)
            assert [name for (name,) in inside] == twin.intersect(area).mrid.tolist()
            out = one(connection, "SELECT gridtwin.customers_out(%s)", area)
            assert out == twin.storm(area).customers
        if not closed:
            equipment = twin.store.network.data.equipment
            for mrid in decode_texts(equipment.mrid[equipment.normal_open != 0])[:2]:
                twin.switch(str(mrid), open=False)
                one(connection, "SELECT gridtwin.operate(%s, false)", str(mrid))


@pytest.mark.parametrize(
    "area",
    [
        "MULTIPOLYGON (((0 0, 2 0, 2 2, 0 2, 0 0)), ((1 1, 3 1, 3 3, 1 3, 1 1)))",
        "POLYGON ((170 -20, 190 -20, 190 -10, 170 -10, 170 -20))",
        "POLYGON ((-190 -20, -170 -20, -170 -10, -190 -10, -190 -20))",
        "POLYGON ((-180 -90, 180 -90, 180 90, -180 90, -180 -90))",
        "SRID=3857;POLYGON ((0 0, 111319 0, 111319 111325, 0 111325, 0 0))",
    ],
)
def test_an_area_is_that_of_python(connection: Connection, area: str) -> None:
    mirror(connection, gridtwin.open(two_feeders_with_a_tie()))
    found = one(connection, "SELECT ST_AsText(gridtwin.checked_polygon(%s), 15)", area)
    expected = read_polygon(area).geometry
    assert shapely.symmetric_difference(shapely.from_wkt(found), expected).area < 1e-9


def test_curves_become_straight(connection: Connection) -> None:
    mirror(connection, gridtwin.open(two_feeders_with_a_tie()))
    circle = "CURVEPOLYGON (CIRCULARSTRING (0 0, 1 1, 2 0, 1 -1, 0 0))"
    found = one(connection, "SELECT ST_Area(gridtwin.checked_polygon(%s))", circle)
    assert found == pytest.approx(3.1416, rel=0.01)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (
            "SELECT gridtwin.checked_polygon("
            "'POLYGON ((170 -20, -170 -20, -170 -10, 170 -10, 170 -20))')",
            "write 170 to 190",
        ),
        (
            "SELECT gridtwin.checked_polygon('POLYGON ((0 0, 200 0, 200 1, 0 0))')",
            "no longitude and latitude",
        ),
        ("SELECT gridtwin.downstream('NOWHERE')", "no element of the network has the mRID NOWHERE"),
        ("SELECT gridtwin.explain('NOWHERE')", "no element of the network has the mRID NOWHERE"),
        ("SELECT gridtwin.customers_out('POINT(0 0)')", "the area is point: give a polygon"),
        ("SELECT gridtwin.customers_out(NULL)", "the area is null: give a polygon"),
        (
            "SELECT gridtwin.usage_points_in('POLYGON((0 0, 1 1, 1 0, 0 1, 0 0))')",
            r"not valid \(Self-intersection.*ST_MakeValid",
        ),
        ("SELECT gridtwin.operate('NOWHERE', true)", "no equipment has the mRID NOWHERE"),
        ("SELECT gridtwin.operate('L1', true)", "L1 is of kind ac_line_segment, which cannot"),
        ("SELECT gridtwin.operate('FUSE', true, 'B')", "FUSE has no phase B: it has A"),
        ("SELECT gridtwin.operate('FUSE', true, 'Q')", "'Q' is no phase code"),
    ],
)
def test_a_question_without_an_answer_says_why(
    connection: Connection, question: str, words: str
) -> None:
    mirror(connection, gridtwin.open(two_feeders_with_a_tie()))
    with pytest.raises(psycopg.DatabaseError, match=words):
        connection.execute(question)  # type: ignore[arg-type]
    assert one(connection, "SELECT gridtwin.state_version()") == 0


# ------------------------------------------------------------------ operations


@RANDOM
@given(seed=st.integers(0, 2**32 - 1))
def test_after_any_operations_the_tree_is_what_a_build_gives(
    connection: Connection, seed: int
) -> None:
    twin = mirror(connection, gridtwin.open(random_network(seed)))
    rng = random.Random(seed)
    equipment = twin.store.network.data.equipment
    for version in range(1, 9):
        row = rng.randrange(len(equipment.mrid))
        mrid, every = (
            str(decode_texts(equipment.mrid)[row]),
            int(equipment.phases[row]) or phases.ABC,
        )
        poles = [code for code in "ABC" if phases.parse_phases(code) & every]
        opened = rng.choice((phases.format_phases(every), "", rng.choice(poles)))
        twin.store.states.operate(mrid, opened)
        done = one(connection, "SELECT gridtwin.move_poles(%s, %s)", mrid, opened)
        assert done == version
        check_tree(connection, twin)
    for mrid in elements(twin)[:12]:
        check_losses(connection, twin, mrid)
    kept = ask(connection, "SELECT mrid, open_phases FROM gridtwin.state_switches")
    assert dict(kept) == {
        mrid: phases.parse_phases(text)
        for mrid, text in twin.store.states.read_state().deviations.items()
    }


def test_an_operation_is_logged_audited_and_told(connection: Connection, database: str) -> None:
    mirror(connection, gridtwin.open(two_feeders_with_a_tie()))
    with connect(database, autocommit=True) as listener:
        listener.execute("LISTEN gridtwin")
        assert one(connection, "SELECT gridtwin.operate('TIE', false, actor => 'ann')") == 1
        assert one(connection, "SELECT gridtwin.operate('BKR1', true)") == 2
        assert one(connection, "SELECT gridtwin.operate('BKR2', true, 'B')") == 3
        told = [
            json.loads(each.payload) for each in listener.notifies(timeout=PATIENCE_S, stop_after=3)
        ]
    assert told == [
        {"version": 1, "changed": "operate", "mrid": "TIE", "open": ""},
        {"version": 2, "changed": "operate", "mrid": "BKR1", "open": "ABC"},
        {"version": 3, "changed": "operate", "mrid": "BKR2", "open": "B"},
    ]
    assert ask(
        connection,
        "SELECT version, actor, mrid, open_before, open_after FROM gridtwin.events ORDER BY 1",
    ) == [(1, "ann", "TIE", 7, 0), (2, "twin", "BKR1", 0, 7), (3, "twin", "BKR2", 0, 2)]
    audited = ask(
        connection,
        "SELECT count(*) FROM gridtwin.audit WHERE table_name = 'states' AND change = 'update'"
        " AND after ->> 'version' IN ('1', '2', '3')",
    )
    assert audited == [(3,)]
    assert ask(connection, "SELECT * FROM gridtwin.upstream('M3')")[-1][0] == "BKR2"


def test_a_request_is_done_once(connection: Connection) -> None:
    mirror(connection, gridtwin.open(two_feeders_with_a_tie()))
    move = "SELECT gridtwin.move_poles('BKR1', 'ABC', request => 'call-1')"
    assert [one(connection, move), one(connection, move)] == [1, 1]
    assert one(connection, "SELECT gridtwin.state_version()") == 1
    assert one(connection, "SELECT count(*) FROM gridtwin.events") == 1


def test_the_reader_asks_and_the_operator_operates(
    connection: Connection, postgres: Cluster
) -> None:
    mirror(connection, gridtwin.open(two_feeders_with_a_tie()))
    for role in ("reader", "operator"):
        postgres.execute(
            f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sql_{role}') THEN"
            f" CREATE ROLE sql_{role} LOGIN IN ROLE gridtwin_{role}; END IF; END $$"
        )
    name = connection.info.dbname
    with connect(postgres.build_url(name, user="sql_reader"), autocommit=True) as reader:
        assert one(reader, "SELECT gridtwin.customers_downstream('BKR1')") == 8
        assert one(reader, "SELECT (gridtwin.explain('M4')).supplied")
        for words in ("operate('BKR1', true)", "move_poles('BKR1', 'ABC')", "cut_off(0, 1)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute(f"SELECT gridtwin.{words}")  # type: ignore[arg-type]
    with connect(postgres.build_url(name, user="sql_operator"), autocommit=True) as operator:
        assert one(operator, "SELECT gridtwin.operate('BKR1', true)") == 1
        assert one(operator, "SELECT (gridtwin.explain('M4')).sentence") == (
            "M4 is out because BKR1 is open; would be fed by TIE."
        )


def test_what_gets_through_is_reckoned_as_in_python(connection: Connection) -> None:
    masks = [(own, opened) for own in range(64) for opened in range(64)]
    own, opened = (np.array(column, dtype=np.uint8) for column in zip(*masks, strict=True))
    data = _Equipment(own)
    rows = ask(
        connection,
        "SELECT gridtwin.passing(own, opened, true) FROM generate_series(0, 63) own,"
        " generate_series(0, 63) opened ORDER BY own, opened",
    )
    assert [each for (each,) in rows] == _find_equipment_passes(data, opened).tolist()  # type: ignore[arg-type]
    texts = [phases.format_phases(mask) for mask in range(64)]
    parsed = ask(
        connection,
        "SELECT gridtwin.phase_mask(t), gridtwin.phase_mask(lower(t))"
        " FROM unnest(%s::text[]) WITH ORDINALITY u (t, at) ORDER BY at",
        texts,
    )
    assert parsed == [(mask, mask) for mask in range(64)]


class _Equipment:
    """Equipment with these phases, all of it in service."""

    def __init__(self, own: Any) -> None:
        self.equipment = self
        self.phases = own
        self.in_service = np.ones(len(own), dtype=bool)


def test_a_network_without_feeders_or_known_place_is_answered_too(connection: Connection) -> None:
    bare = Network.from_frames(
        nodes={"mrid": ["a", "b"], "geometry": [shapely.Point(0, 0), shapely.Point(3e6, 0)]},
        equipment={"mrid": ["x"], "kind": ["fuse"], "node_a": ["a"], "node_b": ["b"]},
        usage_points={"mrid": ["m"], "node": ["b"]},
        sources={"mrid": ["s"], "node": ["a"]},
        crs="none",
    )
    twin = mirror(connection, gridtwin.open(bare))
    for mrid in elements(twin):
        check_losses(connection, twin, mrid)
        check_ways(connection, twin, mrid)
