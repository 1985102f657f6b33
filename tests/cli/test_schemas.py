"""Every document there is has a published schema, generated from its shape, and fits it."""

from __future__ import annotations

import io
import json
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

import gridtwin
from ami_folder import NOON, street, write_readings
from asked_twin import CALLS, list_calls, save_asked_twin
from document_schemas import SCHEMAS, hold_to_schema, schema_of
from gridtwin.cli.root_commands import app
from gridtwin.manuals.manual_feedback import vote_page
from gridtwin.model.schema import SCHEMA
from gridtwin.publish.webhooks.webhook_text import make_test_delivery
from gridtwin.results.analytics_answers import pull_document
from gridtwin.results.documents.document_catalog import SHAPES
from gridtwin.results.documents.document_tags import DocumentTag as Tag
from gridtwin.tools.shared_twin import SharedTwin
from gridtwin.twin import Twin
from mapped_sources import COLUMNS
from mapped_sources import read_street as read_mapped_street
from networks import feeder_in_three_sections, two_feeders_with_a_tie
from outage_histories import write_made
from pulled_scores import pull_scores
from small_customers import save_customers
from small_manuals import save_small_library

AROUND = "POLYGON ((-180 -90, 180 -90, 180 90, -180 90, -180 -90))"
EVENTS = """mrid,kind,at
M3,last_gasp,2026-11-25T08:00:00Z
M3,call,2026-11-25T08:05:00Z
M4,last_gasp,2026-11-25T08:00:00Z
M4,power_restored,2026-11-25T08:01:00Z
M9,last_gasp,2026-11-25T08:00:00Z
"""
LIVE = """{"event_id":"1","event_time":"2026-11-25T08:00:00Z","kind":"switch_operation",\
"equipment_id":"BKR1","open_phases":"ABC"}
{"event_id":"2","event_time":"2026-11-25T08:00:02Z","kind":"last_gasp","meter_id":"M5"}
{"event_id":"3"}
"""
METERED = """{"meter_id":"M3","reading_time":"2026-07-01T00:15:00Z","kwh":1.5,"quality":"ok"}
{"meter_id":"NO","reading_time":"2026-07-01T00:15:00Z","kwh":1.0,"quality":"ok"}
{
"""
SIMULATED = ("--from", "2026-07-01", "--to", "2026-07-01T00:30:00Z", "--sink")
TO = ("--to", "2026-07-02T00:00:00Z")
Make = Callable[[pytest.FixtureRequest], str]  # a fixture's request -> JSON documents, by line


def ask(*words: str, may_say_no: bool = False) -> str:
    """Return what a command prints."""
    done = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert done.exit_code in ({0, 1} if may_say_no else {0}), done.output
    return done.stdout


def of_feeders(*words: str) -> Make:
    """Ask a twin of two feeders with an outage; words in capitals are files."""

    def make(request: pytest.FixtureRequest) -> str:
        folder: Path = request.getfixturevalue("tmp_path")
        twin: Twin = request.getfixturevalue("two_feeders")
        path = twin.store.path
        twin.outages.open("BKR2", id="O-1", cause="tree")
        files = {"EVENTS": EVENTS, "LIVE": LIVE, "METERED": METERED}
        for name, text in files.items():
            (folder / name).with_suffix(".csv" if name == "EVENTS" else ".jsonl").write_text(text)
        kept = {name: str(next(folder.glob(f"{name}.*"))) for name in files}
        asked = [kept.get(word, word).replace("OUT", str(folder / "out")) for word in words]
        return ask(*asked, "--in", str(path), "--json")

    return make


