"""Give the tests a worker of Kafka Connect that reads a PostgreSQL by Debezium."""

from __future__ import annotations

import json
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gridtwin.stream.broker.java_program import JavaProgram
from waiting import wait_until

HERE = Path(__file__).with_name("feeds")
DEBEZIUM_FILE = Path(__file__).parents[1] / "deploy" / "connect" / "debezium-postgres.json"
STARTS = 5  # another process may take a free port before the worker does
CONNECT_PROGRAM = JavaProgram(
    product="Kafka Connect with Debezium",
    folder="kafka-connect",
    pom=(HERE / "connect.pom.xml").read_bytes(),
    main_artifact="debezium-connector-postgres-*.jar",
    mend=(
        "run `make java`, or install a Java runtime of version 17 or later and Maven"
        " (apt-get install default-jdk-headless maven)"
    ),
)
WORKER_PROPERTIES = """\
bootstrap.servers={brokers}
group.id=connect-{name}
listeners=http://127.0.0.1:{port}
rest.advertised.host.name=127.0.0.1
key.converter=org.apache.kafka.connect.json.JsonConverter
value.converter=org.apache.kafka.connect.json.JsonConverter
key.converter.schemas.enable=false
value.converter.schemas.enable=false
config.storage.topic=connect_{name}_config
offset.storage.topic=connect_{name}_offsets
status.storage.topic=connect_{name}_status
config.storage.replication.factor=1
offset.storage.replication.factor=1
offset.storage.partitions=1
status.storage.replication.factor=1
status.storage.partitions=1
offset.flush.interval.ms=2000
scheduled.rebalance.max.delay.ms=0
plugin.discovery=only_scan
"""


class ConnectWorker:
    """A worker; by its topics it keeps what it did over a kill and a start."""

    def __init__(self, directory: Path, brokers: str, name: str, *, heap_mb: int = 384) -> None:
        self._directory = directory
        self._brokers, self._name, self._heap_mb = brokers, name, heap_mb
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self._directory / "connect.log"

    def start(self) -> None:
        """Start the worker and wait until it answers."""
        for _ in range(STARTS):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = int(probe.getsockname()[1])
            self._launch(port)
            wait_until(lambda: self._is_up() or self._has_ended())
            if not self._has_ended():
                return
        msg = f"Kafka Connect did not start: {self.log.read_text(errors='replace')[-2000:]}"
        raise RuntimeError(msg)

    def _launch(self, port: int) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        self._url = f"http://127.0.0.1:{port}"
        properties = self._directory / "worker.properties"
        properties.write_text(
            WORKER_PROPERTIES.format(brokers=self._brokers, port=port, name=self._name)
        )
        command = [
            CONNECT_PROGRAM.find_tool("java"), f"-Xmx{self._heap_mb}m", "-XX:+UseSerialGC",
            "-Dlog4j2.level=WARN", "-cp", f"{CONNECT_PROGRAM.fetch_artifacts()}/*",
            "org.apache.kafka.connect.cli.ConnectDistributed", str(properties),
        ]  # fmt: skip
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, start_new_session=True
            )

    def _has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def _is_up(self) -> bool:
        try:
            self.ask("GET", "/connectors")
        except (OSError, urllib.error.URLError):
            return False
        return True

    def kill(self) -> None:
        """End the worker at once (SIGKILL)."""
        self._end(by_force=True)

    def stop(self) -> None:
        """End the worker in good order."""
        self._end(by_force=False)

    def _end(self, *, by_force: bool) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        (process.kill if by_force else process.terminate)()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Ask the worker, and return what it says."""
        request = urllib.request.Request(  # noqa: S310 - an address of our own
            self._url + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            text = answer.read()
        return json.loads(text) if text else None

    def connect_postgres(self, database: str, tables: str, *, slot: str, **more: str) -> None:
        """Have tables of a database read into topics, and wait until its task runs."""
        address = urlsplit(database)
        settings = json.loads(DEBEZIUM_FILE.read_text()) | {
            "database.hostname": str(address.hostname),
            "database.port": str(address.port),
            "database.user": "postgres",
            "database.password": "",
            "database.dbname": address.path.lstrip("/"),
            "table.include.list": tables,
            "slot.name": slot,
            "publication.name": slot,
            "topic.prefix": slot,
            **more,
        }
        self.ask("PUT", f"/connectors/{slot}/config", settings)
        wait_until(lambda: self.read_states(slot) == {"RUNNING"})

    def read_states(self, name: str) -> set[str]:
        """Return the states of a connector and its tasks; a task that failed is an error."""
        try:
            said = self.ask("GET", f"/connectors/{name}/status")
        except (OSError, urllib.error.URLError):
            return set()
        tasks = said["tasks"]
        for task in tasks:
            if task["state"] == "FAILED":
                raise RuntimeError(task["trace"])
        states = {said["connector"]["state"], *(task["state"] for task in tasks)}
        return states if tasks else {"STARTING"}

    def has_kept_snapshot(self, name: str) -> bool:
        """Return whether a connector that is started again goes on behind its snapshot."""
        kept = self.ask("GET", f"/connectors/{name}/offsets")["offsets"]
        return any(not each["offset"].get("snapshot") for each in kept)


@contextmanager
def run_connect(directory: Path, brokers: str, name: str) -> Iterator[ConnectWorker]:
    """Start a worker, and stop it at the end."""
    worker = ConnectWorker(directory, brokers, name)
    try:
        worker.start()
        yield worker
    finally:
        worker.kill()
