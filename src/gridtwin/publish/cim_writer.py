"""
Write a network as one CIM100 file that other programs read, and that is read again as it was.

What CIM has words for is said in them. What it has none for, such as what is operated by remote
control, stands beside in properties of a namespace of its own, which other readers pass over.
"""

from __future__ import annotations

import math
import re
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

import shapely

from gridtwin.errors import InputError
from gridtwin.model import cim, phases
from gridtwin.sources.cim.cim_classes import OWN_NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from gridtwin.model.network import Network

CIM_NAMESPACE = "http://iec.ch/TC57/CIM100#"
CLASS_OF_KIND = {
    "ac_line_segment": "ACLineSegment",
    "busbar": "ACLineSegment",
    "service_drop": "ACLineSegment",
    "breaker": "Breaker",
    "recloser": "Recloser",
    "fuse": "Fuse",
    "sectionaliser": "Sectionaliser",
    "load_break_switch": "LoadBreakSwitch",
    "disconnector": "Disconnector",
    "jumper": "Jumper",
    "power_transformer": "PowerTransformer",
    "voltage_regulator": "PowerTransformer",
    "series_reactor": "SeriesCompensator",
}
WORDLESS_KINDS = frozenset({"busbar", "service_drop", "voltage_regulator"})
CLASS_OF_SOURCE = {
    "substation": "EnergySource",
    "feeder_head": "EnergySource",
    "der": "EquivalentInjection",
}
WHOLE_CODES = frozenset({"", "ABC"})  # phase codes that need no phase objects
LEG_BITS = phases.S1 | phases.S2
SAFE_IN_IDS = ":-._~()*+,;=@!$/"
UNRECORDED_CODE = "PhaseCode.none"
WGS84_URN = "urn:ogc:def:crs:EPSG::4326"
_LETTER = re.compile(r"s1|s2|[ABCN]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
Row = dict[str, Any]


def write_cim(network: Network, path: Path) -> None:
    """
    Write a network as CIM100, all of it or nothing.

    Parameters
    ----------
    network
        The network.
    path
        The ``.xml`` file; one that is there already is replaced.

    Raises
    ------
    InputError
        If the name does not end in .xml, its folder is missing, or one id names two things.
    """
    if path.suffix.casefold() != ".xml" or not path.parent.is_dir() or path.is_dir():
        msg = f"{path}: give a name that ends in .xml, in a folder that is there"
        raise InputError(msg)
    taken = _require_distinct_ids(network)
    partial = path.with_name(f".{path.stem}.partial.xml")
    try:
        with partial.open("w", encoding="utf-8") as file:
            CimWriter(network, file, taken).write_all()
        partial.replace(path)
    except OSError as error:
        msg = f"{path}: cannot be written there: {error.strerror}"
        raise InputError(msg) from error
    finally:
        partial.unlink(missing_ok=True)


def _require_distinct_ids(network: Network) -> set[str]:
    """Return the ids of all but nodes; refuse those that two things share."""
    seen: dict[str, str] = {}
    for table in ("equipment", "usage_points", "sources", "substations", "feeders"):
        for mrid in getattr(network, table)["mrid"]:
            if mrid in seen:
                msg = (
                    f"{mrid} is an id of {seen[mrid]} and of {table}: in CIM an id names one thing;"
                    " rename one of them"
                )
                raise InputError(msg)
            seen[mrid] = table
    return set(seen)


class CimWriter:
    """
    What writes one network.

    Parameters
    ----------
    network
        The network.
    file
        Where to, as text.
    taken
        The ids of other things than nodes: a node that shares one is called ``ID:N``.
    """

    def __init__(self, network: Network, file: IO[str], taken: set[str]) -> None:
        self._network, self._file, self._taken = network, file, taken
        self._points = dict(
            zip(network.nodes["mrid"], shapely.get_coordinates(network.nodes["geometry"]).tolist(),
                strict=True)
        )  # fmt: skip

    def write_all(self) -> None:
        """Write the whole file."""
        self._file.write(
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
            f' xmlns:cim="{CIM_NAMESPACE}" xmlns:own="{OWN_NAMESPACE}">\n'
        )
        if self._network.crs is not None:
            self._write("CoordinateSystem", "CRS", {"CoordinateSystem.crsUrn": WGS84_URN})
        self._write_nodes()
        self._write_junctions()
        for row in _iterate_rows(self._network.substations):
            values = {"IdentifiedObject.name": row["name"], "own:ratedPower": row["rated_va"]}
            self._write("Substation", row["mrid"], values)
            if row["geometry"] is not None and not shapely.is_empty(row["geometry"]):
                self._write_location(row["mrid"], [[row["geometry"].x, row["geometry"].y]])
        for row in _iterate_rows(self._network.equipment):
            self._write_equipment(row)
        for row in _iterate_rows(self._network.usage_points):
            self._write_usage_point(row)
        for row in _iterate_rows(self._network.sources):
            self._write_source(row)
        for row in _iterate_rows(self._network.feeders):
            values = {
                "IdentifiedObject.name": row["name"],
                "Feeder.NormalEnergizingSubstation": _refer(row["substation"]),
                "Feeder.NormalHeadTerminal": _refer(f"{row['head']}:T1"),
            }
            self._write("Feeder", row["mrid"], values)
        self._file.write("</rdf:RDF>\n")

    def _write(self, kind: str, mrid: str, values: Row) -> None:
        """Write one object; a reference is a tuple, and what says nothing is left out."""
        identity = quoteattr(f"#_{quote(mrid, safe=SAFE_IN_IDS)}")
        lines = [f"<cim:{kind} rdf:about={identity}>"]
        for name, value in values.items():
            tag = name if ":" in name else f"cim:{name}"
            if isinstance(value, tuple):
                lines.append(f"<{tag} rdf:resource={quoteattr(value[0])}/>")
            elif (text := _format_value(value)) != "":
                lines.append(f"<{tag}>{text}</{tag}>")
        lines.append(f"</cim:{kind}>\n")
        self._file.write("\n".join(lines))

    def _write_nodes(self) -> None:
        levels: dict[float, str] = {}
        rows = list(_iterate_rows(self._network.nodes))
        for row in rows:
            volts = float(row["nominal_v"])
            if volts > 0 and volts not in levels:
                base = levels[volts] = f"level:{_format_value(volts)}"
                self._write("BaseVoltage", f"{base}:V", {"BaseVoltage.nominalVoltage": volts})
                self._write("VoltageLevel", base, {"VoltageLevel.BaseVoltage": _refer(f"{base}:V")})
        for row in rows:
            level = levels.get(float(row["nominal_v"]), "")
            values = {"ConnectivityNode.ConnectivityNodeContainer": _refer(level)}
            self._write("ConnectivityNode", self._name_node(row["mrid"]), values)

    def _name_node(self, mrid: str) -> str:
        return f"{mrid}:N" if mrid in self._taken else mrid

    def _write_terminals(self, mrid: str, nodes: Iterable[str], limits: str = "") -> None:
        for number, node in enumerate(nodes, 1):
            values = {
                "Terminal.ConductingEquipment": _refer(mrid),
                "Terminal.ConnectivityNode": _refer(self._name_node(node)),
                "ACDCTerminal.sequenceNumber": number,
                "ACDCTerminal.OperationalLimitSet": _refer(limits if number == 1 else ""),
            }
            self._write("Terminal", f"{mrid}:T{number}", values)

    def _write_location(self, mrid: str, points: list[list[float]]) -> None:
        location = f"{mrid}:L"
        values: Row = {"Location.PowerSystemResources": _refer(mrid)}
        if self._network.crs is not None:
            values["Location.CoordinateSystem"] = _refer("CRS")
        self._write("Location", location, values)
        for number, (x, y) in enumerate(points, 1):
            values = {
                "PositionPoint.Location": _refer(location),
                "PositionPoint.sequenceNumber": number,
                "PositionPoint.xPosition": repr(float(x)),
                "PositionPoint.yPosition": repr(float(y)),
            }
            self._write("PositionPoint", f"{location}:{number}", values)

    def _write_equipment(self, row: Row) -> None:
        mrid, kind, family = row["mrid"], row["kind"], CLASS_OF_KIND[row["kind"]]
        code = cim.kind_code(kind)
        usual = cim.CONTROLS[cim.USUAL_CONTROL[code]]
        transforms = family == "PowerTransformer"
        values: Row = {
            "IdentifiedObject.name": row["name"],
            "Equipment.normallyInService": None if row["in_service"] else False,
            "own:kind": kind if kind in WORDLESS_KINDS else "",
            "own:placement": row["placement"],
            "own:control": row["control"] if row["control"] != usual else "",
            "own:phases": _say_phases(row["phases"], named=not transforms or "N" in row["phases"]),
            "own:ratedPower": ""
            if transforms and row["phases"] in WHOLE_CODES
            else row["rated_va"],
        }
        if transforms:
            values["PowerTransformer.vectorGroup"] = row["vector_group"]
            values |= {"own:length": row["length_m"], "own:ratedCurrent": row["rated_a"]}
            values["own:open"] = row["normal_open"]
        else:
            values["own:vectorGroup"] = row["vector_group"]
            values["Conductor.length"] = row["length_m"]
        limits = ""
        if cim.IS_SWITCH[code]:
            every = row["phases"] or "ABC"
            values["Switch.normalOpen"] = row["normal_open"] == every
            values["Switch.ratedCurrent"] = row["rated_a"]
        elif not transforms:
            values["own:open"] = row["normal_open"]
            if not math.isnan(row["rated_a"]):
                limits = f"{mrid}:I"
                self._write("OperationalLimitSet", limits, {})
                of = {"OperationalLimit.OperationalLimitSet": _refer(limits)}
                value = {"CurrentLimit.value": row["rated_a"]}
                self._write("CurrentLimit", f"{mrid}:I1", of | value)
        self._write(family, mrid, values)
        self._write_terminals(mrid, (row["node_a"], row["node_b"]), limits)
        if transforms:
            self._write_ends(row)
        elif cim.IS_SWITCH[code]:
            self._write_poles(row)
        elif family == "ACLineSegment" and row["phases"] not in WHOLE_CODES:
            self._write_letters(family, row)
        self._write_location(mrid, shapely.get_coordinates(row["geometry"]).tolist())

    def _write_poles(self, row: Row) -> None:
        """Write each pole of a switch that has not all three, or of which some stand open."""
        every = row["phases"] or "ABC"
        opened = _LETTER.findall(row["normal_open"])
        if row["phases"] in WHOLE_CODES and row["normal_open"] in {"", every}:
            return
        for letter in _LETTER.findall(every):
            side = (f"{CIM_NAMESPACE}SinglePhaseKind.{letter}",)
            values: Row = {
                "SwitchPhase.Switch": _refer(row["mrid"]),
                "SwitchPhase.phaseSide1": side,
                "SwitchPhase.phaseSide2": side,
                "SwitchPhase.normalOpen": letter in opened,
            }
            self._write("SwitchPhase", f"{row['mrid']}:{letter}", values)

    def _write_letters(self, family: str, row: Row) -> None:
        for letter in _LETTER.findall(row["phases"]):
            values = {
                f"{family}Phase.{family}": _refer(row["mrid"]),
                f"{family}Phase.phase": (f"{CIM_NAMESPACE}SinglePhaseKind.{letter}",),
            }
            self._write(f"{family}Phase", f"{row['mrid']}:{letter}", values)

    def _write_ends(self, row: Row) -> None:
        """Write the ends of a transformer: a tank's where it has not all three phases."""
        mrid, mask = row["mrid"], phases.parse_phases(row["phases"])
        whole = row["phases"] in WHOLE_CODES
        family, owner = ("PowerTransformer", mrid) if whole else ("TransformerTank", f"{mrid}:K")
        if not whole:
            self._write(
                "TransformerTank", owner, {"TransformerTank.PowerTransformer": _refer(mrid)}
            )
        letters, legs = (
            phases.format_phases(mask & phases.ABC),
            phases.format_phases(mask & LEG_BITS),
        )
        for number, code in enumerate((letters or legs, legs or letters), 1):
            values: Row = {
                f"{family}End.{family}": _refer(owner),
                "TransformerEnd.endNumber": number,
                "TransformerEnd.Terminal": _refer(f"{mrid}:T{number}"),
                "PowerTransformerEnd.ratedS": row["rated_va"] if whole else "",
            }
            if not whole:
                ordered = f"{CIM_NAMESPACE}OrderedPhaseCodeKind.{_order_code(code)}"
                values["TransformerTankEnd.orderedPhases"] = (ordered,)
            self._write(f"{family}End", f"{mrid}:E{number}", values)

    def _write_usage_point(self, row: Row) -> None:
        values = {
            "IdentifiedObject.name": row["name"],
            "EnergyConsumer.customerCount": row["customers"],
            "EnergyConsumer.p": row["peak_w"],
            "own:phases": _say_phases(row["phases"], named=False),
            "own:serviceClass": row["service_class"],
            "own:priority": row["priority"],
            "own:transformer": row["transformer"],
        }
        self._write("EnergyConsumer", row["mrid"], values)
        self._write_terminals(row["mrid"], (row["node"],))
        if row["phases"] not in WHOLE_CODES:
            self._write_letters("EnergyConsumer", row)
        self._write_location(row["mrid"], shapely.get_coordinates(row["geometry"]).tolist())

    def _write_source(self, row: Row) -> None:
        family = CLASS_OF_SOURCE[row["kind"]]
        values = {
            "Equipment.EquipmentContainer": _refer(row["substation"]),
            "Equipment.normallyInService": None if row["in_service"] else False,
            "own:kind": row["kind"] if row["kind"] == "feeder_head" else "",
            "own:phases": _say_phases(row["phases"], named=True),
            "own:ratedPower": row["rated_va"],
        }
        self._write(family, row["mrid"], values)
        self._write_terminals(row["mrid"], (row["node"],))

    def _write_junctions(self) -> None:
        """Write a Junction where a node lies elsewhere than what ends there would tell."""
        told: dict[str, list[float]] = {}
        for row in _iterate_rows(self._network.equipment):
            course = shapely.get_coordinates(row["geometry"]).tolist()
            told.setdefault(row["node_a"], course[0])
            told.setdefault(row["node_b"], course[-1])
        for row in _iterate_rows(self._network.usage_points):
            told.setdefault(row["node"], [row["geometry"].x, row["geometry"].y])
        for node, point in self._points.items():
            if told.get(node) != point:
                self._write("Junction", f"{node}:J", {})
                self._write_terminals(f"{node}:J", (node,))
                self._write_location(f"{node}:J", [point])


def _iterate_rows(frame: Any) -> Iterator[Row]:
    columns = list(frame)
    for values in zip(*(frame[column].tolist() for column in columns), strict=True):
        yield dict(zip(columns, values, strict=True))


def _refer(mrid: str) -> tuple[str] | str:
    return (f"#_{quote(mrid, safe=SAFE_IN_IDS)}",) if mrid else ""


def _say_phases(code: str, *, named: bool) -> str:
    """Return what CIM cannot say: that none are recorded, or those of what has no phase objects."""
    if not code:
        return UNRECORDED_CODE
    return code if named and code != "ABC" else ""


def _order_code(code: str) -> str:
    return code.replace("s1s2", "s12N") if "s" in code else f"{code}N" if len(code) == 1 else code


def _format_value(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.9g}"  # as many digits as a column of the network holds
    return escape(_CONTROL.sub(" ", str(value)))
