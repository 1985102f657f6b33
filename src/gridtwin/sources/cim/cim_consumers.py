"""Turn consumers and metering points into usage points, and what feeds in into sources."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gridtwin.errors import SourceError
from gridtwin.model import phases
from gridtwin.sources.cim.cim_classes import (
    CONSUMER_CLASSES,
    FEEDING_CLASSES,
    GRID_CLASSES,
    SOURCE_CLASSES,
)
from gridtwin.sources.frame_rows import UNKNOWN_NUMBER, FrameRows

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    import shapely

    from gridtwin.sources.cim.cim_merging import CimModel
    from gridtwin.sources.cim.cim_phases import CimPhases
    from gridtwin.sources.cim.cim_rows import CimUnits
    from gridtwin.sources.cim.cim_terminals import CimEnd, CimTerminals


def is_in_service(model: CimModel, mrid: str) -> bool:
    """Return whether equipment is in service: by design, and as its state says."""
    return all(
        model.read_flag("equipment", mrid, column) is not False
        for column in ("normallyInService", "inService")
    )


def find_single_end(model: CimModel, terminals: CimTerminals, mrid: str) -> CimEnd | None:
    """Return where a consumer or a source stands; None, and noted, where nothing tells."""
    ends = terminals.of.get(mrid)
    if ends:
        return ends[0]
    model.add_notice(
        "no_terminal",
        f"{model['equipment'].read_class(mrid)} {mrid} has no terminal: left out",
        "add the file that defines its terminal",
    )
    return None


def make_usage_points(
    model: CimModel,
    terminals: CimTerminals,
    recorded: CimPhases,
    units: CimUnits,
    find_point: Callable[[str, str], shapely.Point | None],
) -> FrameRows:
    """
    Return a row for each consumer, or for each UsagePoint of one that has some.

    One out of service serves no customer and draws nothing.
    """
    rows = FrameRows(
        mrid="", name="", node="", phases="", customers=1, peak_w=UNKNOWN_NUMBER, geometry=None,
        service_class="", priority="", transformer="",
    )  # fmt: skip
    table = model["equipment"]
    meters: dict[str, list[str]] = {}
    for point, consumer in model["usage_point"].iterate_pairs("Equipments"):
        meters.setdefault(consumer, []).append(point)
    for mrid, row in table.rows.items():
        if table.kinds[row] not in CONSUMER_CLASSES:
            continue
        end = find_single_end(model, terminals, mrid)
        if end is None:
            continue
        serves = is_in_service(model, mrid)
        points = meters.get(mrid, [])
        shares = len(points) or 1
        known = {
            "node": end.node,
            "phases": phases.format_phases(recorded.read_mask(mrid)),
            "peak_w": _read_demand(model, recorded, mrid) * units.watts / shares if serves else 0.0,
        }
        for point in points:
            name = model["usage_point"].read_text(point, "name")
            place = find_point(mrid, model["usage_point"].read_text(point, "UsagePointLocation"))
            rows.add_row(mrid=point, name=name, customers=int(serves), geometry=place, **known)
        if not points:
            customers = _read_customers(model, mrid) if serves else 0
            name, place = table.read_text(mrid, "name"), find_point(mrid, "")
            rows.add_row(mrid=mrid, name=name, customers=customers, geometry=place, **known)
    return rows


def _read_customers(model: CimModel, mrid: str) -> int:
    count = model.read_amount("equipment", mrid, "customerCount")
    return 1 if math.isnan(count) else int(count)


def _read_demand(model: CimModel, recorded: CimPhases, mrid: str) -> float:
    """Return the power of a consumer, or the sum of its phases; NaN where neither is said."""
    demand = model.read_number("equipment", mrid, "p")
    if math.isnan(demand):
        parts = [model.read_number("phase", part, "p") for part in recorded.find_parts(mrid)]
        known = [part for part in parts if not math.isnan(part)]
        demand = sum(known) if known else math.nan
    return max(demand, 0.0) if not math.isnan(demand) else math.nan


def make_sources(
    model: CimModel,
    terminals: CimTerminals,
    recorded: CimPhases,
    units: CimUnits,
    *,
    supplying: Collection[str],
    substation_of: Callable[[str, str], str],
) -> FrameRows:
    """
    Return a row for all that feeds in, and say which of it supplies.

    ExternalNetworkInjections do; where there are none, EnergySources that are no generators, whose
    ``activePower`` is not below zero; and the classes asked for. All else is of kind ``der``.

    Raises
    ------
    SourceError
        If a class asked for is none that feeds in.
    """
    wrong = sorted(set(supplying) - FEEDING_CLASSES)
    if wrong:
        msg = f"{wrong[0]!r} is no class that feeds in: use {', '.join(sorted(FEEDING_CLASSES))}"
        raise SourceError(msg)
    rows = FrameRows(
        mrid="",
        node="",
        phases="",
        kind="der",
        substation="",
        rated_va=UNKNOWN_NUMBER,
        in_service=True,
    )
    table = model["equipment"]
    supplied = any(kind in GRID_CLASSES for kind in table.kinds)
    for mrid, row in table.rows.items():
        kind = table.kinds[row]
        if kind not in FEEDING_CLASSES:
            continue
        end = find_single_end(model, terminals, mrid)
        if end is None:
            continue
        generates = model.read_number("equipment", mrid, "activePower") < 0
        supplies = (
            kind in GRID_CLASSES
            or kind in supplying
            or (kind in SOURCE_CLASSES and not supplied and not generates)
        )
        rows.add_row(
            mrid=mrid,
            node=end.node,
            phases=phases.format_phases(recorded.read_mask(mrid)),
            kind="substation" if supplies else "der",
            substation=substation_of(mrid, end.node) if supplies else "",
            rated_va=model.read_amount("equipment", mrid, "ratedS", units.watts),
            in_service=is_in_service(model, mrid) and end.attached,
        )
    if "substation" not in rows.columns["kind"]:
        _note_no_supply(model, rows)
    return rows


def _note_no_supply(model: CimModel, rows: FrameRows) -> None:
    kinds = sorted({model["equipment"].read_class(mrid) for mrid in rows.columns["mrid"]})
    there = f"only {', '.join(kinds)}" if kinds else "nothing that feeds in"
    model.add_notice(
        "no_supply",
        f"{model.where}: no ExternalNetworkInjection and no EnergySource supplies it ({there})",
        "add the files of the grid above, or say which classes supply, as in"
        " --supplying EquivalentInjection",
    )
