"""Put planned outages into documents, and into the rows of letters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from gridtwin.results.documents.document_tags import DocumentTag

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gridtwin.model.planned_outage import AffectedPoint, PlannedOutage
    from gridtwin.results.customer_answers import AffectedCustomers
    from gridtwin.results.customer_masking import CustomerMask
    from gridtwin.results.documents.planned_documents import (
        PlannedOutageRecord,
        PlannedOutagesDocument,
    )

Row = dict[str, Any]


class AffectedAnswer(NamedTuple):
    """Who has no supply while work goes on."""

    switches: dict[str, str]  # mRID to the phases that stand open meanwhile
    points: list[AffectedPoint]

    @property
    def customers(self) -> int:
        """How many customers that are."""
        return sum(each.customers for each in self.points)


class Letter(NamedTuple):
    """Whom to write about planned work: an account, else a premise, else a usage point."""

    planned_outage: str
    starts_at: str
    ends_at: str
    reason: str
    usage_point: str
    customers: str  # behind the usage point
    designation: str = ""  # of somebody there who depends on supply
    contact: str = ""
    second_contact: str = ""
    premise: str = ""
    esi_id: str = ""
    account: str = ""
    retailer: str = ""
    given_name: str = ""
    surname: str = ""
    organization: str = ""
    address: str = ""
    city: str = ""
    zip: str = ""
    phone: str = ""
    email: str = ""


LETTER_COLUMNS = Letter._fields
OF_CUSTOMER = LETTER_COLUMNS[LETTER_COLUMNS.index("designation") :]


def make_planned_record(planned: PlannedOutage) -> PlannedOutageRecord:
    """Return a planned outage as a record of a document."""
    return {
        "id": planned.id,
        "status": planned.status,
        "starts_at": planned.starts_at.isoformat(),
        "ends_at": planned.ends_at.isoformat(),
        "reason": planned.reason,
        "elements": list(planned.elements),
        "switches": dict(planned.switches),
        "usage_points": planned.usage_points,
        "customers": planned.customers,
        "outage": planned.outage or None,
        "announced_by": planned.announced_by,
        "announced_at": planned.announced_at.isoformat(),
        "changed_by": planned.changed_by,
        "changed_at": planned.changed_at.isoformat(),
        "revision": planned.revision,
    }


def make_planned_document(planned: Iterable[PlannedOutage]) -> PlannedOutagesDocument:
    """Return planned outages as the JSON document ``gridtwin.planned_outages/1``."""
    return {
        "schema": DocumentTag.PLANNED_OUTAGES,
        "planned_outages": [make_planned_record(each) for each in planned],
    }


def make_letters(
    planned: PlannedOutage,
    points: Sequence[AffectedPoint],
    affected: AffectedCustomers,
    mask: CustomerMask,
) -> list[Letter]:
    """
    Return the letters of planned work in the order in which people are told.

    Parameters
    ----------
    planned
        The work.
    points
        Who has no supply meanwhile.
    affected
        Whom to tell of them; behind these come the usage points that no letter reaches.
    mask
        What decides what of customers is shown.
    """
    customers = {each.usage_point: each.customers for each in points}
    rows: list[tuple[str, Row]] = [
        (each.place["usage_point"], each.describe(mask)) for each in affected.accounts
    ]
    rows += [(point, {"usage_point": point}) for point in affected.lost]
    return [
        Letter(
            planned.id,
            planned.starts_at.isoformat(),
            planned.ends_at.isoformat(),
            planned.reason,
            row["usage_point"],
            str(customers[point]),
            **{name: str(row.get(name) or "") for name in OF_CUSTOMER},
        )
        for point, row in rows
    ]
