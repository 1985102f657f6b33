"""Feeds from a folder into a twin, by the command line; what SCADA says, and how far it counts."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from command_line import run_cli
from gridtwin.live.feed_following import FeedFollower, follow_feeds
from gridtwin.model.feed_tables import FEED_TABLES
from gridtwin.model.live import LiveEvent
from gridtwin.stream.contracts import TOPICS, read_json_schema
from gridtwin.stream.feeds.feed_map_file import read_feed_map
from gridtwin.stream.feeds.feed_schemas import write_feed_schema
from gridtwin.stream.feeds.folder_source import FolderSource
from gridtwin.stream.feeds.source_change import FeedMessage
from gridtwin.stream.feeds.topic_source import Arrived
from gridtwin.twin import Twin, open_twin
from gridtwin.twin.measurement_questions import MeasurementQuestions

SCADA = """
[scada]
files = "scada*.jsonl"
format = "flat"
target = "measurements"
key = ["point"]
order = ["time"]
[scada.columns]
element = "device"
kind = { field = "type", values = { ST = "switch_status", I = "current_a" } }
phases = "pole"
open_phases = { field = "state", values = { "0" = "", "1" = "all" } }
value = "value"
quality = { field = "q", values = { VALID = "good", HELD = "stale" }, other = "suspect" }
at = "time"
stale_after_s = "lasts"
point = "point"
"""
ROOT = Path(__file__).parents[2]
NOON = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)


def status(
    point: str, device: str, state: int | None, minute: int = 0, **more: Any
) -> dict[str, Any]:
    at = (NOON + timedelta(minutes=minute)).isoformat()
    said = {"point": point, "device": device, "type": "ST", "state": state, "q": "VALID"}
    return {**said, "time": at, **more}


class Control:
    """A twin and the folder that its feeds read."""

    def __init__(self, twin: Twin, folder: Path, text: str = SCADA) -> None:
        self.twin, self.folder = twin, folder
        folder.mkdir(exist_ok=True)
        (folder.parent / "feeds.toml").write_text(text)
        self._count = 0

    def tell(self, *said: dict[str, Any]) -> None:
        """Put lines into a file of their own, and take them."""
        self._count += 1
        lines = "".join(f"{json.dumps(each)}\n" for each in said)
        (self.folder / f"scada{self._count:03}.jsonl").write_text(lines)
        self.take()

    def take(self) -> None:
        feeds = read_feed_map(self.folder.parent / "feeds.toml")
        follow_feeds(
            self.twin.store, feeds, lambda: FolderSource(self.folder, [feeds[0].files]),
            _Never(), until_end=True,
        )  # fmt: skip

    @property
    def open(self) -> dict[str, str]:
        return dict(self.twin.store.states.read_state().deviations)


class _Never:
    """What never says to stop."""

    def is_set(self) -> bool:
        return False

    def wait(self, _: float) -> bool:
        return False


@pytest.fixture
def control(twin: Twin, tmp_path: Path) -> Control:
    return Control(twin, tmp_path / "in")


def test_a_good_status_operates_the_twin_once_and_a_late_one_does_not(control: Control) -> None:
    control.tell(status("P1", "BKR1", 1), status("P2", "TIE", 0, 1))
    assert control.open == {"BKR1": "ABC", "TIE": ""}
    logged = control.twin.store.states.list_events()
    assert [(each.mrid, each.actor, each.at) for each in logged] == [
        ("BKR1", "scada", NOON.isoformat()),
        ("TIE", "scada", (NOON + timedelta(minutes=1)).isoformat()),
    ]  # fmt: skip
    control.tell(status("P1", "BKR1", 1, 2), status("P1", "BKR1", 1, 3))  # said again: no news
    control.tell(status("P1", "BKR1", 0, 1))  # told late
    assert control.open == {"BKR1": "ABC", "TIE": ""}
    assert len(control.twin.store.states.list_events()) == 2
    control.tell(status("P1", "BKR1", 0, 5))
    assert control.open == {"TIE": ""}


def test_what_is_not_good_is_kept_and_shown_and_moves_nothing(control: Control) -> None:
    control.tell(
        status("P1", "BKR1", 1, q="HELD"),
        status("P2", "BKR2", 1, q="?"),
        status("P3", "TIE", 0, lasts=60),  # an hour old
        status("P4", "L1", None, type="I", value=212.5, lasts=60),
    )
    assert control.open == {}
    values = control.twin.measurements.list_values()
    now = datetime.now(UTC)
    assert [(each.element, each.show_value(), each.judge_quality(now)) for each in values] == [
        ("BKR1", "open", "stale"), ("BKR2", "open", "suspect"), ("L1", "212.5 A", "stale"),
        ("TIE", "closed", "stale"),
    ]  # fmt: skip
    assert len(control.twin.measurements.list_values(untrusted=True)) == 4
    then = NOON + timedelta(seconds=30)
    trusted = [each.element for each in values if each.is_trusted(then)]
    assert trusted == ["L1", "TIE"]
    assert control.twin.measurements.describe("L1") == {
        "scada.current_a": f"212.5 A (stale, {NOON:%Y-%m-%d %H:%M:%S}Z)"
    }
    control.tell(status("P1", "BKR1", 1, 1))  # good again
    assert control.open == {"BKR1": "ABC"}


def test_poles_are_told_apart_and_what_no_switch_is_becomes_a_letter(control: Control) -> None:
    control.tell(status("PA", "BKR1", 1, pole="A"), status("PB", "BKR1", 1, pole="B"))
    assert control.open == {"BKR1": "AB"}
    control.tell(status("PA", "BKR1", 0, 1, pole="A"))
    assert control.open == {"BKR1": "B"}
    control.tell(status("PC", "BKR1", 1, 1, pole="C"))  # at the same time, told afterwards
    assert control.open == {"BKR1": "BC"}
    control.tell(status("P8", "L1", 1), status("P9", "nowhere", 1))
    reasons = sorted(each.reason for each in control.twin.store.live.list_dead_letters())
    assert ["cannot be switched" in reasons[0], "nowhere" in reasons[1]] == [True, True]
    control.tell(status("P7", "TIE", 0, 24 * 60))  # tomorrow
    (letter,) = control.twin.store.feeds.list_letters()
    assert "too long ago or to come" in letter.reason


def test_a_status_that_was_written_before_a_crash_is_carried_out_after_it(
    control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(_: Any) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("gridtwin.live.feed_following.carry_out_statuses", crash)
        with pytest.raises(KeyboardInterrupt):
            control.take()
        with pytest.raises(KeyboardInterrupt):
            control.tell(status("P1", "BKR1", 1))
        with pytest.raises(KeyboardInterrupt):
            control.take()
    assert control.open == {}
    control.take()
    assert control.open == {"BKR1": "ABC"}


def test_other_events_wait_for_live_operations(control: Control) -> None:
    fault = LiveEvent("F-1", NOON.timestamp(), "fault", "BKR1")
    control.twin.store.live.store_events([fault])
    control.tell(status("P1", "TIE", 0))
    assert control.twin.store.live.list_open_events() == [fault]


def test_feeds_by_the_command_line(tmp_path: Path) -> None:
    import gridtwin
    from networks import two_feeders_with_a_tie

    gridtwin.open(two_feeders_with_a_tie()).save(tmp_path / "t.twin")
    folder, where, text = tmp_path / "in", str(tmp_path / "t.twin"), tmp_path / "feeds.toml"
    folder.mkdir()
    text.write_text(SCADA)
    lines = [status("P1", "BKR1", 1), {"point": "P2"}]
    (folder / "scada.jsonl").write_text(
        "".join(f"{json.dumps(each)}\n" for each in lines) + '{"half'
    )
    (folder / "scada.jsonl.tmp").write_text("{}\n")
    words = ("feeds", "run", "--source", f"file:{folder}", "--map", text, "--in", where)
    said = json.loads(run_cli(*words, "--until-end", "--json").stdout)
    assert said == {
        "schema": "gridtwin.feed_run/1", "messages": 2, "written": 1, "deleted": 0, "late": 0,
        "letters": 1, "operated": 1, "behind": 6,
    }  # fmt: skip
    done = run_cli("feeds", "status", "--in", where)
    assert (done.returncode, "scada" in done.stdout) == (1, True)
    letters = json.loads(run_cli("feeds", "letters", "scada", "--in", where, "--json").stdout)
    assert letters["letters"][0]["value"] == '{"point": "P2"}'
    shown = run_cli("feeds", "values", "BKR1", "--in", where)
    assert "switch_status" in shown.stdout
    with (folder / "scada.jsonl").open("a") as file:  # the line is finished
        file.write(f'": 1}}\n{json.dumps(status("P3", "TIE", 0))}\n')
    said = json.loads(run_cli(*words, "--until-end", "--json").stdout)
    assert (said["messages"], said["written"], said["letters"]) == (2, 1, 1)
    assert open_twin(where).store.states.read_state().deviations == {"BKR1": "ABC", "TIE": ""}
    text.write_text(SCADA.replace('at = "time"', 'at = "time"\n') + "[scada.fixed]\n")
    again = run_cli("feeds", "replay", "--map", text, "--in", where)
    assert "still dead" in again.stdout
    (folder / "scada.jsonl").write_text("{}\n")
    done = run_cli(*words, "--until-end")
    assert (done.returncode, "let files of lines only grow" in done.stderr) == (2, True)
    wrong = run_cli("feeds", "run", "--source", "ftp://x", "--map", text, "--in", where)
    assert (wrong.returncode, "kafka://HOST:PORT" in wrong.stderr) == (2, True)
    none = run_cli("feeds", "run", "--source", "kafka://x:1", "--map", text, "--in", where)
    assert (none.returncode, "no feed of the map" in none.stderr) == (2, True)


def test_documents_of_odata_are_read_once_in_the_order_of_their_names(tmp_path: Path) -> None:
    import gridtwin
    from networks import two_feeders_with_a_tie

    text = """
    [orders]
    files = "*.json"
    format = "odata"
    target = "work_orders"
    key = ["Id"]
    [orders.columns]
    work_order = "Id"
    status = { field = "Stat", values = { REL = "released", CNF = "completed" } }
    """
    twin = gridtwin.open(two_feeders_with_a_tie())
    control = Control(twin, tmp_path / "in", text)
    documents = {
        "b.json": {"d": {"results": [{"Id": "1", "Stat": "CNF"}], "__delta": "x"}},
        "a.json": {"value": [{"Id": "1", "Stat": "REL"}, {"Id": "2", "Stat": "REL"}]},
        "c.json": {"value": [{"@removed": {"reason": "deleted"}, "@id": "Orders('2')"}]},
        "0.json": [{"Id": "1", "Stat": "REL"}, 17],
    }
    for name, document in documents.items():
        (tmp_path / "in" / name).write_text(json.dumps(document))
    (tmp_path / "in" / "d.json").write_text("{")
    control.take()
    (tmp_path / "in" / "00.json").write_text(json.dumps(documents["a.json"]))  # an older delta
    control.take()
    table = FEED_TABLES["work_orders"]
    assert [row[:3:2] for row in twin.store.feeds.read_rows(table, {})] == [("1", "completed")]
    letters = {each.place: each.reason for each in twin.store.feeds.list_letters()}
    assert sorted(letters) == ["0.json:1", "d.json:0"]


def test_a_feed_that_joins_later_reads_from_the_beginning(tmp_path: Path) -> None:
    import gridtwin
    from networks import two_feeders_with_a_tie

    twin = gridtwin.open(two_feeders_with_a_tie())
    control = Control(twin, tmp_path / "in")
    control.tell(status("P1", "BKR1", 1))
    second = SCADA.replace("[scada", "[second")
    (tmp_path / "feeds.toml").write_text(SCADA + second)
    control.take()
    assert [(each.feed, each.rows) for each in twin.store.feeds.list_status()] == [
        ("scada", 1), ("second", 1),
    ]  # fmt: skip


def test_a_topic_that_was_made_anew_is_read_again(tmp_path: Path) -> None:
    import gridtwin
    from networks import two_feeders_with_a_tie

    (tmp_path / "feeds.toml").write_text(SCADA.replace('files = "scada*.jsonl"', 'topic = "t"'))
    store = gridtwin.open(two_feeders_with_a_tie()).store
    follower = FeedFollower(store, read_feed_map(tmp_path / "feeds.toml"))

    def come(first: int, *said: dict[str, Any]) -> None:
        messages = [
            FeedMessage(f"t:0:{at}", None, json.dumps(each).encode(), ("t:0", at))
            for at, each in enumerate(said, first)
        ]
        follower.take([Arrived("t", "t:0", messages, first + len(said))])

    come(7, status("P1", "BKR1", 0), status("P2", "BKR2", 0))
    come(0, status("P3", "TIE", 0))  # another topic of its name
    assert [each.point for each in MeasurementQuestions(store).list_values()] == ["P1", "P2", "P3"]
    assert follower.find_starts() == {"t:0": 1}


def test_letters_are_taken_again_after_the_map_was_mended(tmp_path: Path) -> None:
    import gridtwin
    from networks import two_feeders_with_a_tie

    control = Control(gridtwin.open(two_feeders_with_a_tie()), tmp_path / "in")
    text = tmp_path / "feeds.toml"
    text.write_text(SCADA.replace('ST = "switch_status", ', ""))
    control.tell(*(status(f"P{n}", "BKR1", 1, pole=pole) for n, pole in enumerate("ABC")))
    control.tell({"point": "P9"})
    assert len(control.twin.store.feeds.list_letters()) == 4
    text.write_text(SCADA)
    follower = FeedFollower(control.twin.store, read_feed_map(text))
    assert follower.replay_letters() == (3, 1)
    assert control.open == {"BKR1": "ABC"}
    assert control.twin.store.feeds.forget_feed("scada") == 3
    assert control.twin.store.feeds.list_status() == []
    control.take()
    assert len(control.twin.measurements.list_values()) == 3


def test_what_the_page_and_the_samples_show_can_be(tmp_path: Path) -> None:
    import gridtwin
    from networks import two_feeders_with_a_tie

    page = (ROOT / "docs" / "feeds.md").read_text()
    (shown,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "feeds.toml").write_text(shown)
    assert [feed.name for feed in read_feed_map(tmp_path / "feeds.toml")] == ["work_orders"]
    for name, table in FEED_TABLES.items():
        (line,) = re.findall(rf"^\| `{name}` \|.*$", page, re.MULTILINE)
        assert all(f"`{column}`" in line for column in table.names), name
        assert all(f"*`{each.name}`*" in line for each in table.columns if each.is_personal)

    samples = ROOT / "data" / "feeds"
    feeds = read_feed_map(samples / "feeds.toml")
    store = gridtwin.open(two_feeders_with_a_tie()).store
    source = FolderSource(samples, [feed.files for feed in feeds])
    done = follow_feeds(store, feeds, lambda: source, _Never(), until_end=True)
    assert (done.messages, done.letters, done.late) == (14, 0, 1)
    assert [crew.mrid for crew in store.crews.list_crews()] == ["C-1"]
    assert store.crews.list_positions()[0].lat == 29.75411


@pytest.mark.parametrize("file", sorted((ROOT / "deploy" / "connect").iterdir()))
def test_connectors_hold_no_secret_and_tell_what_feeds_need(file: Path) -> None:
    told = json.loads(file.read_text())
    assert told["database.password"].startswith("${env:")
    assert told["skipped.operations"] == "none"
    assert told["time.precision.mode"] == "isostring"
    assert told["value.converter.schemas.enable"] == "false"


def test_the_schemas_are_those_of_the_tables() -> None:
    for name, table in FEED_TABLES.items():
        if name in TOPICS:
            continue
        assert write_feed_schema(table) == (
            json.dumps(read_json_schema(name), indent=2, ensure_ascii=False) + "\n"
        )
        jsonschema.Draft202012Validator.check_schema(read_json_schema(name))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("[scada]", "[Scada X]"), "no map of feeds"),
        (('target = "measurements"', 'target = "measurement"'), "did you mean measurements"),
        (('order = ["time"]', ""), "order is missing"),
        (('files = "scada*.jsonl"', ""), "it comes from one place"),
        (('element = "device"', ""), "measurements needs element"),
        (('format = "flat"', 'format = "csv"'), "use one of debezium, flat, odata"),
        (('ST = "switch_status"', 'ST = "switch"'), "did you mean switch_status"),
        (('at = "time"', 'at = { field = "time", unit = "minutes" }'), "none of its words"),
        (('value = "value"', 'value = { field = "value", factor = "x" }'), "factor is a number"),
        (('point = "point"', 'colour = "red"'), "columns: 'colour' is none of its words"),
        (('key = ["point"]', 'key = "point"'), 'key is written ["COLUMN", ...]'),
        (('key = ["point"]', 'zone = "Texas/Austin"'), "is no time zone"),
    ],
)
def test_a_map_that_cannot_be_says_what_to_write(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    path = tmp_path / "feeds.toml"
    path.write_text(SCADA.replace(*change, 1))
    done = run_cli("feeds", "check", "--map", path)
    assert done.returncode == 2
    assert said in done.stderr, done.stderr
