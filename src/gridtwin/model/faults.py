"""Collect every fault of a network, instead of stopping at the first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridtwin.errors import Fault
from gridtwin.model.tables import Strings, decode_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridtwin.model.notices import Notice


class Faults:
    """Every fault found so far, and what was mended without being one."""

    def __init__(self) -> None:
        self.found: list[Fault] = []
        self.notices: list[Notice] = []

    def add_faults(
        self, frame: str, rows: NDArray[Any], mrids: Strings, reasons: Sequence[str]
    ) -> None:
        """Add one fault a row."""
        names = decode_texts(mrids[rows]) if len(mrids) else [""] * len(rows)
        self.found += [
            Fault(frame, int(row), str(name), reason)
            for row, name, reason in zip(rows, names, reasons, strict=True)
        ]
