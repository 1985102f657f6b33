"""Simulated readings in PostgreSQL: whole, once, and less than what streams in."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import gridtwin
from gridtwin.errors import InputError
from gridtwin.store.postgis.connect import connect
from gridtwin.stream.simulate.meter_intervals import Making, list_interval_ends
from gridtwin.stream.simulate.scenario import build_quiet_scenario
from gridtwin.stream.simulate.simulation_run import Order, simulate_network
from gridtwin.twin import Twin

FROM_S = datetime(2026, 7, 1, 23, tzinfo=UTC).timestamp()


def test_readings_are_there_once_with_loads_weather_and_price(database: str, town: Twin) -> None:
    twin = town.save(database)
    order = Order(database, FROM_S, FROM_S + 5_400, seed=4, missing=0.05)
    made = simulate_network(twin.situation(), order)
    again = simulate_network(twin.situation(), order)
    assert made.tally == again.tally
    making = Making.from_situation(
        twin.situation(), build_quiet_scenario(twin.situation()), seed=4, missing=0.05
    )
    expected = {
        (name.decode(), datetime.fromtimestamp(interval.at_s, UTC)): float(kwh)
        for interval in map(making.measure_interval, list_interval_ends(FROM_S, FROM_S + 5_400))
        for name, kwh in zip(making.names[interval.row], interval.kwh, strict=True)
    }
    with connect(database) as connection:
        rows = connection.execute(
            "SELECT meter_id, reading_time, kwh, temperature_c, price_usd_mwh"
            " FROM gridtwin.ami_realtime"
        ).fetchall()
        loads = connection.execute("SELECT sum(kwh), sum(meters) FROM gridtwin.transformer_load")
        total, meters = loads.fetchone() or (None, None)
    assert {(row[0], row[1]): row[2] for row in rows} == pytest.approx(expected)
    assert len(rows) == len(expected) == made.tally.readings
    assert all(row[3] is not None and row[4] is not None for row in rows)
    assert total == pytest.approx(sum(expected.values()), rel=1e-5)
    assert meters == len(expected)


def test_another_network_than_that_of_the_database_is_refused(database: str, town: Twin) -> None:
    town.save(database)
    other = gridtwin.open(gridtwin.synthesize("houston", meters=300, seed=9))
    with pytest.raises(InputError, match="simulate the network that it holds"):
        simulate_network(other.situation(), Order(database, FROM_S, FROM_S + 900))
