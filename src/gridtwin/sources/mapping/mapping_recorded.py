"""Compare the feeder and the transformer that the source records with those that are traced."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from gridtwin.model import cim
from gridtwin.model.tables import decode_texts
from gridtwin.sources.mapping.mapping_checks import RECORDED_FEEDER, RECORDED_TRANSFORMER
from gridtwin.sources.mapping.mapping_parting import NOWHERE, TracedRecords
from gridtwin.sources.mapping.mapping_places import number_groups
from gridtwin.sources.mapping.mapping_report import RecordedComparison
from gridtwin.topology.membership import find_feeders_of_nodes, find_nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridtwin.model.tables import NetworkData
    from gridtwin.sources.mapping.mapping_named import MappingContext
    from gridtwin.topology.topology_index import TopologyIndex

SEVERAL_FEEDERS = "several feeders"
RECORDED_WORDS = {RECORDED_FEEDER: "feeder", RECORDED_TRANSFORMER: "transformer"}


class RecordedRows(NamedTuple):
    """Rows of the source behind a network: equipment, customers, and the nodes of these."""

    equipment: pd.DataFrame
    customers: pd.DataFrame
    nodes: NDArray[np.intp]


def compare_recorded(
    check: str,
    rows: RecordedRows,
    data: NetworkData,
    index: TopologyIndex,
    context: MappingContext,
) -> RecordedComparison:
    """
    Return how many customers record what is traced, and tell of those that do not.

    Parameters
    ----------
    check
        `RECORDED_FEEDER` or `RECORDED_TRANSFORMER`.
    rows
        The rows, with a column of that name where the source records it.
    data, index
        The network that they became, and its topology as designed.
    context
        Where it is told.
    """
    if check not in rows.customers or not len(rows.customers):
        return RecordedComparison(0, 0)
    said = _read_records(rows.customers, check)
    asked = np.flatnonzero(said != None)  # noqa: E711 - an array of texts and None
    trace = _trace_feeders if check == RECORDED_FEEDER else _trace_transformers
    records = trace(rows, data, index, rows.nodes[asked], said[asked])
    wrong = np.flatnonzero(~records.equal)
    if len(wrong):
        _tell_parting(check, rows, records, asked, context)
    return RecordedComparison(len(asked) - len(wrong), len(asked))


def _read_records(frame: pd.DataFrame, check: str) -> NDArray[np.object_]:
    """Return what each row records; None where it says nothing."""
    if check not in frame:
        return np.full(len(frame), None, dtype=object)
    said = frame[check].astype(object).to_numpy(copy=True)
    said[pd.isna(said) | (said == "")] = None
    return said


def _trace_feeders(
    rows: RecordedRows,
    data: NetworkData,
    index: TopologyIndex,
    nodes: NDArray[np.intp],
    said: NDArray[np.object_],
) -> TracedRecords:
    """Return which feeder each node hangs on, and what is recorded."""
    first, several = find_feeders_of_nodes(index, data)
    names = _append_none(decode_texts(data.feeders.mrid).astype(object))
    traced = names[first]
    traced[several] = SEVERAL_FEEDERS
    begins = np.append(data.feeders.head, NOWHERE)[first]
    recorded = _read_records(rows.equipment, RECORDED_FEEDER)
    equal = said == traced[nodes]
    return TracedRecords(index, data, begins, traced, recorded, nodes, said, equal, several)


def _trace_transformers(
    rows: RecordedRows,
    data: NetworkData,
    index: TopologyIndex,
    nodes: NDArray[np.intp],
    said: NDArray[np.object_],
) -> TracedRecords:
    """Return the nearest transformer above each node, and what is recorded."""
    transformers = np.flatnonzero(data.equipment.kind == cim.TRANSFORMER).astype(np.int32)
    nearest = find_nearest(index, transformers)
    recorded = _read_records(rows.equipment, RECORDED_TRANSFORMER)
    keys, mrids = (rows.equipment[name].to_numpy(dtype=object) for name in ("key", "mrid"))
    # Others name a transformer by what its own layer holds in that column, else by its key.
    names = np.where(recorded != None, recorded, keys)  # noqa: E711 - an array of texts and None
    traced = _append_none(names)[nearest]
    above = nearest[nodes]
    equal = (said == traced[nodes]) | (said == _append_none(mrids)[above])
    if index.core is not None:  # of several that feed one mesh each is right
        meshes, feeding = _list_feeding(index, transformers)
        for row in np.flatnonzero(~equal):
            named = transformers[names[transformers] == said[row]].tolist()
            mesh = int(meshes[nodes[row]])
            equal[row] = any((mesh, each) in feeding for each in named)
    recorded[transformers] = names[transformers]
    several = np.zeros(len(traced), dtype=bool)
    return TracedRecords(index, data, nearest, traced, recorded, nodes, said, equal, several)


def _append_none(names: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return names with None at last, where -1 finds it."""
    return np.concatenate([names, np.array([None], dtype=object)])