def of_webhooks(*words: str) -> Make:
    """Ask for the webhooks of a twin, one of whose receivers wants none any more."""

    def make(request: pytest.FixtureRequest) -> str:
        twin: Twin = request.getfixturevalue("two_feeders")
        path = twin.store.path
        request.getfixturevalue("monkeypatch").setenv("GRIDTWIN_WEBHOOK_KEY", "k" * 32)
        ask("webhooks", "add", "https://hooks.example.com/", "--in", str(path))
        book = twin.store.webhooks
        book.note_events([make_test_delivery(book.list_subscriptions()[0].id, 0.0)], {})
        (made,) = book.list_due(0.0, 1)
        book.mark_failed(made, "HTTP 410", now_s=1.0, due_s=2.0, dead=True, rest=False)
        return ask("webhooks", *words, "--in", str(path), "--json")

    return make


def of_feeds(*words: str) -> Make:
    """Ask a twin of two feeders that took the feeds that come with the project."""

    def make(request: pytest.FixtureRequest) -> str:
        folder: Path = request.getfixturevalue("tmp_path")
        path = request.getfixturevalue("two_feeders").store.path
        data = Path(__file__).parents[2] / "data" / "feeds"
        run = ("feeds", "run", "--source", f"file:{folder}", "--map", str(data / "feeds.toml"))
        if words == ("run",):
            (folder / "crews.jsonl").write_bytes((data / "crews.jsonl").read_bytes())
            return ask(*run, "--in", str(path), "--until-end", "--json")
        if words == ("check",):
            return ask("feeds", "check", "--map", str(data / "feeds.toml"), "--json")
        for name in ("scada.jsonl", "crews.jsonl"):
            (folder / name).write_text((data / name).read_text() + "{}\n")
        ask(*run, "--in", str(path), "--until-end")
        return ask("feeds", *words, "--in", str(path), "--json", may_say_no=True)

    return make


def of_a_fault(fault: str) -> Make:
    """Plan the restoration of a feeder of three sections."""

    def make(request: pytest.FixtureRequest) -> str:
        path = request.getfixturevalue("tmp_path") / "small.twin"
        gridtwin.open(feeder_in_three_sections()).save(path)
        return ask("restore", "plan", fault, "--in", str(path), "--json", may_say_no=True)

    return make


def of_readings(*words: str) -> Make:
    """Ask a twin of a street with readings of two meters."""

    def make(request: pytest.FixtureRequest) -> str:
        path = request.getfixturevalue("tmp_path") / "street.twin"
        gridtwin.open(street()).save(path)
        write_readings(path / "ami", [("M1", NOON, 1.5, 112.0), ("M2", NOON, None, 128.0)])
        return ask("ami", *words, "--in", str(path), "--json")

    return make


def dead_letters(request: pytest.FixtureRequest) -> str:
    """List what could not be used of a file of readings."""
    of_feeders("stream", "run", "--source", "METERED")(request)
    twin = str(request.getfixturevalue("two_feeders").store.path)
    return ask("stream", "dead-letters", "list", "--in", twin, "--json")


def backtest(request: pytest.FixtureRequest) -> str:
    """Backtest estimates on a history that was made."""
    folder = write_made(request.getfixturevalue("tmp_path"), outages=400, days=30)
    return ask("erm", "backtest", "--history", str(folder), "--json")


def sync(request: pytest.FixtureRequest) -> str:
    """Mirror a twin in a database, and verify the mirror."""
    path, url = request.getfixturevalue("tmp_path"), request.getfixturevalue("database")
    twin = str(path / "small.twin")
    gridtwin.open(two_feeders_with_a_tie()).save(twin)
    return ask("sync", twin, url, "--json") + ask("sync", twin, url, "--verify", "--json")


def odin(request: pytest.FixtureRequest) -> str:
    """Publish an outage of a sample."""
    path = request.getfixturevalue("tmp_path") / "sample.twin"
    twin = gridtwin.open(gridtwin.read(SCHEMAS.parents[1] / "data/sample")).save(path)
    sweep = twin.sweep().sort_values(["usage_points", "mrid"])
    twin.outages.open(sweep.mrid.iloc[-1], cause="tree on the line", crew_status="on site")
    return ask("publish", "odin", "--in", str(path), "--format", "json")


