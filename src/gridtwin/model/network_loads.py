"""Remember each load of a network: when, from what, how it was read, and what it changed."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from gridtwin.model.origins import FIRST_LOAD
from gridtwin.model.schema import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridtwin.model.tables import NetworkData

_PASSWORD = re.compile(r"(?<=://)([^:/@]*):[^@]*@")


class MappingText(NamedTuple):
    """A mapping file as it was when a source was read by it."""

    name: str
    text: str

    @property
    def digest(self) -> str:
        """What tells this text from others: the first 16 digits of its SHA-256."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16] if self.text else ""


NO_MAPPING = MappingText("", "")  # of a source that needs none


@dataclass(frozen=True, slots=True)
class SourceReading:
    """How a network was read."""

    source: str  # file, folder or name, as it was given
    options: Mapping[str, Any] = field(default_factory=dict)  # of `gridtwin.read`, those given
    mapping: MappingText = NO_MAPPING

    @property
    def shown_source(self) -> str:
        """The source without a password."""
        return _PASSWORD.sub(r"\1@", self.source)


@dataclass(frozen=True, slots=True)
class NetworkLoad:
    """One load of a network into a twin."""

    number: int  # from 1 on
    at: datetime
    reading: SourceReading
    rows: int  # of all frames afterwards
    added: int = 0
    changed: int = 0
    removed: int = 0


def count_rows(data: NetworkData) -> int:
    """Return how many rows all frames of a network have."""
    return sum(len(getattr(data, name).mrid) for name in SCHEMA)


def make_first_load(data: NetworkData, reading: SourceReading) -> NetworkLoad:
    """Return the load that begins a twin, now."""
    rows = count_rows(data)
    return NetworkLoad(FIRST_LOAD, datetime.now(UTC), reading, rows, added=rows)
