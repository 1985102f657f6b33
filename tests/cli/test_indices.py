"""`gridtwin outage indices` says what a hand reckons, in every form."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

import gridtwin
from document_schemas import hold_to_schema
from gridtwin.cli.root_commands import app
from gridtwin.errors import GridtwinError, InputError, NotFoundError
from gridtwin.results.reliability_report import CustomersServed, make_report, place_rows
from gridtwin.twin.outage_frames import tabulate_interruptions
from networks import two_feeders_with_a_tie

ROOT = Path(__file__).parents[2]
ROWS = """outage,usage_point,began_at,restored_at
O-1,M4,2026-03-01T10:00:00Z,2026-03-01T11:00:00Z
O-1,M3,2026-03-01T10:00:00Z,2026-03-01T12:00:00Z
O-2,M4,2026-03-02T10:00:00Z,2026-03-02T10:03:00Z
"""


def run(*words: str) -> str:
    done = CliRunner().invoke(app, ["outage", "indices", *words], catch_exceptions=True)
    if isinstance(done.exception, GridtwinError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture
def twin(tmp_path: Path) -> str:
    path = tmp_path / "small.twin"
    gridtwin.open(two_feeders_with_a_tie()).save(path)
    return str(path)


@pytest.fixture
def rows(tmp_path: Path) -> str:
    path = tmp_path / "interruptions.csv"
    path.write_text(ROWS)
    return str(path)


def test_the_twin_tells_customers_and_feeders(twin: str, rows: str) -> None:
    words = ("--in", twin, "--interruptions", rows, "--by", "feeder", "--json")
    document = json.loads(run(*words))
    hold_to_schema(document)
    points = gridtwin.open(two_feeders_with_a_tie()).network.usage_points.set_index("mrid")
    people = points["customers"]
    system = document["system"]
    assert system["customers_served"] == people.sum()
    assert system["all_days"]["interruptions"] == people["M4"] + people["M3"]
    assert system["all_days"]["customer_minutes"] == 60 * people["M4"] + 120 * people["M3"]
    assert system["all_days"]["momentary"] == people["M4"]
    assert system["all_days"]["events"] == 1
    assert [group["name"] for group in document["groups"]] == ["feeder-BKR1", "feeder-BKR2"]
    assert document["groups"][1]["all_days"]["saifi"] == 0
    assert (document["from"], document["to"]) == ("2026-03-01T00:00:00Z", "2026-03-03T00:00:00Z")


def test_the_twin_has_outages_of_its_own(twin: str) -> None:
    """L1 opens at 10:00: 3 + 5 customers; the 5 are back after 60 min, the 3 after 120."""
    opened = gridtwin.open(twin)
    at = datetime(2026, 3, 1, 10, tzinfo=UTC)
    outage = opened.outages.open("L1", at=at, id="O-1")
    opened.outages.restore("O-1", at=at + timedelta(hours=1), usage_points=["M4"])
    opened.outages.restore("O-1", at=at + timedelta(hours=2))
    never = opened.outages.open("BKR2", at=at, id="O-2", predicted=True)
    opened.outages.invalidate("O-2")
    assert (outage.customers, never.customers) == (8, 7)
    document = json.loads(run("--in", twin, "--json"))
    hold_to_schema(document)
    system = document["system"]["all_days"]
    assert system["customer_minutes"] == 5 * 60 + 3 * 120
    assert (system["events"], system["interruptions"]) == (1, 8)
    assert system["saidi_minutes"] == 660 / 15


def test_a_twin_without_outages_needs_a_period(twin: str) -> None:
    with pytest.raises(InputError, match="give --from and --to"):
        run("--in", twin)
    words = ("--from", "2026-01-01", "--to", "2027-01-01", "--by", "substation", "--json")
    document = json.loads(run("--in", twin, *words))
    hold_to_schema(document)
    assert document["system"]["all_days"]["saidi_minutes"] == 0
    assert document["groups"][0]["name"] is None


def test_without_a_twin_the_customers_served_are_given(rows: str, tmp_path: Path) -> None:
    system = json.loads(run("--interruptions", rows, "--served", "10", "--json"))["system"]
    assert system["all_days"]["saidi_minutes"] == (60 + 120) / 10
    served = tmp_path / "served.csv"
    served.write_text("feeder,customers\nF1,4\nF2,6\n")
    table = tmp_path / "by_feeder.csv"
    table.write_text(
        "feeder,began_at,restored_at,customers\n"
        "F1,2026-03-01T10:00:00Z,2026-03-01T11:00:00Z,2\n"
        ",2026-03-01T10:00:00Z,2026-03-01T11:00:00Z,1\n"
    )
    words = ("--interruptions", str(table), "--served", str(served), "--by", "feeder", "--json")
    document = json.loads(run(*words))
    hold_to_schema(document)
    assert [group["all_days"]["saidi_minutes"] for group in document["groups"]] == [30.0, 0.0]
    assert document["system"]["all_days"]["saidi_minutes"] == 18.0
    assert document["system"]["all_days"]["cemi"] == {"3": None}


def test_a_period_begins_at_midnight_of_the_time_zone(rows: str) -> None:
    words = ("--interruptions", rows, "--served", "10", "--json", "--from", "2026-03-01")
    document = json.loads(run(*words, "--to", "2026-03-03", "--timezone", "America/Chicago"))
    assert (document["from"], document["to"]) == ("2026-03-01T06:00:00Z", "2026-03-03T06:00:00Z")
    assert [day["day"] for day in document["days"]] == ["2026-03-01", "2026-03-02"]


def test_days_groups_and_tables_print(twin: str, rows: str) -> None:
    days = run("--in", twin, "--interruptions", rows, "--daily", "--csv").splitlines()
    assert days[0] == "day,saidi_minutes,customer_minutes,interruptions,major_event_day"
    assert len(days) == 3
    table = run("--in", twin, "--interruptions", rows, "--by", "feeder", "--csv").splitlines()
    assert table[0].startswith("feeder,customers_served,events,interruptions,")
    assert [line.split(",")[0] for line in table[1:]] == ["system", "feeder-BKR1", "feeder-BKR2"]
    assert "Major event days" in run("--in", twin, "--interruptions", rows)


def test_a_given_threshold_makes_major_event_days(rows: str) -> None:
    words = ("--interruptions", rows, "--served", "10", "--t-med", "17.9", "--json")
    document = json.loads(run(*words))
    assert document["major_event_days"] == ["2026-03-01"]
    assert document["t_med_from"] == "given"
    assert document["system"]["without_major_event_days"]["saidi_minutes"] == 0


@pytest.mark.parametrize(
    ("words", "error", "reason"),
    [
        (("--served", "10", "--by", "feeder"), InputError, "one number of customers is the system"),
        (("--served", "10", "--by", "meter"), InputError, "not by 'meter'|one number"),
        (("--served", "10", "--timezone", "Texas"), InputError, "'Texas' is no time zone"),
        (("--served", "10", "--from", "March"), InputError, "'March' is no time"),
        (("--served", "10", "--from", "2026-03-02", "--to", "2026-03-01"), InputError, "later end"),
        (("--served", "10", "--from", "0003-01-01"), InputError, "from 1900 to 2200"),
        ((), InputError, "say how many customers are served"),
    ],
)
def test_what_cannot_be_answered_is_said_in_one_line(
    rows: str,
    words: tuple[str, ...],
    error: type[Exception],
    reason: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("GRIDTWIN_TWIN", raising=False)
    with pytest.raises(error, match=reason):
        run("--interruptions", rows, *words)


def test_served_and_a_twin_exclude_each_other(twin: str, rows: str) -> None:
    for words in (("--in", twin), ("--in", twin, "--interruptions", rows)):
        with pytest.raises(InputError, match="a twin tells its own customers"):
            run(*words, "--served", "10")


def test_meters_that_are_gone_since_count_for_the_system(twin: str) -> None:
    opened = gridtwin.open(twin)
    at = datetime(2026, 3, 1, 10, tzinfo=UTC)
    opened.outages.open("L1", at=at, id="O-1")
    opened.outages.restore("O-1", at=at + timedelta(hours=1))
    table = tabulate_interruptions(opened.store.outages)
    table["usage_point"] = table["usage_point"].replace("M4", "M-OLD")
    found = make_report(
        place_rows(table, opened.situation("normal"), strict=False),
        CustomersServed.from_situation(opened.situation("normal"), "feeder"),
        by="feeder",
    ).result
    assert found.system.interruptions[0] == 8
    assert found.groups.interruptions.sum() == 3


def test_an_unknown_meter_or_feeder_is_not_found(twin: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text(ROWS.replace("M3", "M33"))
    with pytest.raises(NotFoundError, match="no usage point is called 'M33'; did you mean M3"):
        run("--in", twin, "--interruptions", str(path))
    path.write_text("feeder,began_at,restored_at\nF9,2026-03-01T10:00:00Z,\n")
    with pytest.raises(NotFoundError, match="no feeder is called 'F9'"):
        run("--in", twin, "--interruptions", str(path), "--by", "feeder")


def test_the_sample_has_a_storm_day() -> None:
    sample = str(ROOT / "data/interruptions.csv")
    words = ("--interruptions", sample, "--served", "200", "--from", "2025-01-01")
    document = json.loads(run(*words, "--to", "2026-01-01", "--json"))
    assert document["major_event_days"] == ["2025-07-14"]
    system = document["system"]
    assert system["without_major_event_days"]["saifi"] < system["all_days"]["saifi"]
