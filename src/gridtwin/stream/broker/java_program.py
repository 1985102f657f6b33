"""Bring a program written in Java: its artifacts, by Maven, into the user's cache."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gridtwin.errors import BrokerError
from gridtwin.settings import find_cache_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

FETCH_PATIENCE_S = 600.0


@dataclass(frozen=True, slots=True)
class JavaProgram:
    """A program that runs from a folder of artifacts, and the pom that names them."""

    product: str  # as errors call it
    folder: str  # in the cache; the digest of the pom follows it
    pom: bytes
    main_artifact: str  # a pattern; without such a file the folder is not the program
    mend: str  # what to install, or to do without

    def find_tool(self, name: str) -> str:
        """Return the path of ``java`` or ``mvn``; BrokerError if this machine has none."""
        path = shutil.which(name)
        if path is None:
            msg = f"{self.product} needs {name}, which is not on PATH: {self.mend}"
            raise BrokerError(msg)
        return path

    def fetch_artifacts(self) -> Path:
        """
        Return the folder of the artifacts, fetched when first asked for.

        They are those that the pom names; another pom has another folder.

        Raises
        ------
        BrokerError
            If Maven is missing or cannot fetch them.
        """
        named = hashlib.sha256(self.pom).hexdigest()[:12]
        kept = find_cache_folder() / f"{self.folder}-{named}"
        if not any(kept.glob(self.main_artifact)):
            kept.parent.mkdir(parents=True, exist_ok=True)
            with _acquire_lock(kept.with_suffix(".lock")):
                if not any(kept.glob(self.main_artifact)):
                    self._run_maven(kept)
        return kept

    def _run_maven(self, kept: Path) -> None:
        partial = Path(tempfile.mkdtemp(prefix=f"{kept.name}.", dir=kept.parent))
        try:
            pom, artifacts = partial / "pom.xml", partial / "artifacts"
            pom.write_bytes(self.pom)
            command = [
                self.find_tool("mvn"), "--batch-mode", "--quiet", "--file", str(pom),
                "dependency:copy-dependencies", "-DincludeScope=runtime",
                f"-DoutputDirectory={artifacts}",
            ]  # fmt: skip
            done = subprocess.run(  # noqa: S603 - words of our own
                command, capture_output=True, text=True, timeout=FETCH_PATIENCE_S, check=False
            )
            if done.returncode or not any(artifacts.glob(self.main_artifact)):
                said = " ".join((done.stdout + done.stderr).split())[-400:]
                msg = f"Maven could not fetch {self.product}: {said}"
                raise BrokerError(msg)
            shutil.rmtree(kept, ignore_errors=True)
            artifacts.rename(kept)
        except subprocess.TimeoutExpired as error:
            msg = f"Maven did not fetch {self.product} within {FETCH_PATIENCE_S:g} s: try again"
            raise BrokerError(msg) from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def _acquire_lock(lock: Path) -> Iterator[None]:
    """Let one process at a time in, since Maven does not expect a second one beside it."""
    import fcntl

    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
