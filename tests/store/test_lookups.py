"""Short questions are answered over kept connections, as the views answer them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple

import pytest

import gridtwin
from gridtwin.errors import NotFoundError, StoreError
from gridtwin.store.postgis.connect import connect
from gridtwin.store.postgis.lookups import LookUps

OUTAGES = """
INSERT INTO gridtwin.outages (id, began_at, status, device)
    VALUES ('O1', now() - interval '1 hour', 'confirmed', 'FUSE-1'),
           ('O2', now() - interval '2 hours', 'predicted', NULL);
INSERT INTO gridtwin.outage_usage_points (outage, usage_point, began_at)
    SELECT CASE WHEN row < 8 THEN 'O1' ELSE 'O2' END, mrid, now() FROM gridtwin.usage_points
    WHERE row < 12;
INSERT INTO gridtwin.erm_usage_points (usage_point, outage, etr, p50)
    SELECT usage_point, outage, now() + interval '1 hour', now() + interval '30 min'
    FROM gridtwin.outage_usage_points WHERE outage = 'O1';
UPDATE gridtwin.outage_usage_points SET restored_at = now()
    WHERE usage_point = (SELECT mrid FROM gridtwin.usage_points WHERE row = 1);
UPDATE gridtwin.erm_usage_points SET issued_at = now() - interval '2 hours', etr = now()
    WHERE usage_point = (SELECT mrid FROM gridtwin.usage_points WHERE row = 2);
"""


@pytest.fixture
def territory(database: str) -> str:
    """Return the address of a territory with two outages, an open feeder head, and an open pole."""
    twin = gridtwin.open(gridtwin.synthesize("houston", meters=2_000, seed=6)).save(database)
    heads = twin.network.equipment.mrid[twin.store.network.data.feeders.head].tolist()
    twin.switch(heads[1], open=True)
    twin.switch(heads[2], open=True, phases="A")
    with connect(database, autocommit=True) as connection:
        for statement in OUTAGES.split(";")[:-1]:
            connection.execute(statement)  # type: ignore[arg-type]
    return database


def test_a_meter_has_its_outage_and_estimate_or_none(territory: str) -> None:
    points = gridtwin.open(territory).network.usage_points.mrid
    with LookUps(territory) as found:
        outage, estimate = found.outage(points[0]), found.estimate(points[0])
        assert outage is not None
        assert estimate is not None
        assert (outage.id, outage.status, outage.device) == ("O1", "confirmed", "FUSE-1")
        assert (estimate.outage, estimate.stage, estimate.source) == ("O1", "repair", "model")
        assert estimate.etr is not None
        assert estimate.etr > estimate.issued_at
        assert found.estimate(points[1]) is None  # its supply is back
        passed = found.estimate(points[2])
        assert passed is not None
        assert passed.etr is None  # no promise of the past is shown
        assert found.estimate(points[9]) is None  # in an outage without an estimate
        assert found.outage(points[20]) is None
        with pytest.raises(NotFoundError, match="NOWHERE"):
            found.outage("NOWHERE")


def test_circuits_are_what_the_view_says(territory: str) -> None:
    with connect(territory) as connection:
        rows = connection.execute("SELECT * FROM grid.circuit_status_realtime").fetchall()
    with LookUps(territory) as found:
        assert [astuple(found.circuit(row[0])) for row in rows] == rows
        substations = gridtwin.open(territory).network.substations.mrid
        whole = [found.substation(mrid) for mrid in substations]
    assert {row[7] for row in rows} >= {"out", "partly_out", "energized"}
    assert sum(each.customers_out for each in whole) == sum(row[6] for row in rows)


def test_threads_share_the_connections(territory: str) -> None:
    points = gridtwin.open(territory).network.usage_points.mrid[:50].tolist()
    with LookUps(territory, most=4) as found, ThreadPoolExecutor(8) as pool:
        outages = list(pool.map(found.outage, points))
    assert sum(outage is not None for outage in outages) == 11


def test_a_lost_connection_is_made_again(territory: str) -> None:
    point = gridtwin.open(territory).network.usage_points.mrid[0]
    with LookUps(territory) as found:
        assert found.outage(point) is not None
        with connect(territory, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        assert found.outage(point) is not None


def test_an_unreachable_server_is_named() -> None:
    with (
        LookUps("postgresql://nobody@127.0.0.1:1/none", patience_s=0.5) as found,
        pytest.raises(StoreError, match=r"127.0.0.1:1/none gave no connection within 0.5 s"),
    ):
        found.outage("M")
