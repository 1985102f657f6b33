"""Write messages as lines, a file a topic."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from gridtwin.errors import StoreError
from gridtwin.stream.contracts import TOPICS

if TYPE_CHECKING:
    from pathlib import Path

    from gridtwin.stream.simulate.messages import Batch


class LinesSink:
    """
    Files ``TOPIC.jsonl`` in a folder, one value of a message a line, in the order they are sent.

    Parameters
    ----------
    folder
        Made if it is not there.
    append
        Whether lines may follow those that are there.

    Raises
    ------
    StoreError
        If one is there already and not to be appended to, or the folder cannot be written.
    """

    def __init__(self, folder: Path, *, append: bool = False) -> None:
        self._folder, self._mode = folder, "ab" if append else "xb"
        self._files: dict[str, Any] = {}
        self._open = ExitStack()
        for topic in TOPICS:
            path = self._build_path(topic)
            if path.exists() and not append:
                msg = f"{path}: there are messages already; choose another folder"
                raise StoreError(msg)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            msg = f"{folder}: messages cannot be written: {error}"
            raise StoreError(msg) from error

    def _build_path(self, topic: str) -> Path:
        return self._folder / f"{topic}.jsonl"

    def send_batch(self, batch: Batch) -> None:
        """Write messages."""
        try:
            if batch.topic not in self._files:
                file = self._build_path(batch.topic).open(self._mode)
                self._files[batch.topic] = self._open.enter_context(file)
            self._files[batch.topic].write(b"\n".join(batch.values) + b"\n")
        except OSError as error:
            msg = f"{self._folder}: messages cannot be written: {error}"
            raise StoreError(msg) from error

    def close(self) -> None:
        """Close the files."""
        self._open.close()
