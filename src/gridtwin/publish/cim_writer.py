"""
Write a network as a CIM100 file that other programs read, and that is read again as it was.

What CIM has words for is said in them. What it has none for, such as what is operated by remote
control, stands beside in properties of a namespace of its own, which other readers pass over.
"""

from __future__ import annotations

import math
import re
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

import shapely

from gridtwin.errors import InputError
from gridtwin.model import cim, phases
from gridtwin.model.schema import SCHEMA
from gridtwin.publish.cim_values import (
    SAFE_IN_IDS,
    format_value,
    order_code,
    refer_to,
    say_phases,
)
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
WGS84_URN = "urn:ogc:def:crs:EPSG::4326"
_LETTER = re.compile(r"s1|s2|[ABCN]")
Row = dict[str, Any]
Frames = dict[str, Any]


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
    taken = require_distinct_ids(network)
    frames = show_frames(network)
    partial = path.with_name(f".{path.stem}.partial.xml")
    try:
        with partial.open("w", encoding="utf-8") as file:
            CimWriter(frames, file, taken, located=network.crs is not None).write_all()
        partial.replace(path)
    except OSError as error:
        msg = f"{path}: cannot be written there: {error.strerror}"
        raise InputError(msg) from error
    finally:
        partial.unlink(missing_ok=True)


def show_frames(network: Network) -> Frames:
    """Return the frames of a network by their names."""
    return {name: getattr(network, name) for name in SCHEMA}


