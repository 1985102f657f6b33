"""
Ask who the customers are, and what they went through.

>>> import gridtwin
>>> twin = gridtwin.open(gridtwin.synthesize("houston", meters=500, seed=1))
>>> twin.customers.count_records()
{}
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from gridtwin.customers.matching_run import prepare_records
from gridtwin.errors import InputError, NotFoundError
from gridtwin.model.customers import VOLTAGE_COMPLAINTS
from gridtwin.model.moments import read_moment
from gridtwin.results.customer_answers import CardOutage, CustomerCard, ReviewPair
from gridtwin.results.documents.document_tags import DocumentTag
from gridtwin.store.customer_book import SEARCHED_COLUMNS
from gridtwin.twin.customer_addresses import CustomerAddresses
from gridtwin.twin.customer_complaints import CustomerComplaints
from gridtwin.twin.customer_loading import CustomerLoading
from gridtwin.twin.customer_matching import CustomerMatching
from gridtwin.twin.customer_privacy import CustomerPrivacy, list_holdings
from gridtwin.twin.customer_service import CustomerService

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gridtwin.results.complaint_answers import ComplaintVoltage
    from gridtwin.results.customer_masking import Viewer
    from gridtwin.store.customer_book import KeptLink
    from gridtwin.store.party_changes import PartyChange
    from gridtwin.store.protocol import Store

CARD_YEARS = 5
MOST_FOUND = 200
MOST_CARD_COMPLAINTS = 20  # readings are looked up for each
MOST_CARD_PERIODS = 100  # that were billed
Spans = dict[str, list[tuple[str, str]]]  # first day and first day no longer, by ESI ID
PERSONAL_SEARCHES = frozenset({"name", "phone", "email", "address"})


class Customers:
    """The customers of one twin; what is shown of them depends on who asks."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._book = store.customers
        self.loading = CustomerLoading(store)
        self.matching = CustomerMatching(store, self.loading)
        self.privacy = CustomerPrivacy(store)
        self.service = CustomerService(store, self.privacy)
        self.addresses = CustomerAddresses(store, self.privacy)
        self.complaints = CustomerComplaints(store, self.privacy)

    def count_records(self) -> dict[str, int]:
        """Return how many records each source has."""
        return self._book.count_records()

    def count_links(self) -> dict[str, int]:
        """Return how many pairs of records are matched, of one household, or to be reviewed."""
        return self._book.count_links()

    def search(
        self, by: str, text: str, viewer: Viewer, *, limit: int = 20
    ) -> list[dict[str, Any]]:
        """
        Return the records of parties that a record of theirs points to; it is noted who asked.

        Parameters
        ----------
        by
            ``name``, ``phone``, ``email``, ``address``, ``account``, ``esi_id``, ``party`` or
            ``record``. Who may not see personal data may not ask by the first four.
        text
            What is looked for; of a name and an address its beginning.
        viewer
            Who asks.
        limit
            How many parties at most.
        """
        if by not in SEARCHED_COLUMNS:
            msg = f"customers are not searched by {by!r}: by {', '.join(SEARCHED_COLUMNS)}"
            raise InputError(msg)
        if by in PERSONAL_SEARCHES and not viewer.may_see_personal_data:
            msg = f"who may not see personal data may not search by {by}: ask by account or party"
            raise InputError(msg)
        parties = self._book.find_parties(
            by, _normalize_search(by, text), limit=min(limit, MOST_FOUND)
        )
        self.privacy.note_lookup(viewer, f"search by {by}", text, parties)
        mask = self.privacy.make_mask(viewer)
        return [mask.mask_record(row) for row in self._book.list_party_records(parties)]

    def find_party(self, name: str) -> str:
        """Return the party of a party's id, an account, an ESI ID or a record."""
        for by in ("party", "account", "esi_id", "record"):
            parties = self._book.find_parties(by, name, limit=1)
            if parties:
                return parties[0]
        what = "party, account, ESI ID or record"
        raise NotFoundError(what, name)

    def read_card(
        self,
        name: str,
        viewer: Viewer,
        *,
        since: datetime | None = None,
        at: datetime | None = None,
    ) -> CustomerCard:
        """
        Return what a customer went through: out, how long, why, and when they are back.

        Parameters
        ----------
        name
            Id of a party, an account, an ESI ID or a record.
        viewer
            Who asks; it is noted.
        since
            From when on; by default for five years.
        at
            Now, for what goes on.
        """
        now = read_moment(at) if at else datetime.now(UTC)
        since = read_moment(since) if since else now - timedelta(days=365.25 * CARD_YEARS)
        party = self.find_party(name)
        records = self._book.list_party_records([party])
        self.privacy.note_lookup(viewer, "card", party, [party])
        spans = _list_spans(records)
        points = self._book.list_points("esi_id", spans)
        mask = self.privacy.make_mask(viewer)
        return CustomerCard(
            party,
            [mask.mask_record(row) for row in records],
            [mask.mask_record(row) for row in points],
            [
                each
                for each in self._list_outages({row["usage_point"]: row for row in points}, now)
                if each.outage.began_at >= since
                and _was_held(spans, each.esi_id, each.outage.began_at.date().isoformat())
            ],
            since,
            now,
            sorted(set(spans) - {row["esi_id"] for row in points}),
            self._list_complaints(records, spans, since) if viewer.may_see_readings else [],
            self._list_usage(spans, since) if viewer.may_see_personal_data else [],
        )

    def _list_complaints(
        self, records: Iterable[dict[str, Any]], spans: Spans, since: datetime
    ) -> list[ComplaintVoltage]:
        """Return what a party complained of at its places while it had them."""
        accounts = {row["account"] for row in records if row["account"]}
        rows = [
            row
            for row in self._book.list_place_complaints(spans, accounts)
            if row["kind"] in VOLTAGE_COMPLAINTS
            and read_moment(row["received_at"]) >= since
            and (
                row["account"] in accounts
                or _was_held(spans, row["esi_id"], row["received_at"][:10])
            )
        ]
        return self.complaints.compare_complaints(rows[:MOST_CARD_COMPLAINTS])

    def _list_usage(self, spans: Spans, since: datetime) -> list[dict[str, Any]]:
        """Return what was billed to a party, of the periods that began while it had the place."""
        rows = [
            row
            for row in self._book.list_usage(spans)
            if row["period_start"] >= since.date().isoformat()
            and _was_held(spans, row["esi_id"], row["period_start"])
        ]
        return rows[:MOST_CARD_PERIODS]

    def _list_outages(self, points: dict[str, dict[str, Any]], now: datetime) -> list[CardOutage]:
        gone = self._store.outages.list_point_outages(points)
        going_on = any(each.restored_at is None for each in gone)
        etr = (
            {each.outage: each.etr for each in self._store.estimates.list_current()}
            if going_on
            else {}
        )
        return [
            CardOutage(
                each,
                points[each.usage_point]["esi_id"],
                ((each.restored_at or now) - each.began_at).total_seconds() / 60,
                etr.get(each.outage) if each.restored_at is None else None,
            )
            for each in gone
        ]

    def list_review(self, viewer: Viewer, *, limit: int = 20) -> list[ReviewPair]:
        """Return pairs of records that somebody has to look at, the least sure first."""
        pairs = self._show_pairs(self._book.list_review(limit=min(limit, MOST_FOUND)), viewer)
        parties = {each["party"] for pair in pairs for each in (pair.record_l, pair.record_r)}
        self.privacy.note_lookup(viewer, "review", "", sorted(parties))
        return pairs

    def describe_review(self, pairs: Sequence[ReviewPair]) -> dict[str, Any]:
        """Return pairs as a document, with how far the decisions of people bear the model out."""
        checked = self.matching.measure_labels()
        return {
            "schema": DocumentTag.CUSTOMER_REVIEW,
            "links": self.count_links(),
            "pairs": [each.describe() for each in pairs],
            "checked": {name: list(each) for name, each in checked.items()},
        }

    def explain_record(self, record: str, viewer: Viewer) -> list[ReviewPair]:
        """Return with what a record was compared, each pair with its weight by field."""
        pairs = self._show_pairs(self._book.list_links(record), viewer)
        parties = {each["party"] for pair in pairs for each in (pair.record_l, pair.record_r)}
        self.privacy.note_lookup(viewer, "explain", record, sorted(parties))
        return pairs

    def _show_pairs(self, links: Sequence[KeptLink], viewer: Viewer) -> list[ReviewPair]:
        """Return links with both records as the viewer may see them."""
        ids = {record for link in links for record in link[:2]}
        mask = self.privacy.make_mask(viewer)
        rows = {
            row["record"]: mask.mask_record(row) for row in self._book.read_records(sorted(ids))
        }
        return [
            ReviewPair(rows[each.record_l], rows[each.record_r], *each[2:])
            for each in links
            if {each.record_l, each.record_r} <= set(rows)  # one may be erased meanwhile
        ]

    def list_changes(self, *, limit: int = 100) -> list[PartyChange]:
        """Return merges and splits of parties, the last first."""
        return self._book.list_changes(limit=limit)


def _list_spans(records: Iterable[dict[str, Any]]) -> Spans:
    """Return from when to when a party had each ESI ID, as days."""
    spans: Spans = {}
    for each in list_holdings(records):
        if each.esi_id:
            spans.setdefault(each.esi_id, []).append((each.first, each.last))
    return spans


def _was_held(spans: Spans, esi_id: str, day: str) -> bool:
    """Say whether the party had the place on a day: what was before is somebody else's."""
    return any(
        (not first or first <= day) and (not last or day < last)
        for first, last in spans.get(esi_id, ())
    )


def _normalize_search(by: str, text: str) -> str:
    """Return what is looked for as records keep it."""
    fields = {"name": "surname", "phone": "phone", "email": "email", "address": "address"}
    if by not in fields:
        return text.strip()
    row = {"record": "asked", fields[by]: text} | ({"zip": "-"} if by == "address" else {})
    search = prepare_records(pd.DataFrame([row])).search.iloc[0]
    value = search[{"name": "name_key", "address": "place_key"}.get(by, f"{by}_key")]
    if value is None or value is pd.NaT or value != value:  # noqa: PLR0124 - NaN is not itself
        msg = f"{by}: nothing to look for in that"
        raise InputError(msg)
    return str(value).removesuffix(" -")
