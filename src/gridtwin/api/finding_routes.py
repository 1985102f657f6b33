"""What was found in the data, and what is accepted of it: ``/api/findings``."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from gridtwin.api.grid import Grid, GridNow
from gridtwin.api.jobs import ACCEPTED, answer_soon
from gridtwin.api.models import Document, Feature, Place
from gridtwin.api.permission_gate import DeclaredRoute, require
from gridtwin.api.problems import RESPONSES
from gridtwin.model.findings import SEVERITIES, Finding
from gridtwin.model.permissions import Permission
from gridtwin.model.person import Person
from gridtwin.results.documents.network_documents import AcceptanceRecord, FindingRecord
from gridtwin.results.network_answers import make_acceptance_record, make_finding_record
from gridtwin.tools.responsibility import check_area

router = APIRouter(
    prefix="/api/findings", responses=RESPONSES, tags=["findings"], route_class=DeclaredRoute
)

LONGEST_REASON = 1_000
RuleName = Annotated[str, Field(min_length=1, max_length=100, examples=["near_miss"])]
FindingKey = Annotated[
    str,
    Field(
        min_length=1,
        max_length=500,
        description="mRID of what it is of, or LAYER:KEY of its row; * for all of the rule.",
        examples=["LINES:7"],
    ),
]
Accepter = Annotated[Person, require(Permission.ACCEPT_FINDINGS)]


class FindingAnswer(FindingRecord):
    """One finding: the fields of `gridtwin.check/1`, and where it is on the map."""

    at: Place | None
    feature: Feature | None
    """What it is of; null: it is drawn nowhere."""


class FindingsAnswer(Document):
    """What was found, the worst first, then by rule."""

    findings: list[FindingAnswer]
    counts: dict[str, int] = Field(description="By rule, findings not listed included.")


class AcceptAsked(Document):
    """A finding to accept."""

    rule: RuleName
    key: FindingKey
    reason: str = Field(min_length=1, max_length=LONGEST_REASON, examples=["another voltage"])
    actor: str = Field(default="", max_length=100, description="Who accepts it, by their own word.")


class UndoAsked(Document):
    """A finding to accept no longer."""

    rule: RuleName
    key: FindingKey


class AcceptAnswer(Document):
    """Who accepted a finding, and why; null where nobody does any longer."""

    rule: str
    accepted: AcceptanceRecord | None


@router.get(
    "", dependencies=[require(Permission.LOOK)], response_model=FindingsAnswer, responses=ACCEPTED
)
async def read_findings(
    request: Request,
    grid: GridNow,
    rule: Annotated[list[str] | None, Query(description="Only these rules.")] = None,
    severity: Annotated[str, Query(pattern=f"^({'|'.join(SEVERITIES)})?$")] = "",
) -> Response:
    """Return what was found when the source was read, and what breaks the rules as designed."""

    def list_findings(_: object) -> FindingsAnswer:
        found = grid.check_data(rule)
        chosen = [each for each in found.findings if severity in {"", each.severity}]
        grid.check_size(len(chosen))
        answers = [_make_answer(grid, each) for each in chosen]
        return FindingsAnswer.model_validate({"findings": answers, "counts": found.counts})

    return await answer_soon(request, "check", list_findings)


@router.post("/accept")
def accept_finding(grid: GridNow, asked: AcceptAsked, person: Accepter) -> AcceptAnswer:
    """Accept a finding as it is: it no longer counts as an error."""
    check_area(grid, person, asked.key)
    accepted = grid.twin.accept_finding(
        asked.rule, asked.key, asked.reason, actor=person.name_actor(asked.actor)
    )
    return AcceptAnswer(rule=asked.rule, accepted=make_acceptance_record(accepted))


@router.post("/undo")
def undo_acceptance(grid: GridNow, asked: UndoAsked, person: Accepter) -> AcceptAnswer:
    """Accept a finding no longer."""
    check_area(grid, person, asked.key)
    grid.twin.undo_acceptance(asked.rule, asked.key)
    return AcceptAnswer(rule=asked.rule, accepted=None)


def _make_answer(grid: Grid, finding: Finding) -> dict[str, object]:
    element = grid.network.ids.find_first(finding.mrid) if finding.mrid else None
    return {
        **make_finding_record(finding),
        "at": finding.place,
        "feature": grid.features.identify_element(element) if element else None,
    }
