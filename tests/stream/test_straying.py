"""Whatever a client brings, and whoever holds a partition: each message is written once."""

from __future__ import annotations

from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridtwin.stream import reader as reading_topics
from gridtwin.stream.ingest.ingest_metrics import IngestMetrics
from gridtwin.stream.ingest.intake import Options
from gridtwin.stream.ingest.worker import Worker
from gridtwin.stream.partition_offsets import PartitionOffsets
from gridtwin.stream.reader import Reader
from meter_stream import START_S, Line, reading
from straying import Client

OPTIONS = Options("g", wait_s=0.0)
TOPIC = OPTIONS.readings
COUNT = 12


@pytest.fixture
def town_line(town_database: str) -> Line:
    return Line(town_database, "", OPTIONS)


def log(names: list[str], offsets: list[int]) -> dict[int, bytes]:
    """Return a reading of another interval at each offset."""
    return {each: reading(names[0], START_S + 900 * (each + 1), 1.0) for each in offsets}


def work(line: Line, client: Client, monkeypatch: pytest.MonkeyPatch) -> IngestMetrics:
    """Run a worker with a client until all is written."""
    monkeypatch.setattr(reading_topics, "_build_consumer", lambda _: client)
    figures = IngestMetrics()
    topics = [OPTIONS.readings, OPTIONS.conditions]
    Worker(line.url, Reader("", topics, group="g"), figures, OPTIONS).run(Event(), until_end=True)
    return figures


def written(line: Line) -> list[tuple[int, int]]:
    return line.ask(
        "SELECT partition, kafka_offset FROM gridtwin.ami_bronze ORDER BY partition, kafka_offset"
    )


@pytest.mark.parametrize(
    "strays",
    [{8: 0}, {0: 4}, {5: 9}, {0: COUNT}, {5: COUNT}, {3: 7, 6: 0, 9: 11}],
    ids=["back", "ahead at once", "ahead", "to the end at once", "to the end", "everywhere"],
)
def test_a_client_that_strays_makes_nothing_double_and_loses_nothing(
    town_line: Line, names: list[str], monkeypatch: pytest.MonkeyPatch, strays: dict[int, int]
) -> None:
    client = Client(TOPIC, {0: log(names, list(range(COUNT)))}, strays)
    work(town_line, client, monkeypatch)
    assert written(town_line) == [(0, each) for each in range(COUNT)]
    assert town_line.ask("SELECT count(*) FROM gridtwin.ami_realtime") == [(COUNT,)]


def test_offsets_that_the_broker_leaves_out_are_asked_for_once(
    town_line: Line, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    offsets = [0, 1, 4, 5, 9, 12]
    client = Client(TOPIC, {0: log(names, offsets)})
    work(town_line, client, monkeypatch)
    assert written(town_line) == [(0, each) for each in offsets]
    assert client.starts == [(0, 0), (0, 2)]


def test_marks_before_the_end_do_not_keep_a_run_from_its_end(
    town_line: Line, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client(TOPIC, {0: log(names, [0, 1])})
    monkeypatch.setattr(client, "end", lambda _: 3)
    work(town_line, client, monkeypatch)
    assert written(town_line) == [(0, 0), (0, 1)]
    assert town_line.ask("SELECT next_offset FROM gridtwin.stream_offsets") == [(3,)]


def test_what_was_deleted_before_it_was_read_holds_nothing_up(
    town_line: Line, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    work(town_line, Client(TOPIC, {0: log(names, [0, 1])}), monkeypatch)
    client = Client(TOPIC, {0: log(names, [5, 6])}, first=5)
    work(town_line, client, monkeypatch)
    assert written(town_line) == [(0, each) for each in (0, 1, 5, 6)]
    assert client.starts == [(0, 5)]


def test_until_the_end_means_that_of_every_partition_whoever_has_it(
    town_line: Line, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = {0: log(names, [0, 1]), 1: log(names, [0, 1, 2])}
    late = {0: [0], 20: [1]}  # another worker that is gone has the other one for a while
    work(town_line, Client(TOPIC, logs, given=late), monkeypatch)
    assert written(town_line) == [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2)]


@given(
    st.sets(st.integers(0, 30), min_size=1),
    st.lists(st.integers(0, 31), max_size=4, unique=True),
    st.integers(1, 5),
)
def test_places_take_each_message_once_in_order(
    there: set[int], leaps: list[int], most: int
) -> None:
    """A client leaps where a run begins, whatever it is told; it obeys when it is asked again."""
    place, places, end = ("t", 0), PartitionOffsets(), max(there) + 1
    taken: list[int] = []
    start = 0
    for turn in range(200):
        if turn % 7 == 0:
            places.start_run(place, start)
            at = leaps.pop() if leaps else start
        came = sorted(each for each in there if each >= at)[:most]
        if came:
            kept, again = places.take_messages(place, came)
            taken += [came[each] for each in kept]
        else:
            again = places.end_partition(place, end)
        start = places[place]
        at = start if again or not came else came[-1] + 1
    assert taken == sorted(there)
