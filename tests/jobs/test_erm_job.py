"""The batch job estimates every open outage, writes it whole, and writes it once."""

from __future__ import annotations

import json
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

import gridtwin
from gridtwin.cli.root_commands import app
from gridtwin.erm.job import ErmJob
from gridtwin.erm.storms import StormScenario, forecast_storm
from gridtwin.erm.zones import promise_zones
from gridtwin.errors import NotFoundError, StaleTwinError, StoreError
from gridtwin.model.estimate import Zone
from gridtwin.store.postgis.lookups import LookUps
from networks import network
from postgres import Cluster, copy_of
from waiting import PATIENCE_S, started

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridtwin.model.network import Network
    from gridtwin.twin import Twin

NOW = datetime.now(UTC)
METERS = 600


def make_territory(home: str) -> Twin:
    """Make a small territory with four open outages of its larger fuses, and some past ones."""
    made = gridtwin.open(gridtwin.synthesize("houston", meters=METERS, seed=1)).save(home)
    fuses = made.sweep().query("kind == 'fuse'").sort_values(
        ["customers", "mrid"], ascending=[False, True]
    )  # fmt: skip
    for number, fuse in enumerate(fuses.mrid.tolist()[:4]):
        began = NOW - timedelta(hours=30)
        made.outages.open(fuse, at=began, first_seen_at=began, id=f"P-{number}")
        made.outages.restore(f"P-{number}", at=began + timedelta(hours=1 + number))
        began = NOW - timedelta(hours=1)
        made.outages.open(fuse, at=began, first_seen_at=began, id=f"O-{number}")
    return made


@pytest.fixture(scope="session")
def made_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory of the territory, to be copied."""
    folder = tmp_path_factory.mktemp("jobs") / "made.twin"
    make_territory(str(folder))
    return folder


@pytest.fixture(scope="session")
def made_database(postgres: Cluster, schema: str) -> Iterator[str]:
    """Return the address of a database with the territory, to be copied."""
    with copy_of(postgres, schema) as url:
        make_territory(url)
        yield url


@pytest.fixture
def in_folder(made_folder: Path, tmp_path: Path) -> str:
    """Return the directory of a territory of the test's own."""
    return str(shutil.copytree(made_folder, tmp_path / "small.twin"))


@pytest.fixture
def in_database(postgres: Cluster, made_database: str) -> Iterator[str]:
    """Return the address of a territory of the test's own."""
    with copy_of(postgres, made_database) as url:
        yield url


@pytest.fixture(params=["in_folder", "in_database"], ids=["local", "postgis"])
def home(request: pytest.FixtureRequest) -> str:
    """Return where a territory of the test's own is kept, in each kind of store."""
    return str(request.getfixturevalue(request.param))


@pytest.fixture
def twin(home: str) -> Twin:
    """Return a territory of the test's own, in each kind of store."""
    return gridtwin.open(home)


def estimates(twin: Twin) -> dict[str, object]:
    return {each.outage: each for each in twin.store.estimates.list_current()}


def test_every_outage_and_every_usage_point_in_it_has_an_estimate(twin: Twin) -> None:
    report = ErmJob(twin).run("R-1", at=NOW)
    assert report.written
    assert report.sources == {"model": 4}
    found = twin.store.estimates.list_current()
    assert [each.outage for each in found] == ["O-0", "O-1", "O-2", "O-3"]
    for each in found:
        times = [each.p10, each.p50, each.p80, each.p90, each.p95]
        assert all(at is not None and at > NOW for at in [*times, each.etr])
        assert times == sorted(times)  # type: ignore[type-var]
        assert each.issued_at == each.inputs_at == NOW
    out = twin.outages.members()
    points = twin.store.estimates.read_points()
    assert sorted(points.usage_point) == sorted(out.usage_point)
    assert report.run.usage_points == len(out)
    etr = {each.outage: each.etr.timestamp() for each in found if each.etr}
    assert [etr[name] for name in points.outage] == points.etr_s.tolist()
    assert len(twin.store.estimates.list_issued("O-0")) == 1


def test_a_run_of_one_id_is_written_once(twin: Twin) -> None:
    job = ErmJob(twin)
    first = job.run("R-1", at=NOW)
    again = job.run("R-1", at=NOW + timedelta(hours=2))
    assert (again.written, again.run) == (False, first.run)
    assert len(twin.store.estimates.list_issued("O-0")) == 1


def test_what_holds_is_not_published_again(twin: Twin) -> None:
    job = ErmJob(twin)
    job.run("R-1", at=NOW)
    before = twin.store.estimates.list_current()
    later = job.run("R-2", at=NOW + timedelta(minutes=2))
    assert (later.run.published, twin.store.estimates.list_current()) == (0, before)