def require_distinct_ids(network: Network) -> set[str]:
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
    What writes one file.

    Parameters
    ----------
    frames
        The rows it holds, by the names of their frames.
    file
        Where to, as text.
    taken
        The ids of other things than nodes: a node that shares one is called ``ID:N``.
    located
        Whether coordinates are places on earth.
    points
        The place of each node the rows name; those of `frames` by default.
    settled
        Nodes whose places files before this one tell; those that this one tells are added.
    """

    def __init__(
        self,
        frames: Frames,
        file: IO[str],
        taken: set[str],
        *,
        located: bool,
        points: dict[str, list[float]] | None = None,
        settled: set[str] | None = None,
    ) -> None:
        self._frames, self._file, self._taken = frames, file, taken
        self._located = located
        self._points = find_points(frames) if points is None else points
        self._settled = set() if settled is None else settled

    def write_all(self) -> None:
        """Write the whole file."""
        self._file.write(
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
            f' xmlns:cim="{CIM_NAMESPACE}" xmlns:own="{OWN_NAMESPACE}">\n'
        )
        if self._located:
            self._write("CoordinateSystem", "CRS", {"CoordinateSystem.crsUrn": WGS84_URN})
        self._write_nodes()
        self._write_junctions()
        for row in _iterate_rows(self._frames["substations"]):
            values = {"IdentifiedObject.name": row["name"], "own:ratedPower": row["rated_va"]}
            self._write("Substation", row["mrid"], values)
            if row["geometry"] is not None and not shapely.is_empty(row["geometry"]):
                self._write_location(row["mrid"], [[row["geometry"].x, row["geometry"].y]])
        for row in _iterate_rows(self._frames["equipment"]):
            self._write_equipment(row)
        for row in _iterate_rows(self._frames["usage_points"]):
            self._write_usage_point(row)
        for row in _iterate_rows(self._frames["sources"]):
            self._write_source(row)
        for row in _iterate_rows(self._frames["feeders"]):
            values = {
                "IdentifiedObject.name": row["name"],
                "Feeder.NormalEnergizingSubstation": refer_to(row["substation"]),
                "Feeder.NormalHeadTerminal": refer_to(f"{row['head']}:T1"),
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
            elif (text := format_value(value)) != "":
                lines.append(f"<{tag}>{text}</{tag}>")
        lines.append(f"</cim:{kind}>\n")
        self._file.write("\n".join(lines))

    def _write_nodes(self) -> None:
        levels: dict[float, str] = {}
        rows = list(_iterate_rows(self._frames["nodes"]))
        for row in rows:
            volts = float(row["nominal_v"])
            if volts > 0 and volts not in levels:
                base = levels[volts] = f"level:{format_value(volts)}"
                self._write("BaseVoltage", f"{base}:V", {"BaseVoltage.nominalVoltage": volts})
                self._write(
                    "VoltageLevel", base, {"VoltageLevel.BaseVoltage": refer_to(f"{base}:V")}
                )
        for row in rows:
            level = levels.get(float(row["nominal_v"]), "")
            values = {"ConnectivityNode.ConnectivityNodeContainer": refer_to(level)}
            self._write("ConnectivityNode", self._name_node(row["mrid"]), values)

    def _name_node(self, mrid: str) -> str:
        return f"{mrid}:N" if mrid in self._taken else mrid

    def _write_terminals(self, mrid: str, nodes: Iterable[str], limits: str = "") -> None:
        for number, node in enumerate(nodes, 1):
            values = {
                "Terminal.ConductingEquipment": refer_to(mrid),
                "Terminal.ConnectivityNode": refer_to(self._name_node(node)),
                "ACDCTerminal.sequenceNumber": number,
                "ACDCTerminal.OperationalLimitSet": refer_to(limits if number == 1 else ""),
            }
            self._write("Terminal", f"{mrid}:T{number}", values)

    def _write_location(self, mrid: str, points: list[list[float]]) -> None:
        location = f"{mrid}:L"
        values: Row = {"Location.PowerSystemResources": refer_to(mrid)}
        if self._located:
            values["Location.CoordinateSystem"] = refer_to("CRS")
        self._write("Location", location, values)
        for number, (x, y) in enumerate(points, 1):
            values = {
                "PositionPoint.Location": refer_to(location),
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
            "own:phases": say_phases(row["phases"], named=not transforms or "N" in row["phases"]),
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
                of = {"OperationalLimit.OperationalLimitSet": refer_to(limits)}
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
                "SwitchPhase.Switch": refer_to(row["mrid"]),
                "SwitchPhase.phaseSide1": side,
                "SwitchPhase.phaseSide2": side,
                "SwitchPhase.normalOpen": letter in opened,
            }
            self._write("SwitchPhase", f"{row['mrid']}:{letter}", values)

    def _write_letters(self, family: str, row: Row) -> None:
        for letter in _LETTER.findall(row["phases"]):
            values = {
                f"{family}Phase.{family}": refer_to(row["mrid"]),
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
                "TransformerTank", owner, {"TransformerTank.PowerTransformer": refer_to(mrid)}
            )
        letters, legs = (
            phases.format_phases(mask & phases.ABC),
            phases.format_phases(mask & LEG_BITS),
        )
        for number, code in enumerate((letters or legs, legs or letters), 1):
            values: Row = {
                f"{family}End.{family}": refer_to(owner),
                "TransformerEnd.endNumber": number,
                "TransformerEnd.Terminal": refer_to(f"{mrid}:T{number}"),
                "PowerTransformerEnd.ratedS": row["rated_va"] if whole else "",
            }
            if not whole:
                ordered = f"{CIM_NAMESPACE}OrderedPhaseCodeKind.{order_code(code)}"
                values["TransformerTankEnd.orderedPhases"] = (ordered,)
            self._write(f"{family}End", f"{mrid}:E{number}", values)

    def _write_usage_point(self, row: Row) -> None:
        values = {
            "IdentifiedObject.name": row["name"],
            "EnergyConsumer.customerCount": row["customers"],
            "EnergyConsumer.p": row["peak_w"],
            "own:phases": say_phases(row["phases"], named=False),
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
            "Equipment.EquipmentContainer": refer_to(row["substation"]),
            "Equipment.normallyInService": None if row["in_service"] else False,
            "own:kind": row["kind"] if row["kind"] == "feeder_head" else "",
            "own:phases": say_phases(row["phases"], named=True),
            "own:ratedPower": row["rated_va"],
        }
        self._write(family, row["mrid"], values)
        self._write_terminals(row["mrid"], (row["node"],))

    def _write_junctions(self) -> None:
        """Write a Junction where a node lies elsewhere than what ends there would tell."""
        told: dict[str, list[float]] = {}
        for row in _iterate_rows(self._frames["equipment"]):
            course = shapely.get_coordinates(row["geometry"]).tolist()
            told.setdefault(row["node_a"], course[0])
            told.setdefault(row["node_b"], course[-1])
        for row in _iterate_rows(self._frames["usage_points"]):
            told.setdefault(row["node"], [row["geometry"].x, row["geometry"].y])
        own = dict.fromkeys(self._frames["nodes"]["mrid"]) | told
        for node in own:
            point = self._points[node]
            if node not in self._settled and told.get(node) != point:
                self._write("Junction", f"{node}:J", {})
                self._write_terminals(f"{node}:J", (node,))
                self._write_location(f"{node}:J", [point])
        self._settled.update(own)


def find_points(frames: Frames) -> dict[str, list[float]]:
    """Return the place of each node."""
    nodes = frames["nodes"]
    points = shapely.get_coordinates(nodes["geometry"]).tolist()
    return dict(zip(nodes["mrid"], points, strict=True))


def _iterate_rows(frame: Any) -> Iterator[Row]:
    columns = list(frame)
    for values in zip(*(frame[column].tolist() for column in columns), strict=True):
        yield dict(zip(columns, values, strict=True))