def outage_map(request: pytest.FixtureRequest) -> str:
    """Tell the public of an outage of a sample."""
    odin(request)
    path = request.getfixturevalue("tmp_path")
    words = (str(path / "public"), "--in", str(path / "sample.twin"), "--json")
    return ask("publish", "outage-map", *words)


def map_check(request: pytest.FixtureRequest) -> str:
    """Check a mapping that knows one of two codes."""
    folder = request.getfixturevalue("tmp_path")
    read_mapped_street(folder, None, COLUMNS.replace(', 2 = "power_transformer"', ""))
    mapping = str(folder / "utility.toml")
    words = (str(folder / "utility.gpkg"), "--map", mapping, "--json")
    return ask("map", "check", *words, may_say_no=True)


def map_init(request: pytest.FixtureRequest) -> str:
    """Draft the mapping of a street whose devices no domain tells."""
    folder = request.getfixturevalue("tmp_path")
    read_mapped_street(folder, None, COLUMNS)
    return ask("map", "init", str(folder / "utility.gpkg"), "--json")


def load_again(request: pytest.FixtureRequest) -> str:
    """Load a sample again, first to look, and list its loads."""
    twin = str(request.getfixturevalue("tmp_path") / "sample.twin")
    sample = str(SCHEMAS.parents[1] / "data/sample")
    ask("load", sample, "--into", twin)
    words = ("load", sample, "--into", twin, "--again", "--json")
    return ask(*words, "--dry-run") + ask(*words)


def loads(request: pytest.FixtureRequest) -> str:
    """List the loads of a sample."""
    load_again(request)
    twin = str(request.getfixturevalue("tmp_path") / "sample.twin")
    return ask("loads", "--in", twin, "--json")


def what_if(request: pytest.FixtureRequest) -> str:  # noqa: ARG001 - as the others
    """Look at what opening a breaker would change."""
    twin = gridtwin.open(two_feeders_with_a_tie())
    return json.dumps(twin.what_if({"BKR1": True}).document())


