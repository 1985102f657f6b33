"""
Follow sections: chains of devices between two nodes.

::

    from ── S devices ── M devices ── line ── L devices ── to

A device stands at the beginning of its section (S), in its middle (M) or at its end (L). Files that
say R anywhere count from left to right instead: L is the beginning then, and R the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gridtwin.errors import SourceError
from gridtwin.model import phases
from gridtwin.sources.cyme.cyme_devices import (
    GENERATOR_DEVICES,
    MOTOR_DEVICES,
    SERIES_DEVICES,
    SHUNT_DEVICES,
    name_device_table,
)

if TYPE_CHECKING:
    from gridtwin.sources.cyme.cyme_tables import CymeRow, CymeTables

START, MIDDLE, LINE, END = range(4)  # the order of devices on a section
_NUMBERED = {"0": START, "1": MIDDLE, "2": END}
_LETTERED = {"S": START, "M": MIDDLE, "L": END}
_LEFT_TO_RIGHT = {"L": START, "M": MIDDLE, "R": END}


class CymeDevice(NamedTuple):
    """One device that current flows through."""

    table: str  # a key of `SERIES_DEVICES`
    number: str
    row: CymeRow
    node_a: str
    node_b: str


class CymeSection(NamedTuple):
    """One section: its ends, and the devices between them."""

    mrid: str
    node_a: str
    node_b: str
    mask: int  # its phases
    row: CymeRow
    nodes: tuple[str, ...]  # from one end to the other
    devices: tuple[CymeDevice, ...]
    line_at: int  # how many nodes lie before the end of its line


class CymeSections:
    """
    The sections of a model, by id.

    Parameters
    ----------
    tables
        Its tables.

    Raises
    ------
    SourceError
        If a section has no ends, is there twice, or nobody can tell where devices stand.
    """

    def __init__(self, tables: CymeTables) -> None:
        self._tables = tables
        self._letters = self._choose_letters()
        placed = self._place_devices()
        self.of: dict[str, CymeSection] = {}
        for row in tables["section"]:
            self._add_section(row, placed)
        for mrid, devices in placed.items():
            if mrid not in self.of:
                row = devices[0][2]
                tables.add_notice(
                    "dangling_reference",
                    f"{row.place}: a device stands on section {mrid[:80]!r}, which is not in"
                    " [SECTION]: left out",
                    "export the section too",
                )
        self._note_unknown()

    def _choose_letters(self) -> dict[str, int]:
        """Return what the letters of Location mean: S, M, L, or from left to right L, M, R."""
        said: dict[str, CymeRow] = {}
        for section, rows in self._tables.rows.items():
            if name_device_table(section) or section == "loads":
                for row in rows:
                    said.setdefault(row.read_text("location").upper(), row)
        if "R" in said and "S" in said:
            msg = (
                f"{said['R'].place}: a device is at location R, and another at S"
                f" ({said['S'].place}): nobody can tell which end L means; use S, M and L"
            )
            raise SourceError(msg)
        return _LEFT_TO_RIGHT if "R" in said else _LETTERED

    def read_location(self, row: CymeRow, otherwise: int) -> int:
        """Return where on its section something stands; `otherwise`, and noted, if not said."""
        text = row.read_text("location").upper()
        known = self._letters.get(text, _NUMBERED.get(text))
        if known is None:
            if text:
                self._tables.note_odd(row, "location", text, "no place on a section")
            return otherwise
        return known

    def _place_devices(self) -> dict[str, list[tuple[int, str, CymeRow]]]:
        """Return the devices on each section, in the order they stand there."""
        placed: dict[str, list[tuple[int, str, CymeRow]]] = {}
        for section, rows in self._tables.rows.items():
            table = name_device_table(section)
            if table not in SERIES_DEVICES:
                continue
            line = SERIES_DEVICES[table].word in {"cable", "line"}
            for row in rows:
                at = LINE if line else self.read_location(row, MIDDLE)
                placed.setdefault(row.read_text("sectionid"), []).append((at, table, row))
        for devices in placed.values():
            devices.sort(key=lambda device: device[0])
        return placed

    def _add_section(self, row: CymeRow, placed: dict[str, list[tuple[int, str, CymeRow]]]) -> None:
        mrid, a, b = (row.read_text(name) for name in ("sectionid", "fromnodeid", "tonodeid"))
        if not (mrid and a and b):
            msg = (
                f"{row.place}: section {mrid or '(no id)'} does not say its SectionID, FromNodeID"
                " and ToNodeID: mend the row, or its FORMAT_SECTION line"
            )
            raise SourceError(msg)
        if mrid in self.of:
            other = self.of[mrid]
            msg = (
                f"{row.place}: section {mrid} is there already ({other.row.place}): give each"
                " section an id of its own"
            )
            raise SourceError(msg)
        devices = placed.get(mrid, [])
        inner = [f"{mrid}#{at}" for at in range(1, len(devices))]
        nodes = (a, *inner, b)
        chain = tuple(
            CymeDevice(table, device.read_text("devicenumber") or mrid, device, near, far)
            for (_, table, device), near, far in zip(devices, nodes[:-1], nodes[1:], strict=False)
        )
        before_end = sum(at < END for at, _, _ in devices)
        line_at = before_end if devices else 1
        mask = self._read_phases(row, mrid)
        self.of[mrid] = CymeSection(mrid, a, b, mask, row, nodes, chain, line_at)

    def _read_phases(self, row: CymeRow, mrid: str) -> int:
        text = row.read_text("phase")
        try:
            return phases.parse_phases(text)
        except ValueError as error:
            msg = f"{row.place}: section {mrid}: {error}"
            raise SourceError(msg) from error

    def find_node(self, section: CymeSection, row: CymeRow) -> str:
        """Return the node at which something that stands on a section is joined to it."""
        at = self.read_location(row, END)
        if at == START:
            return section.node_a
        return section.node_b if at == END else section.nodes[section.line_at]

    def _note_unknown(self) -> None:
        """Tell devices that are not known: nobody can say whether current flows through them."""
        for section, rows in self._tables.rows.items():
            table = name_device_table(section)
            known = {*SERIES_DEVICES, *GENERATOR_DEVICES, *SHUNT_DEVICES, *MOTOR_DEVICES, ""}
            if table in known or not rows[0].read_text("sectionid"):
                continue
            first = rows[0]
            number = first.read_text("devicenumber")
            self._tables.add_notice(
                "unknown_device",
                f"{first.place}: [{section}] holds {len(rows):,} devices, {number} on section"
                f" {first.read_text('sectionid')} the first: left out",
                "replace them by devices that gridtwin knows if current flows through them",
            )
