"""Turn the devices of sections into rows of equipment, with their ratings."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gridtwin.errors import SourceError
from gridtwin.model import phases
from gridtwin.model.cim import IS_SWITCH, KIND_CODE
from gridtwin.sources.cyme.cyme_devices import SERIES_DEVICES
from gridtwin.sources.frame_rows import make_equipment_rows

if TYPE_CHECKING:
    from gridtwin.sources.cyme.cyme_sections import CymeDevice, CymeSection, CymeSections
    from gridtwin.sources.cyme.cyme_tables import CymeRow, CymeTables

METERS_PER_FOOT = 0.3048
USUAL_EQUIPMENT = "DEFAULT"  # what CYME gives where nobody chose: no rating of anything real
CONNECTED, DISCONNECTED = "0", "1"
_LINE_TABLES = ("line", "lineunbalanced", "cable", "concentricneutralcable", "shieldedcable")
_CONDUCTORS = ("condida", "condidb", "condidc")


class CymeEquipment:
    """
    The equipment of a model, row by row.

    Parameters
    ----------
    tables, sections
        Its tables, and its sections.
    """

    def __init__(self, tables: CymeTables, sections: CymeSections) -> None:
        self.rows = make_equipment_rows()
        self.lines: dict[str, str] = {}  # section: the id of its line
        self.members: dict[str, list[int]] = {}  # network: rows of its sections
        self.stars: dict[str, str] = {}  # node in the middle of a transformer: a node beside it
        self.changes: dict[str, tuple[str, float]] = {}  # transformer: its primary node, far kV
        self._tables = tables
        self._numbers: dict[str, int] = {}
        self._rated = _index_equipment(tables)
        bare: list[CymeSection] = []
        for section in sections.of.values():
            if not section.devices and section.node_a != section.node_b:
                bare.append(section)
                self._add_bare(section)
            for device in section.devices:
                self._add_device(section, device)
        self._note_bare(bare)

    def _add(self, section: CymeSection, **values: object) -> None:
        self.members.setdefault(section.row.network, []).append(len(self.rows))
        self.rows.add_row(**values)

    def _add_bare(self, section: CymeSection) -> None:
        mrid = self._name(f"section.{section.mrid}", section.row)
        self.lines[section.mrid] = mrid
        self._add(
            section, mrid=mrid, name=section.mrid, kind="ac_line_segment", node_a=section.node_a,
            node_b=section.node_b, phases=phases.format_phases(section.mask),
        )  # fmt: skip

    def _note_bare(self, bare: list[CymeSection]) -> None:
        if bare:
            self._tables.add_notice(
                "bare_section",
                f"{len(bare):,} sections hold nothing that current flows through,"
                f" {bare[0].mrid} at {bare[0].row.place} the first: their two nodes are taken as"
                " joined",
                "leave them out of the model if they are open",
            )

    def _name(self, wanted: str, row: CymeRow) -> str:
        """Return an id for what is called so; a number added, and told, where it is taken."""
        count = self._numbers[wanted] = self._numbers.get(wanted, 0) + 1
        if count == 1:
            return wanted
        name = self._name(f"{wanted}#{count}", row)
        said = f"{row.place}: {wanted} is there already: this one is called {name}"
        self._tables.add_notice("duplicate_id", said, "give each device a number of its own")
        return name

    def _add_device(self, section: CymeSection, device: CymeDevice) -> None:
        known = SERIES_DEVICES[device.table]
        row = device.row
        mrid = self._name(f"{known.word}.{device.number}", row)
        if device.node_a == device.node_b:
            said = f"{row.place}: {mrid} has both ends at node {device.node_a}: it joins nothing"
            self._tables.add_notice("one_sided", said, "give its section two nodes")
        mask = section.mask or phases.ABC
        switch = bool(IS_SWITCH[KIND_CODE[known.kind]])
        opened = self._read_open(section, row, mask, mrid) if switch else 0
        line = known.word in {"cable", "line"}
        if line:
            self.lines[section.mrid] = mrid
        values: dict[str, object] = {
            "mrid": mrid,
            "name": device.number,
            "kind": known.kind,
            "node_a": device.node_a,
            "node_b": device.node_b,
            "phases": phases.format_phases(section.mask),
            "normal_open": True if opened == mask else phases.format_phases(opened),
            "rated_a": math.nan if "transformer" in device.table else self._read_amperes(device),
            "rated_va": math.nan,
            "length_m": self._read_length(row) if line else math.nan,
            "placement": known.placement or _tell_placement(row),
            "in_service": self._is_connected(row, mrid),
        }
        if known.kind == "power_transformer":
            self._add_transformer(section, device, values)
        else:
            self._add(section, **values)

    def _add_transformer(
        self, section: CymeSection, device: CymeDevice, values: dict[str, object]
    ) -> None:
        """Add a transformer: one row between two nodes, or a star of three windings."""
        equipment = self._find_equipment(device, device.table)
        if equipment is not None:
            values["rated_va"] = self._tables.read_amount(equipment, "kva") * 1e3
            far = self._tables.read_amount(equipment, "kvllsec")
            fed = device.row.read_text("fromnodeid")
            primary = device.node_b if fed == section.node_b else device.node_a
            self.changes[str(values["mrid"])] = (primary, far)
        third = device.row.read_text("tertiarynodeid")
        if not third:
            self._add(section, **values)
            return
        mrid, star = values["mrid"], f"{values['mrid']}#star"
        self.stars[star] = device.node_a
        for at, node in enumerate((device.node_a, device.node_b, third), 1):
            name = mrid if at == 1 else f"{mrid}#{at}"
            self._add(section, **{**values, "mrid": name, "node_a": node, "node_b": star})

    def _read_open(self, section: CymeSection, row: CymeRow, mask: int, mrid: str) -> int:
        """Return the phases that stand open: those that are not in ``ClosedPhase``."""
        text = row.read_text("closedphase")
        if text.upper() == "NONE":
            return mask
        if not text:
            self._tables.add_notice(
                "unknown_state",
                f"{row.place}: {mrid} does not say ClosedPhase: it is taken as closed",
                "export the model with the column ClosedPhase",
            )
            return 0
        try:
            closed = phases.parse_phases(text)
        except ValueError as error:
            msg = (
                f"{row.place}: {mrid} on section {section.mrid}: ClosedPhase {error}; or NONE where"
                " it is open"
            )
            raise SourceError(msg) from error
        return mask & phases.ABC & ~closed

    def _is_connected(self, row: CymeRow, mrid: str) -> bool:
        text = row.read_text("connectionstatus") or CONNECTED
        if text == DISCONNECTED:
            said = f"{row.place}: {mrid} is disconnected: it is out of service"
            self._tables.add_notice("disconnected", said, "connect it if it is in service")
        elif text != CONNECTED:
            self._tables.note_odd(row, "connectionstatus", text, "neither 0 nor 1")
        return text != DISCONNECTED

    def _read_length(self, row: CymeRow) -> float:
        length = self._tables.read_amount(row, "length")
        return length * METERS_PER_FOOT if self._tables.imperial else length

    def _find_equipment(self, device: CymeDevice, table: str) -> CymeRow | None:
        chosen = device.row.read_text("eqid")
        if not chosen or chosen.upper() == USUAL_EQUIPMENT:
            return None
        return self._rated.get((table, chosen))

    def _read_amperes(self, device: CymeDevice) -> float:
        """Return the rated current: of its equipment, its cable, or its weakest conductor."""
        known = SERIES_DEVICES[device.table]
        if known.rated_in:
            equipment = self._find_equipment(device, known.rated_in)
            return math.nan if equipment is None else self._read_least(equipment)
        rated: list[float] = []
        wanted = [(table, device.row.read_text("linecableid")) for table in _LINE_TABLES]
        wanted += [("conductor", device.row.read_text(column)) for column in _CONDUCTORS]
        for table, chosen in wanted:
            equipment = self._rated.get((table, chosen)) if chosen else None
            if equipment is not None and chosen.upper() != USUAL_EQUIPMENT:
                rated.append(self._read_least(equipment))
        return min((value for value in rated if value > 0), default=math.nan)

    def _read_least(self, equipment: CymeRow) -> float:
        stated = (
            self._tables.read_amount(equipment, name)
            for name in ("amps", "ampsa", "ampsb", "ampsc")
        )
        return min((value for value in stated if value > 0), default=math.nan)


def _index_equipment(tables: CymeTables) -> dict[tuple[str, str], CymeRow]:
    wanted = {*_LINE_TABLES, "conductor"}
    wanted |= {known.rated_in for known in SERIES_DEVICES.values() if known.rated_in}
    return {
        (table, row.read_text("id")): row
        for table in wanted
        for row in tables[table]
        if row.read_text("id")
    }


def _tell_placement(row: CymeRow) -> str:
    return {"1": "overhead", "0": "underground"}.get(row.read_text("overhead"), "")
