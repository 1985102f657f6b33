"""Ask a twin, and the command line, what its meters measured."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import gridtwin
from ami_folder import NOON, street, write_readings
from gridtwin.cli.root_commands import app
from gridtwin.errors import InputError, NotFoundError
from gridtwin.twin import Twin

NOON_TEXT = "2026-07-01T12:00:00Z"
AT_NOON = [
    ("M1", NOON, 3.0, 119.0),
    ("M2", NOON, 4.125, 112.5),  # below Range A, within Range B
    ("M3", NOON, 6.0, 127.5),  # above Range B
    ("M4", NOON, 1.0, None),  # behind an open switch
    ("M9", NOON, 1.0, 120.0),  # of another network
]


@pytest.fixture
def twin(tmp_path: Path) -> Twin:
    twin = gridtwin.open(street()).save(tmp_path / "street.twin")
    write_readings(tmp_path / "street.twin/ami", AT_NOON)
    return twin


def test_load_of_transformers_stands_against_their_nameplates(twin: Twin) -> None:
    found = twin.ami.load(power_factor=0.95)
    frame = found.frame().set_index("mrid")
    assert frame.loc["T1", "kwh"] == 7.125
    assert frame.loc["T1", "kw"] == 28.5, "7.125 kWh in a quarter of an hour"
    assert frame.loc["T1", "kva"] == pytest.approx(30.0)
    assert frame.loc["T1", "loading_pct"] == pytest.approx(120.0), "30 kVA of 25 kVA"
    assert frame.loc["T2", "loading_pct"] == pytest.approx(24 / 0.95 / 50 * 100)
    assert frame.index.tolist() == ["T1", "T2"], "the most loaded first"
    facts = found.list_facts()
    assert (facts["read"], facts["unfed"], facts["strangers"]) == (4, 1, 1)
    assert facts["over_100_pct"] == 1


def test_load_of_a_line_stands_against_its_most_loaded_phase(twin: Twin) -> None:
    """Phase A carries M1, M2 and a third of M3 behind its delta: 28.5 + 8 kW; the others 8."""
    found = twin.ami.load(level="section", power_factor=1.0)
    assert found.loading.phase_kw.tolist() == [[36.5, 8.0, 8.0]]
    amperes = 36.5e3 / (12_470 / 3**0.5)
    assert found.loading.loading_pct[0] == pytest.approx(100 * amperes / 10.0)
    mean = 52.5 / 3
    assert found.loading.imbalance_pct[0] == pytest.approx(100 * (36.5 - mean) / mean)


def test_load_of_a_feeder_and_of_switches(twin: Twin) -> None:
    feeders = twin.ami.load(level="feeder").frame()
    assert feeders.mrid.tolist() == ["F"]
    assert feeders.kwh.tolist() == [13.125]
    switches = twin.ami.load(level="switch").frame().set_index("mrid")
    assert switches.loc["SW", "standing"] == "dark"
    twin.switch("SW", open=False)
    asked = {"level": "switch", "state": "current"}
    switches = twin.ami.load(**asked).frame().set_index("mrid")
    assert switches.loc["SW", "kwh"] == 1.0
    assert switches.loc["B", "kwh"] == 14.125


def test_switches_stand_as_they_stood_when_the_interval_ended(twin: Twin, tmp_path: Path) -> None:
    later = [("M4", NOON + 900, 1.0, 120.0)]
    write_readings(tmp_path / "street.twin/ami", later, name="part-1")
    twin.store.states.operate("SW", "", at=datetime(2026, 7, 1, 12, 10, tzinfo=UTC))
    before, after = (twin.ami.load(at, level="switch") for at in (NOON_TEXT, None))
    assert before.frame().set_index("mrid").loc["SW", "standing"] == "dark"
    assert after.frame().set_index("mrid").loc["SW", "kwh"] == 1.0
    assert (before.situation.version, after.situation.version) == (0, 1)


def test_voltages_outside_range_a_are_found_with_what_feeds_them(twin: Twin) -> None:
    found = twin.ami.voltage()
    assert found.counts() == {
        "not_given": 1, "within_a": 1, "below_a": 1, "above_a": 0, "below_b": 0, "above_b": 1,
    }  # fmt: skip
    frame = found.frame()
    assert frame.mrid.tolist() == ["M2", "M3"], "both 7.5 V off: by name"
    assert frame.transformer.tolist() == ["T1", "T2"]
    assert frame.feeder.tolist() == ["F", "F"]
    by_feeder = found.by_feeder()
    assert by_feeder[["v_min", "v_max", "below_a", "above_b"]].values.tolist() == [
        [112.5, 127.5, 1, 1]
    ]


@pytest.mark.parametrize("duckdb", [True, False])
def test_a_meter_is_followed_through_time(
    twin: Twin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, duckdb: bool
) -> None:
    if not duckdb:
        monkeypatch.setattr("gridtwin.store.parquet_readings.find_spec", lambda _name: None)
    later = [("M1", NOON + 900 * step, 0.5 * step, 120.0) for step in (1, 2)]
    write_readings(tmp_path / "street.twin/ami", later, name="part-1")
    frame = twin.ami.meter("M1")
    assert frame.kwh.tolist() == [3.0, 0.5, 1.0]
    assert frame.kw.tolist() == [12.0, 2.0, 4.0]
    assert str(frame["at"][0]) == "2026-07-01 12:00:00+00:00"
    some = twin.ami.meter("M1", "2026-07-01T12:00:00Z", "2026-07-01T12:15:00Z")
    assert some.kwh.tolist() == [0.5], "intervals that end after the first moment, up to the last"


def test_a_moment_means_the_last_interval_that_ended(twin: Twin) -> None:
    assert twin.ami.load("2026-07-01T12:14:59Z").load.kwh.sum() == 13.125
    with pytest.raises(NotFoundError, match="2026-07-01T12:15"):
        twin.ami.load("2026-07-01T12:15:00Z")


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        (lambda ami: ami.load("2026-07-01 12:00"), "time zone"),
        (lambda ami: ami.load("noon"), "is no time"),
        (lambda ami: ami.load(power_factor=1.2), "power factor"),
        (lambda ami: ami.load(level="town"), "no level"),
        (lambda ami: ami.device("L"), "no transformer"),
        (lambda ami: ami.meter("M1", "2026-07-02T00:00Z", "2026-07-01T00:00Z"), "before it begins"),
    ],
)
def test_what_cannot_be_asked_is_said(twin: Twin, question, reason: str) -> None:  # noqa: ANN001
    with pytest.raises(InputError, match=reason):
        question(twin.ami)


def test_a_twin_without_readings_says_so() -> None:
    twin = gridtwin.open(street())
    assert twin.ami.latest() is None
    with pytest.raises(NotFoundError):
        twin.ami.load()
    with pytest.raises(NotFoundError, match="no usage point"):
        twin.ami.meter("M7")


def test_readings_of_any_folder_are_read(tmp_path: Path) -> None:
    folder = write_readings(tmp_path / "batch", AT_NOON)
    ami = gridtwin.open(street()).ami.of_folder(folder)
    assert ami.load().load.kwh.tolist() == [7.125, 6.0]
    with pytest.raises(NotFoundError):
        ami.of_folder(tmp_path)


def test_ids_of_any_alphabet_are_read(tmp_path: Path) -> None:
    folder = write_readings(tmp_path, [("M1", NOON, 1.0, 120.0), ("Zähler-9", NOON, 1.0, 120.0)])
    found = gridtwin.open(street()).ami.of_folder(folder).load()
    assert (found.read, found.strangers) == (1, 1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("load",), "1 of 2 above their rating"),
        (("load", "--by", "feeder"), "1 usage points took energy that have no supply"),
        (("voltage",), "1 within Range A"),
        (("voltage", "--by", "feeder"), "1 within Range B only"),
    ],
)
@pytest.mark.usefixtures("twin")
def test_commands_print_data_on_one_stream_and_words_on_the_other(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    where = ("--in", str(tmp_path / "street.twin"))
    done = CliRunner().invoke(app, ["ami", *words, *where, "--csv"])
    assert done.exit_code == 0, done.output
    assert said in done.stderr
    assert said not in done.stdout
    top = CliRunner().invoke(app, ["ami", *words, *where, "--csv", "--top", "1"])
    assert top.stdout.splitlines() == done.stdout.splitlines()[:2]


@pytest.mark.usefixtures("twin")
def test_the_document_of_a_load_holds_what_the_table_holds(tmp_path: Path) -> None:
    words = ["ami", "load", "--in", str(tmp_path / "street.twin"), "--json"]
    document = json.loads(CliRunner().invoke(app, words).stdout)
    assert document["at"] == "2026-07-01T12:00:00+00:00"
    assert [row["mrid"] for row in document["loads"]] == ["T1", "T2"]
    assert np.isclose(document["loads"][0]["loading_pct"], 120.0)
