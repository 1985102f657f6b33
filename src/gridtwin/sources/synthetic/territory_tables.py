"""Write a laid-out territory into the column tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.model import cim, phases
from gridtwin.model.schema import Equipment, Feeders, Nodes, Sources, Substations, UsagePoints
from gridtwin.model.tables import NetworkData, encode_texts, make_blank_texts, make_unknown_numbers
from gridtwin.sources.synthetic import naming
from gridtwin.sources.synthetic.courses import LineCourses, draw_courses, measure_lengths
from gridtwin.sources.synthetic.draft import TerritoryDraft, TerritoryRows, number_rows
from gridtwin.sources.synthetic.feeders import rank_in_runs
from gridtwin.sources.synthetic.primary import FUSE_CODE, LOAD_BREAK_CODE
from gridtwin.sources.synthetic.service_level import SERVICE_CLASS_NAMES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.sources.synthetic.feeders import Circuits
    from gridtwin.sources.synthetic.primary import Primary
    from gridtwin.sources.synthetic.service_level import ServiceLevel
    from gridtwin.sources.synthetic.territory import Territory

HIGH_V, MEDIUM_V, SPLIT_V, LOW_V = 138_000.0, 12_470.0, 240.0, 480.0
ID_PREFIXES = {
    "ac_line_segment": "LINE-",
    "busbar": "BUS-",
    "breaker": "BKR-",
    "recloser": "RCL-",
    "fuse": "FUSE-",
    "sectionaliser": "SEC-",
    "load_break_switch": "LBS-",
    "disconnector": "DSC-",
    "jumper": "JMP-",
    "power_transformer": "XFMR-",
    "voltage_regulator": "REG-",
    "series_reactor": "SRX-",
    "service_drop": "SVC-",
}
TIE_LABEL = len(cim.KINDS)  # a label of its own, after those of the kinds
ID_LABELS = (*(ID_PREFIXES[name] for name in cim.KIND_NAMES), "TIE-")
BUSBAR, TRANSFORMER = cim.KIND_CODE["busbar"], cim.TRANSFORMER
LINE, SERVICE_DROP = cim.LINES
RATED_A = {"breaker": 1_200, "recloser": 630, "sectionaliser": 400, "load_break_switch": 630,
           "busbar": 2_000, "voltage_regulator": 438}  # fmt: skip
FUSE_A = np.array([25, 40, 65, 100, 140, 200])
FUSE_MARGIN = 2.5  # over the coincident load: cold load pickup, and room for the next street
STATION_MVA = np.array([10, 15, 20, 25, 33, 50, 67, 80, 100, 133, 150])
REMOTE_SHARE = {"load_break_switch": 0.25, "recloser": 0.9}
REMOTE_TIES = 0.45
SPLIT_PHASE = phases.S1 | phases.S2
NO_GROUP, DYN1, YYN0 = b"", b"Dyn1", b"Yyn0"


def write_tables(
    territory: Territory,
    circuits: Circuits,
    primary: Primary,
    service: ServiceLevel,
    rng: np.random.Generator,
) -> NetworkData:
    """Return the tables of a territory."""
    rows = number_rows(primary, circuits, service)
    draft = TerritoryDraft(rows.nodes, rows.tree, len(primary.ties.spur))
    load = np.bincount(rows.station_of_transformer, service.transformers.load_w, len(rows.stations))
    station_va = _rate_stations(load)
    _put_stations(draft, rows, circuits, station_va)
    _put_primary(draft, rows, primary, service)
    _put_transformers(draft, rows, primary, service)
    _put_meters(draft, rows, primary, service)
    _put_ties(draft, rows, primary)
    _set_control(draft, rng)
    names, codes = naming.name_substations(len(rows.stations), rng)
    head = np.flatnonzero(draft.kind == cim.KIND_CODE["breaker"]).astype(np.int32)
    courses = draw_courses(draft, rows, primary, territory.bending)
    ground = territory.bending.bend(draft.plane)
    length_m = measure_lengths(draft, ground, courses, territory)
    xy = territory.to_lonlat(ground)
    territory.to_lonlat(courses.xy)
    equipment = _build_equipment(draft, courses, length_m)
    return NetworkData(
        nodes=Nodes(naming.number_ids("N-", rows.nodes), draft.nominal_v, xy),
        equipment=equipment,
        usage_points=_build_usage_points(xy, rows, service),
        sources=_build_sources(rows),
        substations=Substations(
            naming.number_ids("SUB-", len(rows.stations), digits=4),
            encode_texts(names),
            station_va,
            xy[rows.stations],
        ),
        feeders=_build_feeders(circuits, names, codes, head),
    )


def _put_stations(
    draft: TerritoryDraft, rows: TerritoryRows, circuits: Circuits, rated_va: NDArray[np.float32]
) -> None:
    """Write the high side, the transformer and the two buses of every substation."""
    root = rows.stations
    first = np.searchsorted(circuits.substation, np.arange(len(root)))
    origin = circuits.origin[first]
    for step, back in enumerate((16.0, 8.0, 0.0)):
        draft.plane[root + step] = origin - np.array([0.0, back])
        draft.nominal_v[root + step] = HIGH_V if step == 0 else MEDIUM_V
    base = root - np.arange(len(root), dtype=np.int32) - 1
    draft.put_rows(
        base + 1, kind=TRANSFORMER, node_a=root, node_b=root + 1, carried=phases.ABC,
        rated_va=rated_va,
    )  # fmt: skip
    draft.vector_group[base + 1] = DYN1
    draft.put_rows(
        base + 2, kind=BUSBAR, node_a=root + 1, node_b=root + 2, carried=phases.ABC,
        rated_a=RATED_A["busbar"],
    )  # fmt: skip


def _put_primary(
    draft: TerritoryDraft, rows: TerritoryRows, primary: Primary, service: ServiceLevel
) -> None:
    """Write trunks, laterals and their devices."""
    node, station = rows.primary, rows.station_of_primary
    draft.plane[node] = primary.plane
    draft.nominal_v[node] = MEDIUM_V
    bus = rows.stations[station] + 2
    lateral = np.maximum(primary.lateral, 0)
    on_trunk = primary.lateral < 0
    carried = np.where(on_trunk, np.uint8(phases.ABC), service.lateral_phases[lateral])
    wires = phases.PHASE_COUNT[carried]
    ampere = np.where(on_trunk, 530.0, np.where(wires == 3, 230.0, 140.0))
    for name, rated_a in RATED_A.items():
        ampere[primary.kind == cim.KIND_CODE[name]] = rated_a
    fuse = primary.kind == FUSE_CODE
    load_a = 0.5 * service.lateral_load_w[lateral[fuse]] / (7_200.0 * wires[fuse])
    ampere[fuse] = FUSE_A[
        np.minimum(np.searchsorted(FUSE_A, load_a * FUSE_MARGIN), len(FUSE_A) - 1)
    ]
    draft.put_rows(
        node - station - 1,
        kind=primary.kind,
        node_a=np.where(primary.parent < 0, bus, node[primary.parent]),
        node_b=node,
        carried=carried,
        rated_a=ampere,
        underground=primary.underground,
    )


def _put_transformers(
    draft: TerritoryDraft, rows: TerritoryRows, primary: Primary, service: ServiceLevel
) -> None:
    """Write service transformers and the lines to their secondary poles."""
    stand, node = service.transformers, rows.transformers
    draft.plane[node] = stand.plane
    draft.nominal_v[node] = np.where(stand.three_phase, LOW_V, SPLIT_V)
    row = node - rows.station_of_transformer - 1
    underground = primary.underground[stand.site]
    carried = np.where(stand.three_phase, stand.phases, stand.phases | np.uint8(SPLIT_PHASE))
    draft.put_rows(
        row, kind=TRANSFORMER, node_a=rows.primary[stand.site], node_b=node, carried=carried,
        rated_va=stand.rated_va, underground=underground,
    )  # fmt: skip
    draft.vector_group[row] = np.where(stand.three_phase, YYN0, NO_GROUP)
    poled = stand.has_pole
    draft.plane[rows.poles] = stand.pole_plane[poled]
    draft.nominal_v[rows.poles] = SPLIT_V
    draft.put_rows(
        rows.poles - rows.station_of_transformer[poled] - 1, kind=LINE, node_a=node[poled],
        node_b=rows.poles, carried=SPLIT_PHASE, rated_a=240.0, underground=underground[poled],
    )  # fmt: skip


def _put_meters(
    draft: TerritoryDraft, rows: TerritoryRows, primary: Primary, service: ServiceLevel
) -> None:
    """Write the service drops."""
    stand, meters = service.transformers, service.meters
    own = meters.transformer
    draft.plane[rows.meters] = meters.plane
    three_phase = stand.three_phase[own]
    draft.nominal_v[rows.meters] = np.where(three_phase, np.float32(LOW_V), np.float32(SPLIT_V))
    pole = np.zeros(len(stand.site), np.int32)
    pole[stand.has_pole] = rows.poles
    from_pole = stand.has_pole[own] & (meters.place >= stand.near[own])
    draft.put_rows(
        rows.meters - (rows.station_of_transformer + 1)[own],
        kind=SERVICE_DROP,
        node_a=np.where(from_pole, pole[own], rows.transformers[own]),
        node_b=rows.meters,
        carried=np.where(three_phase, np.uint8(phases.ABC), np.uint8(SPLIT_PHASE)),
        rated_a=np.where(three_phase, np.float32(400.0), np.float32(200.0)),
        underground=primary.underground[stand.site][own],
    )


def _put_ties(draft: TerritoryDraft, rows: TerritoryRows, primary: Primary) -> None:
    """Write the open switches between feeders after everything else."""
    ties = primary.ties
    row = np.arange(rows.tree, rows.tree + len(ties.spur), dtype=np.int32)
    draft.put_rows(
        row, kind=LOAD_BREAK_CODE, node_a=rows.primary[ties.spur], node_b=rows.primary[ties.target],
        carried=phases.ABC, rated_a=RATED_A["load_break_switch"],
        underground=primary.underground[ties.spur],
    )  # fmt: skip
    draft.label[row] = TIE_LABEL
    draft.normal_open[row] = phases.ABC


def _set_control(draft: TerritoryDraft, rng: np.random.Generator) -> None:
    """Let some switches be operated from the control room."""
    manual, remote = cim.CONTROLS.index("manual"), cim.CONTROLS.index("remote")
    draft.control[:] = cim.USUAL_CONTROL[draft.kind]
    for name, share in REMOTE_SHARE.items():
        rows = np.flatnonzero(draft.label == cim.KIND_CODE[name])
        draft.control[rows] = np.where(rng.random(len(rows)) < share, remote, manual)
    ties = np.flatnonzero(draft.label == TIE_LABEL)
    draft.control[ties] = np.where(rng.random(len(ties)) < REMOTE_TIES, remote, manual)


def _build_equipment(
    draft: TerritoryDraft, courses: LineCourses, length_m: NDArray[np.float32]
) -> Equipment:
    """Return the equipment table of a draft."""
    count = len(draft.kind)
    return Equipment(
        mrid=naming.number_by_label(draft.label, ID_LABELS),
        kind=draft.kind,
        node_a=draft.node_a,
        node_b=draft.node_b,
        phases=draft.phases,
        normal_open=draft.normal_open,
        name=make_blank_texts(count),
        rated_a=draft.rated_a,
        rated_va=draft.rated_va,
        length_m=length_m,
        placement=draft.placement,
        control=draft.control,
        in_service=np.ones(count, dtype=np.bool_),
        vector_group=draft.vector_group,
        line_start=courses.start,
        line_xy=courses.xy,
    )


def _build_usage_points(
    xy: NDArray[np.float64], rows: TerritoryRows, service: ServiceLevel
) -> UsagePoints:
    stand, meters = service.transformers, service.meters
    own = meters.transformer
    three_phase = stand.three_phase[own]
    return UsagePoints(
        mrid=naming.number_ids("MTR-", len(own)),
        node=rows.meters,
        phases=np.where(three_phase, np.uint8(phases.ABC), np.uint8(SPLIT_PHASE)),
        name=make_blank_texts(len(own)),
        customers=meters.customers,
        peak_w=meters.peak_w,
        service_class=np.array(SERVICE_CLASS_NAMES)[meters.service],
        priority=meters.priority,
        transformer=(rows.transformers - rows.station_of_transformer - 1)[own],
        xy=xy[rows.meters],
    )


def _build_sources(rows: TerritoryRows) -> Sources:
    count = len(rows.stations)
    return Sources(
        mrid=naming.number_ids("SRC-", count, digits=4),
        node=rows.stations,
        phases=np.full(count, phases.ABC, np.uint8),
        kind=np.full(count, cim.SOURCE_KINDS.index("substation"), np.uint8),
        substation=np.arange(count, dtype=np.int32),
        rated_va=make_unknown_numbers(count),
        in_service=np.ones(count, dtype=np.bool_),
    )


def _rate_stations(load_w: NDArray[Any]) -> NDArray[np.float32]:
    mva = load_w * 0.5 / 0.95 * 1.5 / 1e6  # coincidence, power factor, reserve
    size = STATION_MVA[np.minimum(np.searchsorted(STATION_MVA, mva), len(STATION_MVA) - 1)]
    return (size * 1e6).astype(np.float32)


def _build_feeders(
    circuits: Circuits, names: list[str], codes: list[str], head: NDArray[np.int32]
) -> Feeders:
    circuit = rank_in_runs(circuits.substation) + 1_201
    own = [
        (codes[station], names[station], number)
        for station, number in zip(circuits.substation.tolist(), circuit.tolist(), strict=True)
    ]
    return Feeders(
        mrid=encode_texts(f"{code}-{number}" for code, _, number in own),
        name=encode_texts(f"{name} {number}" for _, name, number in own),
        substation=circuits.substation,
        head=head,
    )