def test_no_promise_of_the_past_ever_stands(twin: Twin) -> None:
    job = ErmJob(twin)
    for number, hours in enumerate((0, 1, 2, 4, 8, 16, 32, 64, 128, 256)):
        at = NOW + timedelta(hours=hours)
        job.run(f"R-{number}", at=at)
        for each in twin.store.estimates.list_current():
            assert each.etr is None or each.etr > at
            assert each.p50 is not None
            assert each.p50 > at


def test_people_go_before_storm_zones_and_those_before_the_model(twin: Twin) -> None:
    ends = [NOW + timedelta(hours=hours) for hours in (3, 5, 7)]
    twin.store.estimates.write_zones(
        [Zone("", NOW, NOW + timedelta(days=1), ends[2] - timedelta(hours=1), ends[2], ends[2])]
    )
    twin.outages.note("O-0", etr_manual=ends[0], etr_crew=ends[1])
    twin.outages.note("O-1", etr_crew=ends[1])
    ErmJob(twin).run("R-1", at=NOW)
    found = {each.outage: each for each in twin.store.estimates.list_current()}
    assert [found[f"O-{n}"].source for n in range(3)] == ["manual", "crew", "zone"]
    for outage, end in zip(("O-0", "O-1", "O-2"), ends, strict=True):
        promised = found[outage].etr
        assert promised is not None
        assert timedelta(0) <= promised - end < timedelta(minutes=30)  # rounded up


def test_a_storm_forecast_is_promised_to_its_zones(twin: Twin) -> None:
    twin.outages.note("O-3", etr_crew=NOW + timedelta(hours=2))
    damaged = [each.device for each in twin.outages.all()]
    found = forecast_storm(twin, StormScenario(damaged=tuple(damaged), draws=50))
    (zone,) = promise_zones(twin, found, "feeder", NOW, actor="ann")
    assert zone.zone == twin.network.feeders.mrid[0]
    assert twin.store.estimates.list_zones(NOW) == [zone]
    assert ErmJob(twin).run("R-1", at=NOW).sources == {"crew": 1, "zone": 3}
    assert twin.store.estimates.list_zones(zone.expires_at) == []


def test_who_comes_back_by_switching_is_promised_that_until_it_is_overdue(
    request: pytest.FixtureRequest,
) -> None:
    twin = gridtwin.open(two_feeders(customers=60)).save(str(request.getfixturevalue("database")))
    twin.outages.open("L1", at=NOW, first_seen_at=NOW, id="O-1")
    job = ErmJob(twin)
    job.run("R-1", at=NOW + timedelta(minutes=1))
    stages = {each.stage for each in twin.store.estimates.list_issued("O-1")}
    assert stages == {"repair", "manual"}
    points = twin.store.estimates.read_points("O-1")
    by_stage = dict(zip(points.usage_point, points.stage, strict=True))
    assert by_stage == {"M2": "repair", "M3": "manual"}
    (whole,) = twin.store.estimates.list_current()
    assert whole.etr is not None
    assert points.etr_s.tolist()[0] == whole.etr.timestamp() > points.etr_s.tolist()[1]
    job.run("R-2", at=NOW + timedelta(hours=3))
    assert set(twin.store.estimates.read_points("O-1").stage) == {"repair"}


def two_feeders(*, customers: int) -> Network:
    """
    Return two feeders that a tie joins behind the fault.

    ::

        S1 -BKR1- a -L1- b -SW- c -TIE- d -BKR2- S2
                         M2     M3
    """
    return network(
        """
        BKR1 breaker S1 a ABC
        L1 ac_line_segment a b ABC
        SW load_break_switch b c ABC
        TIE load_break_switch c d ABC ABC
        BKR2 breaker S2 d ABC
        """,
        meters=f"M2@b:ABC*{customers} M3@c:ABC*{customers}",
        sources="S1 S2",
        heads="BKR1 BKR2",
    )


def test_a_plan_is_made_for_an_outage_by_its_id() -> None:
    twin = gridtwin.open(two_feeders(customers=60))
    twin.outages.open("L1", id="O-1")
    plan = twin.restore("O-1")
    assert plan.steps() == twin.restore("L1").steps()
    with pytest.raises(NotFoundError, match="O-2"):
        twin.restore("O-2")


def test_who_joins_later_gets_the_estimate_and_who_is_back_loses_it(twin: Twin) -> None:
    job = ErmJob(twin)
    job.run("R-1", at=NOW)
    points = twin.outages.members("O-0").usage_point.tolist()
    twin.outages.restore("O-0", usage_points=points[:2])
    twin.outages.nest("O-0", usage_points=points[2:3], id="O-9")
    kept = twin.store.estimates.read_points()
    assert set(points[:3]).isdisjoint(kept.usage_point)
    job.run("R-2")
    kept = twin.store.estimates.read_points("O-9")
    assert kept.usage_point.tolist() == points[2:3]


