"""Who the customers are, and what they went through: ``/api/customers``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from gridtwin.api.answers import answer_request
from gridtwin.api.customer_access import ViewerNow
from gridtwin.api.grid import GridNow
from gridtwin.api.models import Document
from gridtwin.api.permission_gate import DeclaredRoute, require
from gridtwin.api.problems import RESPONSES
from gridtwin.model.permissions import Permission
from gridtwin.model.person import Person
from gridtwin.results.documents.customer_documents import (
    CareCallsDocument,
    CustomerCardDocument,
    CustomerReviewDocument,
    CustomersDocument,
    VoltageComplaintsDocument,
)
from gridtwin.results.documents.document_tags import DocumentTag

router = APIRouter(
    prefix="/api/customers", responses=RESPONSES, tags=["customers"], route_class=DeclaredRoute
)
MAY_LOOK = [require(Permission.LOOK)]  # what is personal is masked for who may not see customers

Decider = Annotated[Person, require(Permission.ACCEPT_FINDINGS)]
CARD_DAYS = 1_827
MOST_DAYS = 20_000
Asked = Annotated[str, Query(min_length=1, max_length=200)]
SearchedBy = Literal["name", "phone", "email", "address", "account", "esi_id", "party", "record"]


class DecisionAsked(Document):
    """What somebody decided on two records."""

    left: str = Field(max_length=200, description="SOURCE:KEY of one record.")
    right: str = Field(max_length=200, description="SOURCE:KEY of the other.")
    same: bool = Field(description="They are of one party.")
    actor: str = Field(default="", max_length=100, description="Who decided, for the log.")


class DecisionAnswer(Document):
    """What became of it."""

    left_party: str
    right_party: str


@router.get("/card", dependencies=MAY_LOOK, response_model=CustomerCardDocument)
def read_card(
    request: Request,
    grid: GridNow,
    viewer: ViewerNow,
    of: Annotated[Asked, Query(description="A party, an account, an ESI ID or a record.")],
    days: Annotated[int, Query(ge=1, le=MOST_DAYS, description="How far back.")] = CARD_DAYS,
) -> Response:
    """Return what a customer went through: out, how long, why, and when they are back."""
    customers = grid.twin.customers
    since = datetime.now(UTC) - timedelta(days=days)
    card = customers.read_card(of, viewer, since=since)
    return answer_request(request, card.document(customers.privacy.make_mask(viewer)))


@router.get("/search", dependencies=MAY_LOOK, response_model=CustomersDocument)
def search_customers(
    request: Request,
    grid: GridNow,
    viewer: ViewerNow,
    text: Annotated[Asked, Query(description="Of a name or an address the beginning.")],
    by: SearchedBy = "account",
    limit: Annotated[int, Query(ge=1, le=200)] = 20,
) -> Response:
    """Return the records of customers; by name and contact only for who may see these."""
    rows = grid.twin.customers.search(by, text, viewer, limit=limit)
    parties = len({row["party"] for row in rows})
    head = {"schema": DocumentTag.CUSTOMERS, "by": by, "parties": parties}
    return answer_request(request, head | {"records": rows})


@router.get("/calls", dependencies=MAY_LOOK, response_model=CareCallsDocument)
def list_calls(request: Request, grid: GridNow, viewer: ViewerNow) -> Response:
    """Return designated customers who are out, in the order in which they are to be called."""
    customers = grid.twin.customers
    mask = customers.privacy.make_mask(viewer)
    calls = [each.describe(mask) for each in customers.service.list_care_calls(viewer)]
    return answer_request(request, {"schema": DocumentTag.CARE_CALLS, "calls": calls})


@router.get(
    "/complaints",
    dependencies=[require(Permission.SEE_READINGS)],
    response_model=VoltageComplaintsDocument,
)
def compare_complaints(
    request: Request,
    grid: GridNow,
    viewer: ViewerNow,
    since_days: Annotated[int, Query(ge=1, le=400, description="Received how long ago.")] = 30,
    days: Annotated[float, Query(gt=0, le=62, description="Before and after each.")] = 7.0,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 200,
) -> Response:
    """Return complaints of voltage with what was measured before and after each, the last first."""
    customers = grid.twin.customers
    start = datetime.now(UTC) - timedelta(days=since_days)
    found = customers.complaints.compare_voltages(viewer, start=start, days=days, limit=limit)
    return answer_request(request, found.document(customers.privacy.make_mask(viewer)))


@router.get("/review", dependencies=MAY_LOOK, response_model=CustomerReviewDocument)
def list_review(
    request: Request,
    grid: GridNow,
    viewer: ViewerNow,
    limit: Annotated[int, Query(ge=1, le=200)] = 20,
) -> Response:
    """Return pairs of records that somebody has to look at, the least sure first."""
    customers = grid.twin.customers
    pairs = customers.list_review(viewer, limit=limit)
    return answer_request(request, customers.describe_review(pairs))


@router.post("/review")
def decide_pair(grid: GridNow, asked: DecisionAsked, person: Decider) -> DecisionAnswer:
    """Decide on two records; it overrules the model from now on."""
    customers = grid.twin.customers
    actor = person.name_actor(asked.actor or "server")
    customers.matching.decide(asked.left, asked.right, same=asked.same, actor=actor)
    return DecisionAnswer(
        left_party=customers.find_party(asked.left), right_party=customers.find_party(asked.right)
    )
