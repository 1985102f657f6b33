"""Until when customers are out, who matters first, what happened: the tools of a shift."""

import time
from collections import Counter
from typing import Annotated, Any, cast

import numpy as np
from numpy.typing import NDArray

from gridtwin.analysis.state.identity import find_kind
from gridtwin.analysis.state.situation import NO_ROWS
from gridtwin.analysis.state.supply_state import OUT
from gridtwin.errors import InputError, NotFoundError
from gridtwin.model.element_names import mrid_of
from gridtwin.model.estimate import Estimate
from gridtwin.model.outage import Members
from gridtwin.model.state import NORMAL
from gridtwin.model.tables import decode_texts
from gridtwin.results.documents.document_tags import DocumentTag
from gridtwin.results.documents.inside_documents import PrioritySitesDocument, SiteRecord
from gridtwin.results.documents.moment_documents import MomentsDocument
from gridtwin.results.documents.outage_board_documents import EstimateDocument, EstimatePart
from gridtwin.results.layer_frames import find_groups_of_nodes, list_group_names
from gridtwin.results.outage_board import (
    describe_promise,
    find_point_rows,
    format_seconds,
    list_point_estimates,
)
from gridtwin.tools.interrupted_points import Interruption, find_interrupted
from gridtwin.tools.outage_tools import tell_promise
from gridtwin.tools.shared_twin import SharedTwin
from gridtwin.tools.tool_answer import BRIEF, Cuts, Page, ToolAnswer, fit_document
from gridtwin.tools.tool_arguments import (
    At,
    Cursor,
    Detail,
    End,
    Limit,
    Moment,
    Name,
    On,
    Start,
    tell,
)
from gridtwin.tools.tool_elements import find_element, pick_points, write_view
from gridtwin.tools.tool_texts import count_words, list_ids, quote_id
from gridtwin.twin import Twin

PointRows = NDArray[np.int32]
NAMED_SITES = 5  # in the sentence


def estimate_return(
    shared: SharedTwin,
    of: Annotated[Name, tell("A meter, feeder, substation, any element, or the id of an outage.")],
    detail: Detail = BRIEF,
    limit: Limit = 0,
) -> ToolAnswer[EstimateDocument]:
    """Say until when customers are out: of a meter, a feeder, below an element, or of an outage."""
    named, kind, rows = _find_customers(shared, of)
    supply, _ = shared.compute_supply(shared.read_situation())
    points = shared.network.data.usage_points
    out = rows[supply.points[rows] == OUT]
    parts = _make_parts(shared, rows)
    document: EstimateDocument = {
        "schema": DocumentTag.ESTIMATE,
        "of": named,
        "kind": kind,
        "version": supply.version,
        "customers": int(points.customers[rows].sum()),
        "customers_out": int(points.customers[out].sum()),
        "parts": parts,
    }
    if not len(out):
        told = "has supply" if len(rows) == 1 else "all have supply"
    else:
        ends = [each["etr"] for each in parts if each["etr"]]
        told = f"{document['customers_out']:,} out; {tell_promise(max(ends) if ends else None)}"
    customers = count_words(document["customers"], "customer")
    return fit_document(
        document,
        f"{quote_id(named)} ({kind}), {customers}: {told}.",
        Page(detail, limit, pages=False),
        Cuts(("parts",)),
        view=write_view(outage=parts[0]["outage"] if len(parts) == 1 else None)
        if kind == "outage"
        else write_view(sel=named),
    )


def _find_customers(shared: SharedTwin, of: str) -> tuple[str, str, PointRows]:
    """Return the id, the kind and the usage points of what is asked for."""
    try:
        element = find_element(shared, of)
    except NotFoundError:
        if of not in {each.id for each in shared.twin.outages.all()}:
            raise
        members = shared.twin.outages.members(of)
        rows = find_point_rows(members.take_rows(members.is_out), shared.network)
        return of, "outage", rows[rows >= 0]
    own = mrid_of(shared.network.data, element)
    mrid = shared.network.ids.write_id(element.table, own)
    kind = find_kind(shared.network.data, element)
    if element.table == "usage_points":
        return mrid, kind, np.array([element.row], dtype=np.int32)
    if element.table in {"feeders", "substations"}:
        served = pick_points(shared, of)
        return mrid, kind, np.flatnonzero(NO_ROWS if served is None else served).astype(np.int32)
    below = shared.twin.blast_radius(mrid, state=NORMAL)
    return mrid, kind, np.union1d(below.rows.out, below.rows.partial).astype(np.int32)


