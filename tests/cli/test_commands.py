"""The command line keeps its contract: exit codes, streams, documents."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

import gridtwin
from command_line import run_cli
from gridtwin.cli.root_commands import app
from networks import two_feeders_with_a_tie


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cli") / "small.twin"
    gridtwin.open(two_feeders_with_a_tie()).save(path)
    return path


def run_process(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command as a process of its own."""
    code = "from gridtwin.cli.entry import main; main()"
    command = [sys.executable, "-c", code, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_trace_prints_the_document(twin: Path) -> None:
    done = run_process("trace", "downstream", "L1", "--in", twin, "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["schema"] == "gridtwin.trace/1"
    assert [element["mrid"] for element in document["elements"]] == ["FUSE", "L2"]
    assert document["elements"][0] == {
        "mrid": "FUSE",
        "kind": "fuse",
        "class": "downstream",
        "phases": "A",
        "parent": "L1",
        "depth": 1,
    }
    assert document["usage_points"] == ["M3", "M4"]
    assert document["customers"] == 8


def test_environment_names_the_twin(twin: Path) -> None:
    done = run_cli("trace", "downstream", "BKR1", "--count", GRIDTWIN_TWIN=str(twin))
    assert done.stdout == "8\n"


def test_unknown_id_suggests_and_exits_3(twin: Path) -> None:
    done = run_process("trace", "downstream", "BKR3", "--in", twin)
    assert done.returncode == 3
    assert "did you mean BKR2, BKR1?" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_a_slip_of_the_pen_is_told_what_may_be_meant(twin: Path) -> None:
    done = run_cli("find", "fues", "--in", twin)
    assert done.returncode == 1
    assert "did you mean FUSE?" in done.stderr
    assert "did you mean" not in run_cli("find", "FUSE", "--in", twin).stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("trace", "sideways", "L1"), 2),
        (("trace", "downstream", "L1", "--phases", "Q"), 2),
        (("trace", "downstream", "L1", "--where", "kind ="), 2),
        (("trace", "downstream", "L1", "--state", "plan-z"), 3),
        (("trace", "path", "M3", "M5"), 1),
        (("explain", "M3"), 0),
        (("switch", "open", "L1"), 2),
        (("outage", "blast", "L1", "--scope", "all"), 2),
        (("outage", "storm", "no-such-file.geojson"), 2),
        (("intersect", "POLYGON ((0 0, 1 1, 0 1, 0 0))", "--by", "moon"), 2),
    ],
)
def test_exit_codes(twin: Path, words: tuple[str, ...], code: int) -> None:
    done = run_cli(*words, "--in", twin)
    assert done.returncode == code, done.stderr
    assert len(done.stderr.splitlines()) <= 1


def test_a_directory_that_is_no_twin_is_refused(tmp_path: Path) -> None:
    missing = run_cli("explain", "x", "--in", tmp_path / "none.twin")
    assert missing.returncode in {3, 4}
    foreign = tmp_path / "foreign.twin"
    foreign.mkdir()
    assert run_cli("explain", "x", "--in", foreign).returncode == 4


def test_switching_is_seen_by_the_next_process(tmp_path: Path) -> None:
    path = tmp_path / "switched.twin"
    gridtwin.open(two_feeders_with_a_tie()).save(path)
    assert run_process("switch", "open", "FUSE", "--in", path).returncode == 0
    explained = run_cli("explain", "M3", "--in", path)
    assert explained.returncode == 1
    assert explained.stdout == "M3 is out because FUSE is open.\n"
    assert run_cli("outage", "blast", "BKR1", "--in", path, "--json").stdout.count('"M3"') == 0
    normal = run_cli("outage", "blast", "BKR1", "--in", path, "--json", "--state", "normal")
    document = json.loads(normal.stdout)
    assert document["usage_points"] == ["M3", "M4"]
    assert document["area"]["type"] in {"Polygon", "MultiPolygon"}


def test_overlays_leave_the_current_state_alone(twin: Path) -> None:
    assert run_cli("state", "save", "plan", "BKR1=open", "TIE=closed", "--in", twin).returncode == 0
    assert run_cli("explain", "M4", "--state", "plan", "--in", twin).stdout.startswith(
        "M4 has supply"
    )
    listed = json.loads(run_cli("state", "list", "--in", twin, "--json").stdout)["states"]
    assert [state["name"] for state in listed] == ["normal", "current", "plan"]
    assert listed[1]["deviations"] == 0


