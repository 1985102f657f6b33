"""Complaints of voltage are held against what meters measured, by ANSI C84.1."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import gridtwin
from ami_folder import Reading, copy_readings, street, write_readings
from document_schemas import hold_to_schema
from gridtwin.analysis.ami.voltage_periods import sum_voltages
from gridtwin.cli.root_commands import app
from gridtwin.errors import InputError
from gridtwin.results.customer_masking import Viewer
from gridtwin.store.postgis.connect import connect
from gridtwin.twin import Twin

CLERK = Viewer("clerk", may_see_personal_data=True)
ANALYST = Viewer("analyst")
QUARTER_S = 900
RECEIVED = datetime(2026, 7, 3, 12, 5, tzinfo=UTC)
END = RECEIVED + timedelta(days=1)


def measure_street() -> list[Reading]:
    """Return a week of readings: M1 low until it is mended, M2 at the edge of Range A, M3 good."""
    first = int(datetime(2026, 7, 1, tzinfo=UTC).timestamp())
    readings: list[Reading] = []
    for number in range(1, 4 * 24 * 4 + 1):
        end_s = first + number * QUARTER_S
        low = end_s <= RECEIVED.timestamp()
        readings.append(("M1", end_s, 1.0, 109.5 if low else 119.0))
        readings.append(("M2", end_s, 1.0, 113.0 if number % 25 == 0 else 114.0))  # 4 of 100 low
        readings.append(("M3", end_s, 1.0, 120.0))
    return readings


COMPLAINTS = pd.DataFrame(
    [
        ("C1", "low_voltage", "E1", "", "2026-07-03T12:05:00+00:00"),
        ("C2", "flicker", "", "A3", "2026-07-03T11:00:00+00:00"),
        ("C3", "voltage", "E4", "", "2026-07-03T10:00:00+00:00"),
        ("C4", "voltage", "nowhere", "", "2026-07-03T09:00:00+00:00"),
        ("C5", "other", "E1", "", "2026-07-03T08:00:00+00:00"),
    ],
    columns=["complaint", "kind", "esi_id", "account", "received_at"],
)


def fill_street(twin: Twin) -> Twin:
    """Load the customers of the street and what they complained of."""
    loading = twin.customers.loading
    loading.load_records(
        pd.DataFrame(
            {
                "record": ["cis:1", "cis:3"], "source": "cis", "surname": ["Abel", "Zorn"],
                "esi_id": ["E1", "E3"], "account": ["A1", "A3"], "valid_from": "2020-01-01",
            }
        )
    )  # fmt: skip
    points = [f"M{number}" for number in range(1, 5)]
    loading.load_points(
        pd.DataFrame({"esi_id": [f"E{each[1:]}" for each in points], "usage_point": points})
    )
    assert loading.load_complaints(COMPLAINTS).lost == ("C4",)
    return twin


@pytest.fixture
def twin(tmp_path: Path) -> Twin:
    """Return the street with its readings, its customers and their complaints."""
    twin = gridtwin.open(street()).save(tmp_path / "street.twin")
    write_readings(tmp_path / "street.twin/ami", measure_street())
    return fill_street(twin)


def test_a_complaint_is_held_against_the_meter_before_and_after(twin: Twin) -> None:
    found = twin.customers.complaints.compare_voltages(CLERK, end=END, days=2)
    assert {each.complaint: each.finding for each in found.complaints} == {
        "C1": "out_of_range", "C2": "within", "C3": "not_read", "C4": "no_place"
    }  # fmt: skip
    low = found.complaints[0]
    assert (low.usage_point, low.transformer) == ("M1", "T1")
    # From 12:05 two days before up to 12:00: intervals that end in that time.
    assert (low.before.intervals, low.before.outside_b) == (192, 192)
    assert (low.before.v_min, low.before.v_max) == (109.5, 109.5)
    assert (low.after.v_min, low.after.outside_a) == (119.0, 0)
    assert not low.after.is_out_of_range()
    assert twin.customers.privacy.list_lookups()[0][1:3] == ("clerk", "complaints")


def test_a_transformer_says_how_many_complain_and_how_many_are_out_of_range(twin: Twin) -> None:
    """M2 hangs on the same transformer, is low in 4 of 100 intervals, and did not complain."""
    complaints = twin.customers.complaints
    first, second = complaints.compare_voltages(CLERK, end=END).transformers
    assert first.describe() == {
        "transformer": "T1", "usage_points": 2, "complaining": 1, "complaining_share": 0.5,
        "read": 2, "out_of_range": 1, "out_of_range_share": 0.5, "complaining_out_of_range": 1,
    }  # fmt: skip
    assert (second.transformer, second.complaining, second.out_of_range) == ("T2", 1, 0)
    strict = complaints.compare_voltages(CLERK, end=END, often=0.03).transformers[0]
    assert (strict.out_of_range, strict.complaining_out_of_range) == (2, 1)


@pytest.mark.parametrize("often", [0.0, 0.05, 0.5, 1.0])
def test_periods_are_judged_as_a_count_of_each_interval_says(often: float) -> None:
    rng = np.random.default_rng(7)
    for _ in range(50):
        volts = rng.choice([109.9, 110, 113.9, 114, 120, 126, 126.1, 127, 127.1, np.nan], 12)
        found = sum_voltages(volts)
        given = [each for each in volts if not np.isnan(each)]
        outside = [each for each in given if not 114 <= each <= 126]
        beyond = [each for each in given if not 110 <= each <= 127]
        assert found[0] == len(given)
        assert found[4:] == (len(outside), len(beyond))
        assert found.is_out_of_range(often) == bool(beyond or len(outside) > often * len(given))


def test_who_may_not_see_customers_sees_whose_complaint_it_is_not(twin: Twin) -> None:
    customers = twin.customers
    mask = customers.privacy.make_mask(ANALYST)
    document = customers.complaints.compare_voltages(ANALYST, end=END).document(mask)
    hold_to_schema(document)
    assert document["findings"] == {"no_place": 1, "not_read": 1, "out_of_range": 1, "within": 1}
    text = json.dumps(document["complaints"])
    assert not any(f'"{each}"' in text for each in ("C1", "E1", "A3", "M1", "M3"))
    assert customers.privacy.list_lookups() == []


def test_the_card_tells_complaints_and_what_was_measured(twin: Twin) -> None:
    card = twin.customers.read_card("A1", CLERK, at=END)
    assert [(each.complaint, each.finding) for each in card.complaints] == [("C1", "out_of_range")]
    by_account = twin.customers.read_card("A3", CLERK, at=END)
    assert [each.complaint for each in by_account.complaints] == ["C2"]
    proof = twin.customers.privacy.erase_party(card.party, reason="request")
    assert proof.still_found == 0
    rows = twin.store.customers.list_place_complaints(["E1"], ["A1"])
    assert rows == []
    assert len(twin.store.customers.list_place_complaints(["E4"], ["A3"])) == 2


def test_the_command_line_shows_complaints_by_transformer(twin: Twin, tmp_path: Path) -> None:
    def ask(*words: str) -> str:
        asked = ["customers", "complaints", "--to", END.isoformat(), *words]
        result = CliRunner().invoke(app, [*asked, "--in", str(tmp_path / "street.twin")])
        assert result.exit_code == 0, result.output
        return result.stdout

    document = json.loads(ask("--json", "--personal"))
    hold_to_schema(document)
    assert document["complaints"][0]["before"]["out_of_range"] is True
    assert document["complaints"][2]["before"]["v_min"] is None
    rows = ask("--by", "transformer", "--csv").splitlines()
    assert rows[1].startswith("T1,2,1,0.5,2,1,0.5,1")
    assert "C1,low_voltage" in ask("--csv", "--personal")
    assert twin.customers.complaints.compare_voltages(CLERK, end=END, limit=1).more


def test_periods_and_shares_that_are_none_are_refused(twin: Twin) -> None:
    complaints = twin.customers.complaints
    with pytest.raises(InputError, match="0 days: compare more than 0 days"):
        complaints.compare_voltages(CLERK, days=0)
    with pytest.raises(InputError, match=r"1\.5 is no share"):
        complaints.compare_voltages(CLERK, often=1.5)
    with pytest.raises(InputError, match="complaint row 0: kind 'low' is none of"):
        twin.customers.loading.load_complaints(COMPLAINTS.head(1).assign(kind="low"))
    with pytest.raises(InputError, match="complaint row 1: C1 stands there twice"):
        twin.customers.loading.load_complaints(pd.concat([COMPLAINTS.head(1)] * 2))


def tell_period(period: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return what was measured, volts to a hundredth; none without a reading."""
    intervals, *volts, outside_a, outside_b = period
    return (
        intervals,
        *(round(each, 2) if intervals else None for each in volts),
        outside_a,
        outside_b,
    )


def test_a_database_answers_in_sql_as_python_does(database: str) -> None:
    kept = fill_street(gridtwin.open(street()).save(database))
    with connect(database) as connection:
        copy_readings(connection, measure_street())
        told = connection.execute(
            "SELECT complaint, part, intervals, v_min, v_mean, v_max, outside_a, outside_b"
            " FROM gridtwin_customers.voltage_complaints(%s, %s)",
            (END - timedelta(days=30), END),
        ).fetchall()
    found = kept.customers.complaints.compare_voltages(CLERK, end=END)
    wanted = [
        (each.complaint, part, *tell_period(period))
        for each in found.complaints
        for part, period in (("before", each.before), ("after", each.after))
    ]
    assert [(*row[:2], *tell_period(row[2:])) for row in told] == wanted
    assert found.transformers[0].out_of_range == 1