def _make_parts(shared: SharedTwin, rows: PointRows) -> list[EstimatePart]:
    """Return the customers among usage points that are in open outages, by what is promised."""
    twin = shared.twin
    members = twin.outages.members()
    own = find_point_rows(members, shared.network)
    members = members.take_rows(np.isin(own, rows) & (own >= 0))
    estimates = {each.outage: each for each in twin.store.estimates.list_current()}
    parts = [
        part
        for outage in dict.fromkeys(members.outage.tolist())
        for part in _split_outage(
            twin, outage, members.take_rows(members.outage == outage), estimates.get(outage)
        )
    ]
    return sorted(parts, key=lambda part: (-part["customers"], part["outage"]))


def _split_outage(
    twin: Twin, outage: str, members: Members, estimate: Estimate | None
) -> list[EstimatePart]:
    """Return some customers of one outage, by when they come back."""
    found = twin.store.estimates.read_points(outage)
    records = {each["usage_point"]: each for each in list_point_estimates(found)}
    base: dict[str, Any] = dict(_UNKNOWN if estimate is None else describe_promise(estimate))
    own = ("stage", "source", "p50", "p80", "p95", "etr")
    points: Counter[tuple[object, ...]] = Counter()
    customers: Counter[tuple[object, ...]] = Counter()
    for mrid, count in zip(members.usage_point.tolist(), members.customers.tolist(), strict=True):
        record = records.get(mrid, base)
        key = tuple(record[name] for name in own)
        points[key] += 1
        customers[key] += count
    parts = [
        {
            **base,
            **dict(zip(own, key, strict=True)),
            "outage": outage,
            "usage_points": count,
            "customers": customers[key],
        }
        for key, count in points.items()
    ]
    return cast("list[EstimatePart]", parts)


_UNKNOWN = {
    "etr": None,
    "source": "",
    "reason": "",
    "p50": None,
    "p80": None,
    "p95": None,
    "issued_at": None,
    "stage": "repair",
}


def list_priority_sites(
    shared: SharedTwin,
    kind: Annotated[Name, tell("Only of this kind, as in `hospital`.")] = "",
    out_only: Annotated[bool, tell("Only those without supply.")] = False,
    on: On = "",
    at: At = "",
    start: Annotated[Moment, tell("Of a period: who lost supply in it. Empty: a moment.")] = "",
    end: Annotated[Moment, tell("Of the period; empty: now.")] = "",
    detail: Detail = BRIEF,
    limit: Limit = 0,
    cursor: Cursor = "",
) -> ToolAnswer[PrioritySitesDocument]:
    """
    List hospitals and other priority sites: which are out, in which outage, and until when.

    With `start`, as in yesterday's storm: which lost supply in the period, and for how long.
    """
    if at and (start or end):
        msg = "give either `at`, a moment, or `start` and `end`, a period"
        raise InputError(msg)
    twin = shared.open_past(at) if at else shared.twin
    situation = twin.situation()
    wanted = _pick_sites(shared, twin, kind, on)
    rows = np.flatnonzero(wanted).astype(np.int32)
    if start or end:
        lost = find_interrupted(shared, start, end)
        sites = _describe_interrupted(shared, rows, lost)
    else:
        supply = twin.supply() if at else shared.compute_supply(situation)[0]
        sites = _describe_sites(shared, twin, rows, supply.points == OUT)
    counts = Counter(each["priority"] for each in sites)
    out = Counter(each["priority"] for each in sites if each["out"])
    document: PrioritySitesDocument = {
        "schema": DocumentTag.PRIORITY_SITES,
        "at": at or None,
        "since": start or None,
        "until": end or None,
        "version": situation.version,
        "counts": dict(sorted(counts.items())),
        "out": dict(sorted(out.items())),
        "sites": [each for each in sites if each["out"] or not (out_only or start)],
    }
    when = f" at {at}" if at else f" at some time from {start} to {end or 'now'}" if start else ""
    what = f"priority site{f' of kind {kind}' if kind else ''}"
    sentence = (
        f"{out.total():,} of {count_words(len(sites), what, f'priority sites{what[13:]}')}"
        f"{f' on {quote_id(on)}' if on else ''} without supply{when}."
    )
    if 0 < out.total() <= NAMED_SITES:
        sentence += f" {list_ids([each['mrid'] for each in sites if each['out']], NAMED_SITES)}."
    return fit_document(
        document,
        sentence,
        Page(detail, limit, cursor),
        Cuts(("sites",)),
        mark=twin.store.read_versions().outages,
        narrow="give `kind`, `on` or `out_only`",
        view=write_view(at=at),
    )


