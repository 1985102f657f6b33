"""One command starts the whole chain; a last gasp becomes an outage on the page; all of it ends."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import httpx
import pytest
from confluent_kafka import Producer

import gridtwin
from kafka import Kafka
from told_storms import message
from waiting import PATIENCE_S, started, wait_until

COMMAND = "from gridtwin.cli.entry import main; main()"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def chain(
    database: str, kafka: Kafka, tmp_path: Path
) -> Iterator[tuple[str, subprocess.Popen[bytes], Path]]:
    port, told = free_port(), tmp_path / "told"
    words = ["--database", database, "--brokers", kafka.brokers, "--port", str(port)]
    with told.open("wb") as output:
        command = [sys.executable, "-c", COMMAND, "stream", "demo", "--meters", "500", *words]
        with started([*command, "--storm", "0"], stdout=output, stderr=output) as process:
            yield f"http://127.0.0.1:{port}", process, told


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/ready", timeout=PATIENCE_S).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.mark.long
def test_a_last_gasp_becomes_an_outage_on_the_page(
    chain: tuple[str, subprocess.Popen[bytes], Path], database: str, kafka: Kafka
) -> None:
    url, process, told = chain
    wait_until(lambda: answers(url), told.read_text, process=process)
    twin = gridtwin.open(database)
    wait_until(lambda: "log" in twin.store.live.read_offsets(), process=process)
    fuse = str(twin.sweep().query("kind == 'fuse'").nlargest(1, "customers").mrid.iloc[0])
    meters = twin.blast_radius(fuse).usage_points.tolist()
    seen: list[str] = []
    Thread(target=listen, args=(url, seen), daemon=True).start()
    wait_until(lambda: bool(seen), process=process)
    producer = Producer({"bootstrap.servers": kafka.brokers})
    now = datetime.now(UTC).isoformat()
    for at, meter in enumerate(meters):
        producer.produce(
            "outage_alerts", message(f"end-{at}-{now}", now, "last_gasp", meter_id=meter), meter
        )
    assert producer.flush(PATIENCE_S) == 0
    expected = [("predicted", len(meters))]  # once it is clear that no others report
    wait_until(lambda: shown(url) == expected, process=process)
    wait_until(lambda: "event: outages" in seen, process=process)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=PATIENCE_S) == 0
    assert not answers(url)
    assert "4/4 parts run" in told.read_text() or "ending" in told.read_text()


def shown(url: str) -> list[tuple[str, int]]:
    found = httpx.get(f"{url}/api/outages").json()["outages"]
    return [(each["status"], each["customers_out"]) for each in found]


def listen(url: str, seen: list[str]) -> None:
    """Keep the lines of the stream of events until it ends."""
    try:
        with httpx.stream("GET", f"{url}/api/events", timeout=PATIENCE_S) as stream:
            seen.append("connected")
            seen.extend(stream.iter_lines())
    except httpx.HTTPError:
        pass
