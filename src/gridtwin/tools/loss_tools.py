"""Who goes dark, who comes back, and how: the tools of faults, what-ifs, plans and areas."""

from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Le, MaxLen

from gridtwin.analysis.outage.blast import SCOPES
from gridtwin.analysis.outage.sweep import sweep_elements
from gridtwin.errors import InputError
from gridtwin.model.cim import KIND_NAMES, kind_code
from gridtwin.model.state import CURRENT, NORMAL
from gridtwin.results.documents.document_fields import one_of
from gridtwin.results.documents.document_tags import DocumentTag
from gridtwin.results.documents.inside_documents import InsideDocument
from gridtwin.results.documents.loss_documents import (
    BlastDocument,
    CriticalDocument,
    CriticalElement,
    WhatIfDocument,
)
from gridtwin.results.documents.switching_documents import PlanDocument
from gridtwin.results.layer_frames import find_feeders_of_equipment
from gridtwin.tools.shared_twin import SharedTwin
from gridtwin.tools.tool_answer import BRIEF, Cuts, Page, ToolAnswer, fit_document
from gridtwin.tools.tool_arguments import (
    Cursor,
    Detail,
    Feeder,
    Limit,
    Name,
    OfSeveral,
    Polygon,
    StateName,
    tell,
)
from gridtwin.tools.tool_elements import (
    name_elements,
    name_feeder,
    read_area,
    show_state,
    write_view,
)
from gridtwin.tools.tool_texts import count_words, list_ids, quote_id

MOST_TRIED = 100
Failing = Annotated[list[Name], MaxLen(100), tell("mRIDs or names of what fails, all at once.")]
Switches = Annotated[list[Name], MaxLen(MOST_TRIED)]


def find_blast(
    shared: SharedTwin,
    of: Failing = [],  # noqa: B006 - never changed
    polygon: Polygon = "",
    kinds: Annotated[
        list[Annotated[str, one_of(KIND_NAMES)]],
        MaxLen(20),
        tell("With a polygon: only these kinds are damaged."),
    ] = [],  # noqa: B006
    scope: Annotated[
        str,
        tell(
            "element: they alone are gone; trip: protection has opened; isolated: switches around"
            " are open; backfed: out until repair, after the best switching plan."
        ),
        one_of(SCOPES),
    ] = "element",
    state: StateName = CURRENT,
    detail: Detail = BRIEF,
    limit: Limit = 0,
    cursor: Cursor = "",
) -> ToolAnswer[BlastDocument]:
    """
    Say who goes dark when elements fail, or when everything inside a polygon is damaged (a storm).

    Give either `of` or `polygon`. Nothing is operated.
    """
    if bool(of) == bool(polygon):
        msg = "say what fails: either `of`, ids, or `polygon`, an area"
        raise InputError(msg)
    if polygon:
        area = read_area(shared, polygon).geometry
        found = shared.twin.storm(area, kinds=kinds, scope=scope, state=state)
    else:
        found = shared.twin.blast_radius(name_elements(shared, of), scope=scope, state=state)
    sentence = (
        f"{list_ids(found.of, 2) or 'Nothing'} failing (scope {scope}){show_state(state)}:"
        f" {count_words(found.customers, 'customer')} out,"
        f" {found.priority_customers:,} of them at priority sites,"
        f" {count_words(len(found.rows.partial), 'usage point')} in part."
    )
    return fit_document(
        found.document(),
        sentence,
        Page(detail, limit, cursor),
        Cuts(("of", "usage_points", "partial", "feeders", "devices"), spare=("area",)),
        mark=found.version,
        view=write_view(sel=found.of[0], trace=f"blast.{scope}:{found.of[0]}")
        if len(found.of) == 1
        else None,
    )


def rank_critical(
    shared: SharedTwin,
    feeder: Feeder = "",
    kind: Annotated[str, tell("Only of this kind."), one_of(("", *KIND_NAMES))] = "",
    state: StateName = CURRENT,
    detail: Detail = BRIEF,
    limit: Limit = 0,
    cursor: Cursor = "",
) -> ToolAnswer[CriticalDocument]:
    """Rank single elements by the customers that go dark if one alone fails (N-1), most first."""
    mrid = name_feeder(shared, feeder)
    situation = shared.read_situation(state)
    data = situation.data
    customers, usage_points = sweep_elements(situation)
    feeders = find_feeders_of_equipment(shared.read_situation(NORMAL))
    wanted = usage_points > 0
    if mrid:
        wanted &= feeders == shared.network.ids.find_element(mrid, ("feeders",)).row
    if kind:
        wanted &= data.equipment.kind == kind_code(kind)
    rows = np.flatnonzero(wanted)
    page = Page(detail, limit, cursor)
    order = rows[np.argsort(-customers[rows], kind="stable")]
    window = page.find_window(situation.version)
    elements: list[CriticalElement] = [
        {
            "mrid": bytes(data.equipment.mrid[row]).decode(),
            "customers": int(customers[row]),
            "usage_points": int(usage_points[row]),
            "kind": KIND_NAMES[data.equipment.kind[row]],
            "name": bytes(data.equipment.name[row]).decode(),
            "feeder": None if feeders[row] < 0 else bytes(data.feeders.mrid[feeders[row]]).decode(),
        }
        for row in order[window].tolist()
    ]
    document: CriticalDocument = {
        "schema": DocumentTag.CRITICAL,
        "state": state,
        "version": situation.version,
        "feeder": mrid or None,
        "kind": kind or None,
        "elements": elements,
    }
    sentence = f"{count_words(len(order), 'element')} would put somebody out if one fails alone."
    if elements and not window.start:
        worst = elements[0]
        sentence += (
            f" The worst: {quote_id(worst['mrid'])} ({worst['kind']}),"
            f" {count_words(worst['customers'], 'customer')}."
        )
    return fit_document(
        document,
        sentence,
        page,
        Cuts(("elements",), windowed={"elements": len(order)}),
        mark=situation.version,
        narrow="give `feeder` or `kind`",
        view=write_view(sel=elements[0]["mrid"]) if elements else None,
    )