def _list_feeding(
    index: TopologyIndex, transformers: NDArray[np.int32]
) -> tuple[NDArray[np.intp], set[tuple[int, int]]]:
    """Return the part between transformers that each node is in, and which of them feed each."""
    conduction = index.conduction
    inner = conduction.passes != 0
    inner[transformers] = False
    ends = conduction.node_a[inner], conduction.node_b[inner]
    parts = number_groups(conduction.node_count, *ends)
    fed = np.flatnonzero(np.isin(index.feed, transformers))
    feeding = set(zip(parts[fed].tolist(), index.feed[fed].tolist(), strict=True))
    chords = np.intersect1d(index.extra, transformers)
    for side in (conduction.node_a, conduction.node_b):
        feeding |= set(zip(parts[side[chords]].tolist(), chords.tolist(), strict=True))
    return parts, feeding


def _tell_parting(
    check: str,
    rows: RecordedRows,
    records: TracedRecords,
    asked: NDArray[np.intp],
    context: MappingContext,
) -> None:
    """Tell how many records differ, and at which element the records of each group part."""
    word, mrids = RECORDED_WORDS[check], rows.customers["mrid"].to_numpy(dtype=object)[asked]
    wrong = np.flatnonzero(~records.equal)
    traced = records.traced[records.nodes]
    context.add_notice(
        check,
        f"{len(wrong):,} of {len(asked):,} rows record another {word} than is traced:"
        f" first {mrids[wrong[0]]} records {records.said[wrong[0]]} and hangs on"
        f" {traced[wrong[0]] or 'none'}",
    )
    groups: dict[tuple[int, str, str], list[int]] = {}
    if check == RECORDED_TRANSFORMER:  # what has no supply at all is told as an island
        wrong = wrong[records.index.tin[records.nodes[wrong]] >= 0]
    for row in wrong.tolist():
        parting = records.find_parting(row)
        of = str(mrids[row]) if parting < 0 else ""
        groups.setdefault((parting, of, str(records.said[row])), []).append(row)
    for (parting, _, said), members in sorted(
        groups.items(), key=lambda group: (-len(group[1]), group[0])
    ):
        first, count = members[0], len(members)
        rows_record, hang = ("rows record", "hang") if count > 1 else ("row records", "hangs")
        told = f"{count:,} customer {rows_record} {word} {said} and {hang} on"
        told += f" {traced[first] or 'none'}"
        if parting < 0:
            frame, at = rows.customers, int(asked[first])
            place = records.data.nodes.xy[records.nodes[first]]
        else:
            frame, at = rows.equipment, parting
            own = records.recorded[parting]
            told += f", from here on (first {mrids[first]})"
            told += f"; it records {own} itself" if own not in (None, traced[first]) else ""
            equipment = records.data.equipment
            place = records.data.nodes.xy[[equipment.node_a[at], equipment.node_b[at]]].mean(axis=0)
        mrid, layer, key = frame[["mrid", "layer", "key"]].iloc[at].fillna("").astype(str)
        context.told.add_finding(check, mrid, told, place=place, row=(layer, key))