def test_sweep_prints_a_line_for_each_element(twin: Path) -> None:
    lines = run_cli("outage", "sweep", "--in", twin, "--json").stdout.splitlines()
    found = {line["mrid"]: line for line in map(json.loads, lines)}
    assert found["BKR1"] == {"mrid": "BKR1", "customers": 8, "usage_points": 2}
    assert found["TIE"]["customers"] == 0
    assert len(found) == 6


def test_storm_and_intersect_read_a_polygon_from_standard_input(twin: Path) -> None:
    everything = json.dumps(
        {"type": "Polygon", "coordinates": [[[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]]]}
    )
    storm = run_cli("outage", "storm", "-", "--in", twin, "--json", stdin=everything)
    assert json.loads(storm.stdout)["customers"] == 15
    inside = run_cli("intersect", "-", "--in", twin, "--by", "feeder", "--csv", stdin=everything)
    assert inside.stdout.splitlines()[1].startswith("feeder-BKR1,2,8")


def test_a_heading_counts_what_is_inside_and_its_groups(twin: Path) -> None:
    done = run_cli("intersect", "[-1, -1, 1, 1]", "--in", twin, "--by", "feeder")
    assert done.stdout.startswith("usage_points inside: 3, feeders: 2")


def test_check_exits_0_when_nothing_is_wrong(twin: Path) -> None:
    done = run_cli("check", "--in", twin, "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["schema"] == "gridtwin.check/1"


def list_commands(group: Any, context: Any) -> Iterator[Any]:
    """Return the commands of a group and of the groups in it."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if hasattr(command, "list_commands"):
            yield from list_commands(command, context)
        else:
            yield command


def test_every_command_shows_an_example() -> None:
    root = typer.main.get_command(app)
    commands = list(list_commands(root, root.make_context("gridtwin", ["trace"])))
    assert len(commands) > 150
    without = [each.name for each in commands if "Example: gridtwin" not in (each.help or "")]
    assert without == []


def test_a_question_needs_no_other_command_and_no_library_of_what_runs_for_long(twin: Path) -> None:
    unused = "{'cachetools', 'prometheus_client', 'psycopg', 'psycopg_pool', 'pythonjsonlogger'}"
    code = (
        f"import sys; sys.argv = ['gridtwin', 'trace', 'upstream', 'L1', '--in', {str(twin)!r}]\n"
        "from gridtwin.cli.entry import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"assert not {unused} & set(sys.modules), {unused} & set(sys.modules)\n"
        "commands = {name for name in sys.modules if name.endswith('_commands')}\n"
        "assert commands == {'gridtwin.cli.root_commands', 'gridtwin.cli.trace_commands'}, commands"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, bool(done.stdout)) == (0, True), done.stderr


def test_help_starts_without_heavy_libraries() -> None:
    heavy = "{'numpy', 'pandas', 'scipy', 'geopandas', 'shapely', 'networkx'}"
    code = (
        "import sys; sys.argv = ['gridtwin', '--help']\n"
        "from gridtwin.cli.entry import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"assert not {heavy} & set(sys.modules), {heavy} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_is_said_wins_over_a_saved_spec(tmp_path: Path) -> None:
    path = tmp_path / "specs.twin"
    gridtwin.open(two_feeders_with_a_tie()).save(path)

    def traced(*words: str) -> list[str]:
        done = run_cli("trace", *words, "--in", path, "--csv")
        assert done.returncode == 0, done.stderr
        return sorted(line.split(",")[0] for line in done.stdout.splitlines()[1:])

    first = ("--nearest", "1", "--where", "kind == 'fuse'", "--islands", "--barrier", "L2")
    assert traced("downstream", "BKR1", *first, "--save-spec", "mine") == ["FUSE"]
    assert traced("mine", "BKR1") == ["FUSE"]
    everything = ("--nearest", "0", "--where", "", "--no-islands", "--barrier", "")
    assert traced("mine", "BKR1", *everything, "--save-spec", "all") == ["FUSE", "L1", "L2"]
    assert traced("all", "BKR1") == ["FUSE", "L1", "L2"]
    assert traced("all", "BKR1", "--max-depth", "1") == ["L1"]


def test_a_server_is_ready_without_the_libraries_of_frames(twin: Path) -> None:
    heavy = "{'pandas', 'geopandas', 'pyarrow', 'duckdb', 'lightgbm', 'pyogrio'}"
    code = (
        "import sys\n"
        "from starlette.testclient import TestClient\n"
        "from gridtwin.api.app import create_app\n"
        "from gridtwin.settings import ServeSettings\n"
        f"app = create_app(ServeSettings({str(twin)!r}))\n"
        "with TestClient(app, base_url='http://localhost') as client:\n"
        "    assert client.get('/ready').status_code == 200\n"
        f"assert not {heavy} & set(sys.modules), {heavy} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