def test_what_was_no_outage_teaches_nothing(twin: Twin) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    before = ErmJob(twin).run("R-1", at=later, dry_run=True).estimates
    out = set(twin.outages.members().usage_point)
    others = [mrid for mrid in twin.network.usage_points.mrid if mrid not in out]
    began = NOW - timedelta(hours=20)
    twin.outages.open(usage_points=others, at=began, first_seen_at=began, predicted=True, id="N")
    twin.outages.invalidate("N")
    assert ErmJob(twin).run("R-1", at=later, dry_run=True).estimates == before


def test_a_dry_run_writes_nothing(twin: Twin) -> None:
    report = ErmJob(twin).run("R-1", at=NOW, dry_run=True)
    assert (report.written, len(report.estimates)) == (False, 4)
    assert twin.store.estimates.read_run("R-1") is None
    assert twin.store.estimates.list_current() == []


def test_nothing_out_is_a_run_too() -> None:
    twin = gridtwin.open(gridtwin.synthesize("houston", meters=METERS, seed=1))
    report = ErmJob(twin).run("R-1")
    assert (report.written, report.run.outages, report.run.usage_points) == (True, 0, 0)


def test_a_meter_is_answered_by_one_look_up(in_database: str) -> None:
    twin = gridtwin.open(in_database)
    ErmJob(twin).run("R-1")
    point = str(twin.outages.members("O-0").usage_point[0])
    with LookUps(in_database) as found:
        estimate = found.estimate(point)
        assert estimate is not None
        assert estimate.outage == "O-0"
        assert estimate.etr is not None
        twin.outages.restore("O-0")
        assert found.estimate(point) is None


RUN = """
import sys
import gridtwin
from gridtwin.erm.job import ErmJob
job = ErmJob(gridtwin.open(sys.argv[1]))
print("ready", flush=True)
job.run(sys.argv[2])
"""


@pytest.mark.long
def test_a_killed_run_is_written_whole_or_not_at_all(home: str) -> None:
    twin = gridtwin.open(home)
    out, rng, written = len(twin.outages.members()), random.Random(3), 0
    for number in range(6):
        with started(
            [sys.executable, "-c", RUN, home, f"R-{number}"], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(rng.uniform(0, 0.6))
            process.send_signal(signal.SIGKILL)
        whole = twin.store.estimates.read_run(f"R-{number}") is not None
        written += whole
        if not written:
            assert twin.store.estimates.list_current() == []
            assert len(twin.store.estimates.read_points()) == 0
        else:
            assert len(twin.store.estimates.list_current()) == 4
            assert len(twin.store.estimates.read_points()) == out
    assert ErmJob(twin).run("R-last").written


def test_watching_goes_on_when_the_store_comes_back(
    twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, stop, calls = ErmJob(twin), threading.Event(), []
    real = job.run

    def run(name: str) -> object:
        calls.append(name)
        if len(calls) == 1:
            msg = "away"
            raise StoreError(msg)
        return real(f"R-{len(calls)}")

    monkeypatch.setattr(job, "run", run)
    monkeypatch.setattr(stop, "wait", lambda _: None)
    reports = job.watch(0.01, stop)
    assert next(reports).run.id == "R-2"
    stop.set()
    assert list(reports) == []


def test_watching_ends_when_the_network_was_replaced(in_database: str) -> None:
    job = ErmJob(gridtwin.open(in_database))
    assert len(job._twin.network.nodes)
    other = gridtwin.synthesize("houston", meters=METERS, seed=2)
    gridtwin.open(other).save(in_database, overwrite=True)
    with pytest.raises(StaleTwinError, match="open it again"):
        next(job.watch(1, threading.Event()))


def test_the_command_writes_logs_and_leaves_figures(in_folder: str, tmp_path: Path) -> None:
    figures = tmp_path / "erm.prom"
    words = [
        "erm",
        "run",
        "--in",
        in_folder,
        "--run-id",
        "R-1",
        "--metrics",
        str(figures),
        "--log-json",
    ]
    done = CliRunner().invoke(app, [*words, "--json"])
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert (document["run"], document["written"], document["outages"]) == ("R-1", True, 4)
    (line,) = done.stderr.splitlines()
    assert json.loads(line)["run"] == "R-1"
    names = {each.split()[0] for each in figures.read_text().splitlines() if each[0] != "#"}
    assert "gridtwin_erm_outages" in names
    shown = CliRunner().invoke(app, [*words[:4], "--dry-run"])
    assert "nothing written" in shown.stdout


def test_a_watching_command_stops_when_it_is_told(in_database: str) -> None:
    code = "from gridtwin.cli.entry import main; main()"
    words = ["erm", "run", "--in", in_database, "--watch", "0.5", "--json"]
    with started(
        [sys.executable, "-c", code, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["written"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
