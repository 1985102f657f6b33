"""Hold one message of a feed as it was understood: what became of which row, and in what order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

ChangeKind = Literal["upsert", "delete", "truncate"]


@dataclass(frozen=True, slots=True)
class FeedMessage:
    """A message as it came."""

    place: str  # topic, partition and offset; or file and line
    key: bytes | None
    value: bytes | None
    order: tuple[str, int] = ("", 0)  # file and row, or topic-partition and offset


@dataclass(frozen=True, slots=True)
class SourceChange:
    """What became of one row of a source."""

    kind: ChangeKind
    key: Mapping[str, Any]  # names the row; of a truncation nothing
    row: Mapping[str, Any]  # the row as it is now; of a deletion nothing
    position: str