def try_switches(
    shared: SharedTwin,
    open: Annotated[Switches, tell("Switches that would be open.")] = [],  # noqa: B006
    close: Annotated[Switches, tell("Switches that would be closed.")] = [],  # noqa: B006
    state: StateName = CURRENT,
    detail: Detail = BRIEF,
    limit: Limit = 0,
    cursor: Cursor = "",
) -> ToolAnswer[WhatIfDocument]:
    """Say who would go out and who come back if switches stood otherwise; nothing is operated."""
    opened, closed = name_elements(shared, open), name_elements(shared, close)
    if not opened and not closed:
        msg = "say which switches: `open`, `close`, or both"
        raise InputError(msg)
    both = [each for each in opened if each in closed]
    if both:
        msg = f"{both[0]!r} is both to be open and closed: say one"
        raise InputError(msg)
    found = shared.twin.what_if(
        {**dict.fromkeys(opened, True), **dict.fromkeys(closed, False)}, state=state
    )
    document = found.document()
    sentence = (
        f"{count_words(document['out']['customers'], 'customer')} would go out,"
        f" {document['back']['customers']:,} would come back,"
        f" {document['partial']['customers']:,} would lose some phases,"
        f" {document['still_out']['customers']:,} would stay out."
    )
    if found.warnings:
        sentence += f" Warning: {found.warnings[0]}."
    tried = ",".join([*(f"{each}:o" for each in opened), *(f"{each}:c" for each in closed)])
    return fit_document(
        document,
        sentence,
        Page(detail, limit, cursor),
        Cuts(("out.usage_points", "back.usage_points", "partial.usage_points")),
        mark=found.before.version,
        view=write_view(whatif=tried),
    )


def plan_restoration(
    shared: SharedTwin,
    of: Annotated[OfSeveral, tell("What has faulted: elements, or ids of open outages.")],
    crews: Annotated[int, Ge(1), Le(1_000), tell("Crews that can operate on site.")] = 1,
    coincidence: Annotated[
        float, Ge(0.01), Le(1), tell("Share of the sum of peaks that stands at one time.")
    ] = 1.0,
    remote_only: Annotated[bool, tell("Operate from the control room alone.")] = False,
    state: StateName = CURRENT,
    detail: Detail = BRIEF,
) -> ToolAnswer[PlanDocument]:
    """
    Plan how to isolate a fault and bring customers back by switching; nothing is operated.

    `state` is the one before the fault. A person carries the plan out.
    """
    known = {each.id for each in shared.twin.outages.all()}
    names = [each if each in known else name_elements(shared, [each])[0] for each in of]
    found = shared.twin.restore(
        names, state=state, crews=crews, coincidence=coincidence, remote_only=remote_only
    )
    sentence = (
        f"A plan of {count_words(len(found), 'step')} brings back {found.customers_restored:,} of"
        f" {count_words(found.customers_at_start, 'customer')};"
        f" {found.customers:,} stay out until repair."
        f" {'No plan is better.' if found.optimal else 'A better plan is possible.'}"
    )
    return fit_document(
        found.document(),
        sentence,
        Page(detail, pages=False),
        Cuts(
            ("steps", "tripped", "section", "usage_points_out", "usage_points_partial"),
            nested=("steps.usage_points_restored",),
            spare=("alternatives",),
        ),
        mark=found.version,
        view=write_view(fault=names[0]) if names[0] not in known else write_view(outage=names[0]),
    )


def show_area(
    shared: SharedTwin,
    polygon: Polygon,
    by: Annotated[Literal["feeder", "substation"], tell("What the groups are.")] = "feeder",
    state: StateName = CURRENT,
    detail: Detail = BRIEF,
    limit: Limit = 0,
    cursor: Cursor = "",
) -> ToolAnswer[InsideDocument]:
    """
    Say what lies inside a polygon: equipment by kind, customers, who is out, priority sites.

    Who would go dark if all of it is damaged: `blast` with the polygon.
    """
    found = shared.twin.inside(read_area(shared, polygon), state=state)
    document = found.document(by=by)
    sentence = (
        f"{count_words(document['customers'], 'customer')} inside{show_state(state)},"
        f" {document['customers_out']:,} of them out,"
        f" {count_words(len(document['priority']), 'priority site')};"
        f" served by {count_words(len(document['groups']), by)}."
    )
    return fit_document(
        document,
        sentence,
        Page(detail, limit, cursor),
        Cuts(("groups", "priority", "substations", "usage_points")),
        mark=found.situation.version,
        narrow="give a smaller polygon",
    )