@pytest.fixture(scope="module")
def tool_answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Ask what only tools for agents answer with, by the tag of the document."""
    twin = save_asked_twin(tmp_path_factory.mktemp("tools") / "asked.twin")
    shared = SharedTwin(twin)
    answers = [CALLS[name](shared, **given)["document"] for name, given in list_calls(twin)]
    return {each["schema"]: json.dumps(each) for each in answers}


def of_tool(tag: Tag) -> tuple[Tag, Make]:
    """Return the case of a document that a tool answers with."""
    return tag, lambda request: str(request.getfixturevalue("tool_answers")[tag])


def vegetation(request: pytest.FixtureRequest) -> str:
    """Rank spans, sections and feeders for trimming; of some trees only the place is known."""
    path = str(request.getfixturevalue("tmp_path") / "small.twin")
    twin = gridtwin.open(two_feeders_with_a_tie()).save(path)
    trees = gridtwin.synthesize_vegetation(twin.store.network, areas=9)
    twin.load_vegetation(trees, name="known")
    twin.load_vegetation(trees[["geometry"]], name="drawn")
    asked = (("vegetation", "rank", "--by", by) for by in ("span", "section", "feeder"))
    return "".join(ask(*words, "--in", path, "--json") for words in asked)


def of_customers(*words: str) -> Make:
    """Return how a command of customers is asked."""

    def make(request: pytest.FixtureRequest) -> str:
        target = request.getfixturevalue("tmp_path") / "customers.twin"
        save_customers(target)
        return ask("customers", *words, "--json", "--in", str(target))

    return make


def pull_report(request: pytest.FixtureRequest) -> str:  # noqa: ARG001 - as the others
    """Pull a score that both sides change."""
    outcomes = pull_scores(gridtwin.open(two_feeders_with_a_tie()))
    return json.dumps(pull_document(outcomes))


def of_pulled(*words: str) -> Make:
    """Ask a twin into which scores were pulled."""

    def make(request: pytest.FixtureRequest) -> str:
        twin: Twin = request.getfixturevalue("two_feeders")
        pull_scores(twin)
        return ask(*words, "--in", str(twin.store.path), "--json", may_say_no=True)

    return make


def of_manuals(*words: str) -> Make:
    """Ask the manuals that lie beside a twin whose breaker they concern; DOC is one of them."""

    def make(request: pytest.FixtureRequest) -> str:
        path: Path = request.getfixturevalue("tmp_path") / "small.twin"
        network = two_feeders_with_a_tie()
        frames = {name: getattr(network, name) for name in SCHEMA}
        asset = {"manufacturer": "Norwell Electric", "model": "VX-15"}
        frames["equipment"] = frames["equipment"].assign(**asset)
        gridtwin.open(gridtwin.Network.from_frames(**frames, crs=network.crs)).save(path)
        library = save_small_library(path.with_suffix(".manuals"))
        document = library.list_documents()[0].document
        vote_page(library, document, 1, helpful=True)
        asked = [word.replace("DOC", document) for word in words]
        return ask("manuals", *asked, "--in", str(path), "--json", may_say_no=True)

    return make


def add_manuals(request: pytest.FixtureRequest) -> str:
    """Take a manual and a file that is none into a library."""
    folder: Path = request.getfixturevalue("tmp_path") / "files"
    folder.mkdir()
    (folder / "a.txt").write_text("Torque the bolt to 55 Nm.")
    (folder / "b.pdf").write_text("no PDF")
    words = ("manuals", "add", str(folder), "--library", str(folder.with_name("held")), "--json")
    return ask(*words, may_say_no=True)


CASES: list[tuple[Tag, Make]] = [
    (Tag.MANUALS, of_manuals("list", "--of", "BKR1")),
    (Tag.MANUALS, of_manuals("show", "DOC")),
    (Tag.MANUAL_INGEST, add_manuals),
    (Tag.MANUAL_LINKS, of_manuals("links")),
    (Tag.MANUAL_REPORT, of_manuals("report")),
    (Tag.MANUAL_SEARCH, of_manuals("search", "torque of the bushing", "--of", "BKR1")),
    (Tag.MANUAL_SEARCH, of_manuals("search", "recipe for pie")),
    (Tag.VEGETATION, vegetation),
    (Tag.TRACE, of_feeders("trace", "downstream", "L1")),
    (Tag.TRACE, of_feeders("trace", "isolation", "L1")),
    (Tag.TRACE, of_feeders("trace", "feeder", "feeder-BKR1")),
    (Tag.BLAST, of_feeders("outage", "blast", "L1", "--scope", "trip")),
    (Tag.BLAST, of_feeders("outage", "blast", "TIE")),
    (Tag.BLAST, of_feeders("outage", "storm", AROUND)),
    (Tag.EXPLAIN, of_feeders("explain", "M3")),
    (Tag.SCHEMATIC, of_feeders("schematic", "feeder-BKR1")),
    (Tag.FIND, of_feeders("find", "m")),
    (Tag.CHECK, of_feeders("check")),
    (Tag.AUDIT, of_feeders("audit", "export")),
    (Tag.TOKENS, of_feeders("token", "list")),
    (Tag.WEBHOOKS, of_webhooks("list")),
    (Tag.WEBHOOK_LETTERS, of_webhooks("letters")),
    (Tag.SWEEP, of_feeders("outage", "sweep")),
    (Tag.INFERENCE, of_feeders("outage", "infer", "EVENTS")),
    (Tag.STORM, of_feeders("erm", "storm", "--damaged", "L1", "--draws", "20")),
    (Tag.STORM, of_feeders("erm", "storm", "--damaged", "L2", "--zone", "feeder", "--until", "8")),
    (Tag.SWITCH, of_feeders("switch", "open", "TIE")),
    (Tag.SWITCH, of_feeders("switch", "close", "TIE", "--phases", "A")),
    (Tag.OPERATION_PREVIEW, of_feeders("switch", "open", "BKR1", "--preview")),
    (Tag.TAGS, of_feeders("tag", "list")),
    (Tag.ORDERS, of_feeders("order", "list")),
    (Tag.CREWS, of_feeders("crew", "list")),
    (Tag.STATES, of_feeders("state", "list")),
    (Tag.OUTAGES, of_feeders("outage", "open", "L1")),
    (Tag.OUTAGES, of_feeders("outage", "list")),
    (Tag.PLANNED_OUTAGES, of_feeders("outage", "planned", "list")),
    (Tag.OUTAGE, of_feeders("outage", "show", "O-1")),
    (Tag.INDICES, of_feeders("outage", "indices", "--from", "2026-01-01", "--to", "2026-02-01")),
    (Tag.ERM_RUN, of_feeders("erm", "run")),
    (Tag.TILES, of_feeders("tiles", "build")),
    (Tag.SIMULATED, of_feeders("stream", "simulate", *SIMULATED, "jsonl:OUT", "--storm", "1")),
    (Tag.SIMULATED, of_feeders("stream", "simulate", *SIMULATED, "parquet:OUT")),
    (Tag.LIVE, of_feeders("stream", "operate", "--from", "LIVE", "--no-estimates")),
    (Tag.REPLAY, of_feeders("stream", "replay", "--to", "2026-11-25T08:00:01Z")),
    (Tag.REPLAY, of_feeders("stream", "replay", "--to", "2026-11-25T08:00:01Z", "--from", "LIVE")),
    (Tag.INTERSECT, of_feeders("intersect", AROUND)),
    (Tag.INTERSECT, of_feeders("intersect", AROUND, "--by", "feeder")),
    (Tag.STREAM_RUN, of_feeders("stream", "run", "--source", "METERED")),
    (Tag.DEAD_LETTERS, dead_letters),
    (Tag.FEED_RUN, of_feeds("run")),
    (Tag.FEED_MAP, of_feeds("check")),
    (Tag.FEED_STATUS, of_feeds("status")),
    (Tag.FEED_LETTERS, of_feeds("letters")),
    (Tag.MEASUREMENTS, of_feeds("values")),
    *((Tag.PLAN, of_a_fault(each)) for each in ("L1", "L2", "L3", "Ma", "feeder-B2", "source-S")),
    (Tag.AMI_LOAD, of_readings("load")),
    (Tag.AMI_LOAD, of_readings("load", "--by", "section", "--top", "1")),
    (Tag.AMI_VOLTAGE, of_readings("voltage")),
    (Tag.AMI_SERIES, of_readings("meter", "M1")),
    (Tag.AMI_SERIES, of_readings("device", "T1")),
    (Tag.AMI_ROLL_UP, of_readings("roll-up")),
    (Tag.AMI_HISTORY, of_readings("ask", "voltages", *TO)),
    (Tag.ERM_BACKTEST, backtest),
    (Tag.SYNC, sync),
    (Tag.ODIN, odin),
    (Tag.OUTAGE_MAP, outage_map),
    (Tag.WHAT_IF, what_if),
    (Tag.MAP_CHECK, map_check),
    (Tag.MAP_INIT, map_init),
    (Tag.LOAD_AGAIN, load_again),
    (Tag.LOADS, loads),
    *map(
        of_tool,
        (
            Tag.CRITICAL,
            Tag.ELEMENT,
            Tag.ESTIMATE,
            Tag.INSIDE,
            Tag.MOMENTS,
            Tag.OUTAGE_BOARD,
            Tag.OUTAGE_REPORT,
            Tag.OVERVIEW,
            Tag.PRIORITY_SITES,
            Tag.ASK,
        ),
    ),
    (Tag.ADDRESSES, of_customers("address", "12 oak", "--personal")),
    (Tag.CUSTOMERS, of_customers("search", "winward", "--by", "name", "--personal")),
    (Tag.CUSTOMER_CARD, of_customers("card", "A1")),
    (Tag.CUSTOMER_MATCH, of_customers("match", "--keep-model")),
    (Tag.CUSTOMER_REVIEW, of_customers("explain", "cis:1", "--personal")),
    (Tag.CARE_CALLS, of_customers("calls")),
    (Tag.VOLTAGE_COMPLAINTS, of_customers("complaints")),
    (Tag.PARTY_INDICES, of_customers("indices")),
    (Tag.PULL, pull_report),
    (Tag.CONFLICTS, of_pulled("pull", "conflicts")),
    (Tag.SCORES, of_pulled("scores", "L1")),
]


@pytest.mark.parametrize(("tag", "make"), CASES, ids=[tag.file_stem for tag, _ in CASES])
def test_documents_fit_their_schema(tag: Tag, make: Make, request: pytest.FixtureRequest) -> None:
    lines = make(request).splitlines()
    assert lines
    for line in lines:
        hold_to_schema(json.loads(line), tag)


def test_every_document_is_produced_and_held_to_its_schema() -> None:
    assert {tag for tag, _ in CASES} == set(Tag)


def test_every_shape_is_that_of_its_tag() -> None:
    assert set(SHAPES) == set(Tag)
    for tag, shape in SHAPES.items():
        for each in get_args(shape) or (shape,):
            said = get_type_hints(each).get("schema")
            assert get_args(said) == (tag,) or tag is Tag.SWEEP


@pytest.mark.parametrize("tag", Tag)
def test_a_schema_is_one_and_says_what_its_document_is(tag: Tag) -> None:
    schema = schema_of(tag)
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == tag.file_stem
    assert schema["title"]
    assert all(each["additionalProperties"] is False for each in objects_of(schema))


def objects_of(schema: Any) -> list[dict[str, Any]]:
    """Return the parts of a schema that are objects with fields."""
    if isinstance(schema, list):
        return [found for each in schema for found in objects_of(each)]
    if not isinstance(schema, dict):
        return []
    inner = [found for each in schema.values() for found in objects_of(each)]
    return [schema, *inner] if isinstance(schema.get("properties"), dict) else inner


def test_the_schemas_are_those_that_the_shapes_generate(tmp_path: Path) -> None:
    folder = tmp_path / "schemas"
    shutil.copytree(SCHEMAS, folder)
    shutil.copy(SCHEMAS.parent / "documents.md", tmp_path)

    main = runpy.run_path(str(folder / "generate.py"))["main"]

    def generate(*words: str) -> tuple[int, str]:
        with redirect_stdout(io.StringIO()) as told:
            return main(list(words)), told.getvalue()

    command = [sys.executable, str(folder / "generate.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), "run make schemas"
    file = folder / "trace-1.schema.json"
    file.write_text(file.read_text().replace("gridtwin.trace/1", "gridtwin.trace/2"))
    (folder / "gone-1.schema.json").write_text("{}\n")
    code, told = generate("--check")
    assert code == 1
    assert '-      "const": "gridtwin.trace/2"' in told
    assert "gone-1" in told
    assert generate() == (0, "")
    assert generate("--check") == (0, "")


def test_the_sample_loads() -> None:
    twin = gridtwin.open(gridtwin.read(SCHEMAS.parents[1] / "data/sample"))
    assert twin.sweep().customers.max() > 100


def test_a_question_imports_neither_pydantic_nor_a_shape(tmp_path: Path) -> None:
    path = str(tmp_path / "small.twin")
    gridtwin.open(two_feeders_with_a_tie()).save(path)
    code = (
        "import json, sys, gridtwin\n"
        f"print(json.dumps(gridtwin.open({path!r}).trace('feeder', 'L1').document()))\n"
        "loaded = {name for name in sys.modules if 'results.documents.' in name}\n"
        "assert loaded == {'gridtwin.results.documents.document_tags'}, loaded\n"
        "assert not {'pydantic', 'typing_extensions'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    hold_to_schema(json.loads(done.stdout), Tag.TRACE)