def _pick_sites(shared: SharedTwin, twin: Twin, kind: str, on: str) -> NDArray[np.bool_]:
    """Return which usage points are priority sites of a kind, on a feeder or substation."""
    points = twin.situation().data.usage_points
    wanted: NDArray[np.bool_] = points.priority != b""
    kinds = sorted(set(decode_texts(points.priority[wanted]).tolist()))
    if kind and kind not in kinds:
        what = "kind of priority site"
        raise NotFoundError(what, kind, kinds[:10])
    if kind:
        wanted &= points.priority == kind.encode()
    group = pick_points(shared, on)
    return wanted if group is None else wanted & group


def _describe_interrupted(
    shared: SharedTwin, rows: PointRows, lost: dict[int, Interruption]
) -> list[SiteRecord]:
    """Return priority sites, those first that lost supply in a period, with when it was back."""
    dark = np.zeros(len(shared.network.data.usage_points.mrid), dtype=bool)
    dark[[*lost]] = True
    sites = _describe_sites(shared, shared.twin, rows, dark)
    own = {bytes(shared.network.data.usage_points.mrid[row]).decode(): row for row in rows}
    for site in sites:
        if site["out"]:
            interruption = lost[int(own[site["mrid"]])]
            site["outage"] = interruption.outage
            site["lost_at"] = interruption.began_at
            site["restored_at"] = interruption.restored_at
    return sites


def _describe_sites(
    shared: SharedTwin, twin: Twin, rows: PointRows, dark: NDArray[np.bool_]
) -> list[SiteRecord]:
    """Return priority sites: those out first, then by kind and mRID."""
    normal = shared.read_situation(NORMAL)
    points = normal.data.usage_points
    feeders = list_group_names(normal, "feeder")[
        find_groups_of_nodes(normal, "feeder")[points.node[rows]]
    ]
    members = twin.outages.members()
    outages = dict(zip(members.usage_point.tolist(), members.outage.tolist(), strict=True))
    promised = {
        each["usage_point"]: each
        for each in list_point_estimates(twin.store.estimates.read_points())
    }
    sites: list[SiteRecord] = []
    for row, feeder in zip(rows.tolist(), feeders.tolist(), strict=True):
        mrid = bytes(points.mrid[row]).decode()
        out = bool(dark[row])
        promise = promised.get(mrid) if out else None
        sites.append(
            {
                "mrid": mrid,
                "priority": bytes(points.priority[row]).decode(),
                "feeder": feeder or None,
                "customers": int(points.customers[row]),
                "out": out,
                "outage": outages.get(mrid) if out else None,
                "lost_at": None,
                "restored_at": None,
                "etr": promise["etr"] if promise else None,
                "source": promise["source"] if promise else None,
            }
        )
    return sorted(sites, key=lambda each: (not each["out"], each["priority"], each["mrid"]))


def show_history(
    shared: SharedTwin,
    start: Start,
    end: End = "",
    detail: Detail = BRIEF,
    limit: Limit = 0,
    cursor: Cursor = "",
) -> ToolAnswer[MomentsDocument]:
    """
    Say what happened between two moments: switching, outages, returns, customers out after each.

    How everything stood at one moment: `overview`, `outages` and `priority_sites` take `at`.
    """
    found = shared.list_moments(start, end or format_seconds(time.time()) or "")
    most_at, most = max(found.curve(), key=lambda step: step[1])
    document: MomentsDocument = {
        "schema": DocumentTag.MOMENTS,
        "from": found.start.isoformat(),
        "to": found.end.isoformat(),
        "out_at_start": found.out_at_start,
        "most_out": most,
        "most_out_at": most_at.isoformat(),
        "moments": [
            {
                "at": each.at.isoformat(),
                "what": each.what,
                "mrid": each.mrid,
                "outage": each.outage or None,
                "customers": each.customers,
                "customers_out": each.customers_out,
            }
            for each in found.moments
        ],
    }
    counts = Counter(each.what for each in found.moments)
    sentence = (
        f"{count_words(counts['switch'], 'operation')}, {count_words(counts['outage'], 'outage')}"
        f" and {count_words(counts['restored'], 'return')} from {document['from']} to"
        f" {document['to']}; {most:,} customers out at most, at {document['most_out_at']}."
    )
    return fit_document(
        document,
        sentence,
        Page(detail, limit, cursor),
        Cuts(("moments",)),
        mark=shared.twin.store.read_versions().change_count,
        narrow="give a shorter time",
        view=write_view(at=document["most_out_at"]),
    )
