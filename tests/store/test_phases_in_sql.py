"""In SQL, too, a usage point is out when no phase it uses is live."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import gridtwin
from examples import scale_examples
from gridtwin.model import phases
from gridtwin.model.network import Network
from gridtwin.model.tables import decode_texts
from gridtwin.store.postgis.connect import connect
from gridtwin.store.postgis.lookups import LookUps
from gridtwin.store.postgis.migrate import migrate
from gridtwin.twin import Twin
from networks import network, random_network

from .answers import (
    Connection,
    ask,
    check_losses,
    check_supply,
    check_tree,
    check_ways,
    elements,
    mirror,
    one,
)

RANDOM = settings(
    max_examples=scale_examples(15),
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def connection(database: str) -> Iterator[Connection]:
    with connect(database, autocommit=True) as made:
        migrate(made)
        yield made


def trunk() -> Network:
    """Return a feeder with a switch in its trunk, and a customer on each phase, and on all."""
    return network(
        """
        BKR breaker S a ABC
        SW load_break_switch a b ABC
        LINE ac_line_segment b c ABC
        """,
        meters="MA@c:A*1 MB@c:B*2 MC@c:C*4 M3@c:ABC*8",
        heads="BKR",
    )


def energized(connection: Connection) -> dict[str, bool]:
    return dict(ask(connection, "SELECT mrid, energized FROM grid.usage_points_now"))


# ------------------------------------------------------------------ one pole


def test_one_pole_open_puts_out_who_lives_on_its_phase_alone(connection: Connection) -> None:
    mirror(connection, gridtwin.open(trunk()))
    one(connection, "SELECT gridtwin.operate('SW', true, 'B')")
    assert energized(connection) == {"MA": True, "MB": False, "MC": True, "M3": True}
    assert ask(connection, "SELECT supplied, phases, sentence FROM gridtwin.explain('MB')") == [
        (False, "", "MB is out because SW is open on B.")
    ]
    assert one(connection, "SELECT (gridtwin.explain('M3')).sentence") == (
        "M3 has supply on AC and none on B by feeder-BKR; it alone depends on LINE, SW, BKR."
    )
    assert one(connection, "SELECT (gridtwin.explain('MA')).supplied")


def test_who_is_out_already_is_not_counted_again(connection: Connection) -> None:
    mirror(connection, gridtwin.open(trunk()))
    one(connection, "SELECT gridtwin.operate('SW', true, 'B')")
    for mrid in ("BKR", "SW", "LINE"):
        assert one(connection, "SELECT gridtwin.customers_downstream(%s)", mrid) == 13
        out = ask(connection, "SELECT mrid FROM gridtwin.blast_radius(%s)", mrid)
        assert out == [("MA",), ("MC",), ("M3",)]
    assert one(connection, "SELECT gridtwin.customers_downstream('MB')") == 0
    one(connection, "SELECT gridtwin.operate('SW', false)")
    assert one(connection, "SELECT gridtwin.customers_downstream('BKR')") == 15


def test_a_circuit_counts_the_customers_of_a_dead_phase_as_out(
    connection: Connection, database: str
) -> None:
    mirror(connection, gridtwin.open(trunk()))
    one(connection, "SELECT gridtwin.operate('SW', true, 'B')")
    status = (15, 13, 2, "partly_out")
    told = "SELECT customers, customers_energized, customers_out, status"
    assert ask(connection, f"{told} FROM grid.circuit_status_realtime") == [status]
    with LookUps(database) as found:
        circuit = found.circuit("feeder-BKR")
    assert (
        circuit.customers,
        circuit.customers_energized,
        circuit.customers_out,
        circuit.status,
    ) == status


def test_a_customer_reported_out_whose_phase_is_dead_is_out_once(
    connection: Connection, database: str
) -> None:
    mirror(connection, gridtwin.open(trunk()))
    one(connection, "SELECT gridtwin.operate('SW', true, 'B')")
    connection.execute(
        "INSERT INTO gridtwin.outages (id, began_at) VALUES ('O1', now());"
        " INSERT INTO gridtwin.outage_usage_points (outage, usage_point, began_at)"
        " VALUES ('O1', 'MA', now()), ('O1', 'MB', now())"
    )
    status = (15, 12, 3)
    told = "SELECT customers, customers_energized, customers_out"
    assert ask(connection, f"{told} FROM grid.circuit_status_realtime") == [status]
    with LookUps(database) as found:
        circuit = found.circuit("feeder-BKR")
    assert (circuit.customers, circuit.customers_energized, circuit.customers_out) == status


def test_poles_that_stand_open_by_design_count_as_open(connection: Connection) -> None:
    designed = network(
        "FUSE fuse S a ABC B\nLINE ac_line_segment a b ABC", meters="MA@b:A MB@b:B M3@b:ABC"
    )
    twin = mirror(connection, gridtwin.open(designed))
    assert energized(connection) == {"MA": True, "MB": False, "M3": True}
    check_supply(connection, twin)
    for mrid in elements(twin):
        check_losses(connection, twin, mrid)
        check_ways(connection, twin, mrid)


def test_any_conductor_counts_where_the_record_is_at_fault(connection: Connection) -> None:
    wrong = network("BKR breaker S a ABC\nLINE ac_line_segment a b A", meters="M@b:B*3")
    twin = mirror(connection, gridtwin.open(wrong))
    assert energized(connection) == {"M": True}
    assert one(connection, "SELECT gridtwin.customers_downstream('BKR')") == 3
    for opened, supplied in (("C", True), ("ABC", False)):
        twin.switch("BKR", open=True, phases=opened)
        one(connection, "SELECT gridtwin.operate('BKR', true, %s)", opened)
        assert energized(connection) == {"M": supplied}
        check_supply(connection, twin)
        check_ways(connection, twin, "M")


def test_a_dead_part_is_hung_on_with_its_open_poles(connection: Connection) -> None:
    twin = mirror(connection, gridtwin.open(trunk()))
    for mrid, opened in (("BKR", "ABC"), ("SW", "B"), ("BKR", "A"), ("SW", ""), ("BKR", "")):
        twin.store.states.operate(mrid, opened)
        one(connection, "SELECT gridtwin.move_poles(%s, %s)", mrid, opened)
        check_tree(connection, twin)
        check_supply(connection, twin)
    assert set(energized(connection).values()) == {True}


def test_what_a_loop_brings_goes_when_the_loop_opens(connection: Connection) -> None:
    ring = network(
        """
        BKR1 breaker S a ABC
        BKR2 breaker S b ABC
        LEFT ac_line_segment a c ABC
        RIGHT ac_line_segment b d ABC
        TIE load_break_switch c d ABC ABC
        TX power_transformer c e ABC
        """,
        meters="MB@c:B*2 MD@d:B*3 ME@e:ABC*5",
        heads="BKR1 BKR2",
    )
    twin = mirror(connection, gridtwin.open(ring))
    moves = [("BKR1", "B"), ("TIE", ""), ("BKR2", "C"), ("TIE", "B"), ("TIE", ""), ("TIE", "ABC")]
    for mrid, opened in moves:
        twin.store.states.operate(mrid, opened)
        one(connection, "SELECT gridtwin.move_poles(%s, %s)", mrid, opened)
        check_tree(connection, twin)
        check_supply(connection, twin)
        for each in elements(twin):
            check_losses(connection, twin, each)


def test_a_polygon_counts_those_who_had_supply(connection: Connection) -> None:
    twin = mirror(connection, gridtwin.open(gridtwin.synthesize("houston", meters=1_000, seed=5)))
    data = twin.store.network.data
    for head in decode_texts(data.equipment.mrid[data.feeders.head[:2]]).tolist():
        twin.switch(head, open=True, phases="A")
        one(connection, "SELECT gridtwin.operate(%s, true, 'A')", head)
    check_supply(connection, twin)
    places, rng = data.usage_points.xy, random.Random(5)
    for size in (0.005, 0.02, 0.08, 0.3):
        x, y = places[rng.randrange(len(places))]
        area = f"POLYGON(({x} {y}, {x + size} {y}, {x} {y + size}, {x} {y}))"
        out = one(connection, "SELECT gridtwin.customers_out(%s)", area)
        assert out == twin.storm(area).customers


# ------------------------------------------------------------------ any network


@RANDOM
@given(seed=st.integers(0, 2**32 - 1))
def test_after_any_poles_moved_supply_is_that_of_brute_force(
    connection: Connection, seed: int
) -> None:
    twin = mirror(connection, gridtwin.open(random_network(seed)))
    check_supply(connection, twin)
    rng = random.Random(seed)
    for _ in range(6):
        mrid, opened = any_pole(twin, rng)
        twin.store.states.operate(mrid, opened)
        one(connection, "SELECT gridtwin.move_poles(%s, %s)", mrid, opened)
        check_tree(connection, twin)
        check_supply(connection, twin)
    looped = ask(connection, "SELECT FROM gridtwin.chords") != []
    for mrid in rng.sample(elements(twin), 12):
        check_losses(connection, twin, mrid)
        if not looped:  # which end of a head on a loop is the far one, a tree tells by its history
            check_ways(connection, twin, mrid)


def test_what_alone_brings_a_phase_around_a_loop_is_named(connection: Connection) -> None:
    # Conductors go around both ways, phase B goes one way alone.
    ring = network(
        """
        TRUNK breaker S a ABC
        LEFT fuse a b B
        RIGHT fuse a c AC
        CROSS ac_line_segment b c ABC
        """,
        meters="MB@c:B M3@c:ABC",
    )
    twin = mirror(connection, gridtwin.open(ring))
    for mrid in elements(twin):
        check_ways(connection, twin, mrid)
        check_losses(connection, twin, mrid)
    must = one(connection, "SELECT (gridtwin.explain('MB')).must_pass")
    assert must == twin.explain("MB").must_pass


def any_pole(twin: Twin, rng: random.Random) -> tuple[str, str]:
    """Return equipment, and one phase of it to stand open, seldom all of them or none."""
    equipment = twin.store.network.data.equipment
    row = rng.randrange(len(equipment.mrid))
    every = int(equipment.phases[row]) or phases.ABC
    poles = [code for code in "ABC" if phases.parse_phases(code) & every]
    return str(decode_texts(equipment.mrid)[row]), rng.choice(
        (*poles, *poles, phases.format_phases(every), "")
    )
