"""Bring what a node of Apache Kafka consists of: its artifacts, by Maven, into the user's cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

from gridtwin.errors import BrokerError

if TYPE_CHECKING:
    from collections.abc import Iterator

FETCH_PATIENCE_S = 600.0
MAIN_ARTIFACT = "kafka_2.13-*.jar"  # without it a folder is no Kafka
HOW_TO_INSTALL_KAFKA = (
    "install a Java runtime of version 17 or later and Maven (apt-get install default-jre-headless"
    " maven), or give the address of a Kafka that runs"
)


def find_program(name: str) -> str:
    """Return the path of ``java`` or ``mvn``; BrokerError if this machine has none."""
    path = shutil.which(name)
    if path is None:
        msg = f"a Kafka of one's own needs {name}, which is not on PATH: {HOW_TO_INSTALL_KAFKA}"
        raise BrokerError(msg)
    return path


def fetch_artifacts() -> Path:
    """
    Return the folder of Kafka's artifacts, fetched when first asked for.

    They are those that ``pom.xml`` beside this file names; another pom has another folder.

    Raises
    ------
    BrokerError
        If Maven is missing or cannot fetch them.
    """
    pom = files("gridtwin.stream.broker") / "pom.xml"
    named = hashlib.sha256(pom.read_bytes()).hexdigest()[:12]
    kept = _locate_cache() / f"kafka-{named}"
    if not any(kept.glob(MAIN_ARTIFACT)):
        kept.parent.mkdir(parents=True, exist_ok=True)
        with _acquire_lock(kept.with_suffix(".lock")), as_file(pom) as path:
            if not any(kept.glob(MAIN_ARTIFACT)):
                _run_maven(path, kept)
    return kept


def _locate_cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(home) if home else Path.home() / ".cache") / "gridtwin"


@contextmanager
def _acquire_lock(lock: Path) -> Iterator[None]:
    """Let one process at a time in, since Maven does not expect a second one beside it."""
    import fcntl

    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _run_maven(pom: Path, kept: Path) -> None:
    partial = Path(tempfile.mkdtemp(prefix=f"{kept.name}.", dir=kept.parent))
    command = [
        find_program("mvn"), "--batch-mode", "--quiet", "--file", str(pom),
        "dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={partial}",
    ]  # fmt: skip
    try:
        done = subprocess.run(  # noqa: S603 - words of our own
            command, capture_output=True, text=True, timeout=FETCH_PATIENCE_S, check=False
        )
        if done.returncode or not any(partial.glob(MAIN_ARTIFACT)):
            said = " ".join((done.stdout + done.stderr).split())[-400:]
            msg = f"Maven could not fetch Apache Kafka: {said}"
            raise BrokerError(msg)
        shutil.rmtree(kept, ignore_errors=True)
        partial.rename(kept)
    except subprocess.TimeoutExpired as error:
        msg = f"Maven did not fetch Apache Kafka within {FETCH_PATIENCE_S:g} s: try again"
        raise BrokerError(msg) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
