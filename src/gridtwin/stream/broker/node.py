"""Run one node of Apache Kafka (KRaft, no ZooKeeper) that only this machine can reach."""

from __future__ import annotations

import base64
import socket
import subprocess
import time
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gridtwin.errors import BrokerError
from gridtwin.stream.broker.kafka_artifacts import KAFKA_PROGRAM
from gridtwin.stream.topics import is_reachable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NODE_HOST = "127.0.0.1"
NODE_HEAP_MB = 256
NODE_PATIENCE_S = 120.0
NODE_STARTS = 5  # another process may take a free port before the server does
# One node is its own quorum; the voters are said here and not kept, so that ports may change.
NODE_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs={data}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
num.network.threads=2
num.io.threads=2
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
"""


class Node:
    """
    A node and its data; what it was told is there again after a stop, and after a kill.

    Parameters
    ----------
    directory
        Where it keeps its data and its log; made if it is not there.
    heap_mb
        Memory of the Java machine in megabytes.
    """

    def __init__(self, directory: Path, *, heap_mb: int = NODE_HEAP_MB) -> None:
        self._directory = directory
        self._heap_mb = heap_mb
        self._ports: tuple[int, int] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def brokers(self) -> str:
        """The address that clients are given (``bootstrap.servers``)."""
        if self._ports is None:
            msg = "the broker was not started yet"
            raise BrokerError(msg)
        return f"{NODE_HOST}:{self._ports[0]}"

    def start(self) -> None:
        """
        Start the node and wait until it answers; its ports stay those of its first start.

        Raises
        ------
        BrokerError
            If Java or Kafka's artifacts are missing, or it does not come up.
        """
        self._directory.mkdir(parents=True, exist_ok=True)
        given = self._ports
        for _ in range(NODE_STARTS):
            self._ports = given or (_find_free_port(), _find_free_port())
            self._write_properties()
            self._format_log()
            self._launch_process()
            if self._await_answer():
                return
            log = self._read_log()
            if given or "Address already in use" not in log:
                msg = f"Kafka did not start: {log[-600:]}"
                raise BrokerError(msg)
        msg = f"no free port was found for Kafka in {NODE_STARTS} attempts"
        raise BrokerError(msg)

    def stop(self) -> None:
        """End the node in good order."""
        self._end_process(by_force=False)

    def kill(self) -> None:
        """End the node at once, as a loss of power to its process would (SIGKILL)."""
        self._end_process(by_force=True)

    def _end_process(self, *, by_force: bool) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        (process.kill if by_force else process.terminate)()
        try:
            process.wait(timeout=NODE_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    @property
    def _properties(self) -> Path:
        return self._directory / "server.properties"

    def _write_properties(self) -> None:
        port, controller = self._ports or (0, 0)
        data = (self._directory / "data").absolute()
        text = NODE_PROPERTIES.format(host=NODE_HOST, port=port, controller=controller, data=data)
        self._properties.write_text(text, encoding="utf-8")

    def _build_command(self, *words: str) -> list[str]:
        flags = [f"-Xmx{self._heap_mb}m", "-XX:+UseSerialGC", "-Dlog4j2.level=WARN"]
        return [
            KAFKA_PROGRAM.find_tool("java"),
            *flags,
            "-cp",
            f"{KAFKA_PROGRAM.fetch_artifacts()}/*",
            *words,
            str(self._properties),
        ]

    def _format_log(self) -> None:
        """Write the marks of an empty log where there is none yet."""
        if (self._directory / "data" / "meta.properties").exists():
            return
        # The first byte is zero: a name that begins with a dash would be taken for an option.
        cluster = base64.urlsafe_b64encode(b"\0" + uuid.uuid4().bytes[1:]).decode().rstrip("=")
        command = self._build_command("kafka.tools.StorageTool", "format", "-t", cluster, "-c")
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            msg = f"Kafka cannot keep its data in {self._directory}: {done.stderr[-400:]}"
            raise BrokerError(msg)

    def _launch_process(self) -> None:
        with (self._directory / "log").open("wb") as log:
            # A session of its own: Ctrl-C ends the program that then ends the node.
            self._process = subprocess.Popen(  # noqa: S603 - words of our own
                self._build_command("kafka.Kafka"), stdout=log, stderr=log, start_new_session=True
            )

    def _read_log(self) -> str:
        return (self._directory / "log").read_text(encoding="utf-8", errors="replace")

    def _await_answer(self) -> bool:
        """Return whether the node answers before its process ends."""
        end = time.monotonic() + NODE_PATIENCE_S
        while self._process is not None and self._process.poll() is None:
            if is_reachable(self.brokers, timeout_s=1.0):
                return True
            if time.monotonic() > end:
                self.kill()
        self._process = None
        return False


@contextmanager
def running(directory: Path, *, heap_mb: int = NODE_HEAP_MB) -> Iterator[Node]:
    """Start a node, and stop it at the end."""
    node = Node(directory, heap_mb=heap_mb)
    try:
        node.start()
        yield node
    finally:
        node.stop()


def _find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind((NODE_HOST, 0))
        return int(probe.getsockname()[1])
