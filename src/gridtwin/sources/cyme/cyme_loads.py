"""Turn loads and their customers into usage points, and what feeds in into sources."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gridtwin.errors import SourceError
from gridtwin.model import phases
from gridtwin.sources.cyme.cyme_devices import (
    GENERATOR_DEVICES,
    MOTOR_DEVICES,
    name_device_table,
)
from gridtwin.sources.frame_rows import UNKNOWN_NUMBER, FrameRows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridtwin.sources.cyme.cyme_sections import CymeSection, CymeSections
    from gridtwin.sources.cyme.cyme_tables import CymeRow, CymeTables

DISCONNECTED_LOAD = "1"
_DELTA_CONNECTIONS = frozenset({"2", "d", "delta"})
_DELTA_LETTERS = {"A": "AB", "B": "BC", "C": "CA"}
_KILO = 1e3
_FORMS = {"kwkvar": "0", "kvapf": "1", "kwpf": "2", "amppf": "3"}  # of ValueType, in words


def make_cyme_usage_points(
    tables: CymeTables, sections: CymeSections
) -> tuple[FrameRows, dict[str, list[str]]]:
    """
    Return a row for each customer of each load, and the nodes served in each network.

    A load's customer is called ``load.NUMBER``; one whose own number differs from that of the load
    ``load.NUMBER:CUSTOMER``.

    Raises
    ------
    SourceError
        If a load stands on no section, or draws on what is no phase.
    """
    rows = FrameRows(
        mrid="", name="", node="", phases="", customers=1, peak_w=UNKNOWN_NUMBER, service_class=""
    )
    served: dict[str, list[str]] = {}
    loads = {
        (row.read_text("sectionid"), row.read_text("devicenumber")): row for row in tables["loads"]
    }
    customers = _group_customers(tables)
    for key in [*loads, *(key for key in customers if key not in loads)]:
        found = customers.get(key, {})
        row = loads.get(key) or next(iter(found.values()))[0]
        section = sections.of.get(key[0])
        if section is None:
            msg = (
                f"{row.place}: load {key[1] or '(no number)'} stands on section {key[0][:80]!r},"
                " which is not in [SECTION]: export the section too"
            )
            raise SourceError(msg)
        node = sections.find_node(section, row)
        served.setdefault(section.row.network, []).append(node)
        number = key[1] or key[0]
        for customer, parts in (found or {"": []}).items():
            own = "" if customer in {"", number} else f":{customer}"
            values = _read_customer(tables, section, row, parts)
            rows.add_row(mrid=f"load.{number}{own}", name=customer or number, node=node, **values)
    _note_motors(tables)
    return rows, served


Key = tuple[str, str]


def _group_customers(tables: CymeTables) -> dict[Key, dict[str, list[CymeRow]]]:
    """Return the rows of each customer of each load, of one load model alone."""
    found: dict[Key, dict[str, list[CymeRow]]] = {}
    models = dict.fromkeys(row.read_text("loadmodelid") for row in tables["customerloads"])
    chosen = next(iter(models), "")
    if len(models) > 1:
        tables.add_notice(
            "load_models",
            f"{tables.where}: loads are there for {len(models)} load models: those of model"
            f" {chosen or '(none)'} are read",
            "export the one that counts",
        )
    for row in tables["customerloads"]:
        if row.read_text("loadmodelid") == chosen:
            key = row.read_text("sectionid"), row.read_text("devicenumber")
            of = found.setdefault(key, {})
            of.setdefault(row.read_text("customernumber"), []).append(row)
    return found


def _read_customer(
    tables: CymeTables, section: CymeSection, load: CymeRow, parts: list[CymeRow]
) -> dict[str, object]:
    """Return what a customer draws, on which phases, and how many stand behind it."""
    delta = load.read_text("connection").casefold() in _DELTA_CONNECTIONS
    used = listed = 0
    watts, count = 0.0, 0.0
    for part in parts:
        letters = _read_letters(part, section, delta=delta)
        listed |= letters
        if part.read_text("connectionstatus") == DISCONNECTED_LOAD:
            continue
        drawn = _read_watts(tables, part)
        watts += drawn
        used |= letters if drawn != 0 else 0
        behind = tables.read_amount(part, "numberofcustomer")
        count += 0.0 if math.isnan(behind) else behind
    kind = next((part.read_text("customertype") for part in parts), "")
    return {
        "phases": phases.format_phases(used or listed or section.mask),
        "peak_w": watts if parts else math.nan,
        "customers": max(1, math.ceil(min(count, 1e9))),
        "service_class": kind.casefold() if kind.casefold() in _SERVICE_CLASSES else "",
    }


_SERVICE_CLASSES = frozenset({"agricultural", "commercial", "industrial", "residential"})


def _read_letters(part: CymeRow, section: CymeSection, *, delta: bool) -> int:
    text = part.read_text("loadphase") or part.read_text("phase")
    if delta:
        text = _DELTA_LETTERS.get(text.upper(), text)
    try:
        mask = phases.parse_phases(text)
    except ValueError as error:
        number = part.read_text("devicenumber")
        msg = f"{part.place}: load {number} on section {section.mrid}: LoadPhase {error}"
        raise SourceError(msg) from error
    return mask & section.mask or mask if section.mask else mask


def _read_watts(tables: CymeTables, part: CymeRow) -> float:
    """Return the power of one row: kW, or kVA and its power factor in percent."""
    stated = part.read_text("valuetype") or "0"
    form = _FORMS.get("".join(filter(str.isalpha, stated.casefold())), stated)
    first, second = tables.read_number(part, "value1"), tables.read_number(part, "value2")
    if form == "1":
        watts = first * abs(second) / 100
    elif form in {"0", "2"}:
        watts = first
    else:
        watts = math.nan  # amperes, or a form nobody knows
    return max(watts, 0.0) * _KILO if not math.isnan(watts) else math.nan


def _note_motors(tables: CymeTables) -> None:
    for section, rows in tables.rows.items():
        if name_device_table(section) in MOTOR_DEVICES:
            tables.add_notice(
                "motor",
                f"{rows[0].place}: [{section}] holds {len(rows):,} motors: left out",
                "model them as loads if customers stand behind them",
            )


def make_cyme_sources(tables: CymeTables, sections: CymeSections) -> tuple[FrameRows, FrameRows]:
    """
    Return a row for each source and each generator, which is a ``der``; and the substations.

    What is in [SOURCE] supplies, and head nodes with an equivalent source; where there are
    neither, the head nodes alone.

    Raises
    ------
    SourceError
        If a source names no node.
    """
    rows = FrameRows(mrid="", node="", kind="der", substation="", in_service=True)
    stations = FrameRows(mrid="", name="")
    taken: set[str] = set()
    for row, node, number, name in _iterate_sources(tables):
        if not node:
            msg = f"{row.place}: source {number or '(no number)'} does not say its NodeID: add it"
            raise SourceError(msg)
        if node in taken:
            continue
        taken.add(node)
        station = f"substation.{node}"
        rows.add_row(mrid=f"source.{node}", node=node, kind="substation", substation=station)
        stations.add_row(mrid=station, name=name or number or node)
    if not taken:
        tables.add_notice(
            "no_supply",
            f"{tables.where}: no [SOURCE] and no head node supplies it",
            "export the network together with its source",
        )
    _add_generators(tables, sections, rows)
    return rows, stations


def _iterate_sources(tables: CymeTables) -> Iterator[tuple[CymeRow, str, str, str]]:
    """Yield the row, node, number and name of all that may supply."""
    for row in tables["source"]:
        yield row, row.read_text("nodeid"), row.read_text("devicenumber"), row.read_text("sourceid")
    heads = {row.read_text("nodeid"): row for row in tables["headnodes"]}
    for word, row in tables.networks.values():
        if word == "feeder" and row.read_text("headnodeid"):
            heads.setdefault(row.read_text("headnodeid"), row)
    equivalent = {row.read_text("nodeid") for row in tables["sourceequivalent"]}
    for node, row in heads.items():
        if node and (node in equivalent or not (tables["source"] or equivalent)):
            yield row, node, "", row.read_text("networkid")


def _add_generators(tables: CymeTables, sections: CymeSections, rows: FrameRows) -> None:
    for table, listed in tables.rows.items():
        word = name_device_table(table)
        if word not in GENERATOR_DEVICES:
            continue
        for row in listed:
            section = sections.of.get(row.read_text("sectionid"))
            number = row.read_text("devicenumber") or row.read_text("sectionid")
            if section is None:
                tables.add_notice(
                    "dangling_reference",
                    f"{row.place}: {word} {number} stands on no section of [SECTION]: left out",
                    "export the section too",
                )
                continue
            rows.add_row(
                mrid=f"{word}.{number}",
                node=sections.find_node(section, row),
                in_service=row.read_text("connectionstatus") != DISCONNECTED_LOAD,
            )
