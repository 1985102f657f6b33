"""What feeds read: topics with a bounded part in memory, and folders that others bring files to."""

from __future__ import annotations

from pathlib import Path

import pytest
from confluent_kafka import Producer

from gridtwin.errors import StoreError
from gridtwin.stream.feeds import topic_source
from gridtwin.stream.feeds.folder_source import FolderSource
from gridtwin.stream.feeds.topic_source import SLICE, TopicSource
from kafka import Kafka

COUNT, SIZE = 7 * SLICE, 1_000


def test_a_read_holds_no_more_of_a_topic_than_may_be_in_memory(
    kafka: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = 2 * SLICE * SIZE
    monkeypatch.setattr(topic_source, "MOST_BYTES_AT_ONCE", most)
    topic = kafka.topic(partitions=2)
    producer = Producer({"bootstrap.servers": kafka.brokers})
    for number in range(COUNT):
        producer.produce(topic, b"%-*d" % (SIZE, number), str(number % 5))
    producer.flush()
    source = TopicSource(kafka.brokers, [topic])
    took: dict[str, list[int]] = {}
    try:
        source.begin({})
        while not source.is_at_end:
            arrived = source.read(1.0)
            held = sum(len(each.value or b"") for part in arrived for each in part.messages)
            assert held <= most + SLICE * SIZE
            assert len({part.source for part in arrived}) == len(arrived)
            for part in arrived:
                took.setdefault(part.source, []).extend(
                    offset for _, offset in (each.order for each in part.messages)
                )
                assert part.next == took[part.source][-1] + 1
    finally:
        source.close()
    assert sum(map(len, took.values())) == COUNT
    assert all(offsets == list(range(len(offsets))) for offsets in took.values())


def test_no_link_leads_a_feed_out_of_its_folder(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (tmp_path / "secret").write_text("the password\n")
    (folder / "a.jsonl").symlink_to(tmp_path / "secret")
    (folder / "data").write_text("{}\n")
    (folder / "b.jsonl").symlink_to(folder / "data")  # within it a link may lead
    source = FolderSource(folder, ["*"])
    source.begin({})
    arrived = [part for _ in range(3) for part in source.read(0.0)]
    assert [(part.name, part.messages[0].value) for part in arrived] == [("b.jsonl", b"{}")]
    assert [each.message.count("leads out") for each in caplog.records] == [1]


def test_a_file_or_folder_that_goes_away_is_no_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a.jsonl", "b.jsonl"):
        (folder / name).write_text("{}\n")
    source = FolderSource(folder, ["*"])
    source.begin({})
    usual = source._list_files

    def list_and_lose():  # noqa: ANN202 - as the method it stands for
        for path in usual():
            if path.name == "a.jsonl":
                path.unlink()
            yield path

    monkeypatch.setattr(source, "_list_files", list_and_lose)
    assert [part.name for part in source.read(0.0)] == ["b.jsonl"]
    assert source.count_behind() == 0
    monkeypatch.undo()
    (folder / "b.jsonl").unlink()
    folder.rmdir()
    with pytest.raises(StoreError, match="cannot be listed now"):
        source.read(0.0)
