"""Serve customers in outages: who depends on power, who is out, whom to call and to write."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from gridtwin.errors import InputError
from gridtwin.model.customers import CONTACT_ORDER
from gridtwin.model.moments import read_moment
from gridtwin.results.customer_answers import AffectedAccount, AffectedCustomers, CareCall
from gridtwin.twin.customer_loading import read_designation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from gridtwin.model.customers import Designation
    from gridtwin.results.customer_masking import Viewer
    from gridtwin.store.protocol import Store
    from gridtwin.twin.customer_privacy import CustomerPrivacy

SUSTAINED_MIN = 5.0  # IEEE 1366: longer is a sustained interruption


class CustomerService:
    """What is done for the customers of a twin when supply is lost, or is going to be."""

    def __init__(self, store: Store, privacy: CustomerPrivacy) -> None:
        self._store = store
        self._book = store.customers
        self._privacy = privacy

    def list_designations(self, day: date | None = None) -> list[Designation]:
        """Return the designations that hold on a day; by default all there are."""
        every = [read_designation(row) for row in self._book.list_designations()]
        return [each for each in every if day is None or each.holds_on(day)]

    def derive_priority(self, day: date) -> dict[str, str]:
        """
        Return the priority of usage points on a day: the most urgent designation that holds then.

        One whose last day is past never shows; one of an ESI ID without a usage point is left out
        here, and told by `list_lost_designations`.
        """
        holding = sorted(self.list_designations(day), key=_rank_designation)
        places = self._list_places(holding)
        derived: dict[str, str] = {}
        for each in holding:
            for usage_point in places.get(each.esi_id, ()):
                derived.setdefault(usage_point, each.kind.value)
        return derived

    def list_lost_designations(self, day: date) -> list[Designation]:
        """Return designations that hold on a day, but whose ESI ID has no usage point."""
        holding = self.list_designations(day)
        places = self._list_places(holding)
        return [each for each in holding if not places.get(each.esi_id)]

    def _list_places(self, designations: Iterable[Designation]) -> dict[str, list[str]]:
        places: dict[str, list[str]] = {}
        for row in self._book.list_points("esi_id", [each.esi_id for each in designations]):
            if row["usage_point"] and not row["valid_to"]:
                places.setdefault(row["esi_id"], []).append(row["usage_point"])
        return places

    def list_care_calls(self, viewer: Viewer, *, at: datetime | None = None) -> list[CareCall]:
        """
        Return designated customers who are out, in the order in which they are to be called.

        Parameters
        ----------
        viewer
            Who asks; it is noted.
        at
            Now.
        """
        now = read_moment(at) if at else datetime.now(UTC)
        holding = self.list_designations(now.date())
        places = self._list_places(holding)
        points = {point for each in places.values() for point in each}
        out = {
            each.usage_point: each
            for each in self._store.outages.list_point_outages(points)
            if each.restored_at is None
        }
        calls = [
            (CONTACT_ORDER.index(each.kind), out[point].began_at, point, each)
            for each in holding
            for point in places.get(each.esi_id, ())
            if point in out
        ]
        calls.sort(key=lambda call: (call[0], call[1], call[2], call[3].designation))
        self._privacy.note_lookup(viewer, "calls", ",".join(sorted(out)), [])
        return [
            CareCall(
                order, each.kind.value, each.esi_id, point, out[point].outage, began, each.contact,
                each.second_contact, each.valid_until,
            )
            for order, (_, began, point, each) in enumerate(calls, start=1)
        ]  # fmt: skip

    def count_outages_by(self, by: str = "party") -> pd.DataFrame:
        """
        Return who is out by party, retailer or account: counts and ids, no names.

        Parameters
        ----------
        by
            ``party``, ``account`` or ``retailer``.
        """
        if by not in {"party", "account", "retailer"}:
            msg = f"outages are not counted by {by!r}: by party, account or retailer"
            raise InputError(msg)
        members = self._store.outages.read_members()
        points = self._book.list_points("usage_point", members.usage_point.tolist())
        holders = self._book.list_holders(row["esi_id"] for row in points)
        counts = Counter(row[by] for row in holders if row[by])
        rows = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
        return pd.DataFrame(rows, columns=[by, "out"])

    def list_affected(
        self, usage_points: Sequence[str], viewer: Viewer, *, day: date | None = None
    ) -> AffectedCustomers:
        """
        Return whom to tell that usage points lose supply, in the order in which they are told.

        Who is designated comes first, the most urgent before others (16 TAC 25.497), then all
        other accounts, then places that nobody holds; among these by ESI ID. It is noted who asked.

        Parameters
        ----------
        usage_points
            Their mRIDs, as a blast radius or a planned outage has them.
        viewer
            Who asks: names, contacts and addresses are masked for who may not see them.
        day
            When they lose supply: designations and service points count that hold then; by default
            today.

        Returns
        -------
            One row for each account, and one for each service point without one; and the usage
            points of no service point, which no letter reaches.
        """
        day = day or datetime.now(UTC).date()
        points = {
            row["esi_id"]: row
            for row in self._book.list_points("usage_point", usage_points)
            if _holds_on(row, day.isoformat())
        }
        designated: dict[str, Designation] = {}
        for each in sorted(self.list_designations(day), key=_rank_designation):
            designated.setdefault(each.esi_id, each)
        holders: dict[str, list[dict[str, Any]]] = {}
        for row in self._book.list_holders(points):
            holders.setdefault(row["esi_id"], []).append(row)
        found = [
            (designated.get(esi_id), esi_id, row)
            for esi_id in points
            for row in holders.get(esi_id, [{}])
        ]
        found.sort(key=_rank_affected)
        parties = sorted({row["party"] for _, _, row in found if row})
        self._privacy.note_lookup(viewer, "affected", ",".join(sorted(points)), parties)
        served = {row["usage_point"] for row in points.values()}
        return AffectedCustomers(
            [
                AffectedAccount(order, points[esi_id], row, designation)
                for order, (designation, esi_id, row) in enumerate(found, start=1)
            ],
            sorted(set(usage_points) - served),
        )

    def compute_party_indices(
        self, start: datetime, end: datetime, *, more_than: int = 3, hours: float = 8.0
    ) -> dict[str, Any]:
        """
        Return CEMI and CELID by party: of customers, not of usage points.

        Parameters
        ----------
        start, end
            Interruptions that began in ``start <= t < end``.
        more_than
            CEMI: share of parties with more sustained interruptions of one of their places.
        hours
            CELID: share of parties with one that lasted so long, or longer.
        """
        places = self._book.list_party_points()
        parties = sorted({party for party, _ in places})
        often: set[str] = set()
        long: set[str] = set()
        owners: dict[str, list[str]] = {}
        for party, point in places:
            owners.setdefault(point, []).append(party)
        counts: Counter[str] = Counter()
        for each in self._store.outages.list_point_outages(owners):
            if not start <= each.began_at < end or each.restored_at is None:
                continue
            minutes = (each.restored_at - each.began_at).total_seconds() / 60
            counts[each.usage_point] += minutes > SUSTAINED_MIN
            if minutes >= hours * 60:
                long.update(owners[each.usage_point])
        for point, count in counts.items():
            if count > more_than:
                often.update(owners[point])
        whole = max(1, len(parties))
        return {
            "parties": len(parties),
            "cemi": len(often) / whole,
            "more_than": more_than,
            "celid": len(long) / whole,
            "hours": hours,
        }


def _holds_on(row: Mapping[str, Any], day: str) -> bool:
    """Say whether a service point holds on a day."""
    first, last = row["valid_from"], row["valid_to"]
    return (not first or first <= day) and (not last or day < last)


def _rank_designation(each: Designation) -> tuple[int, str]:
    return CONTACT_ORDER.index(each.kind), each.designation


def _rank_affected(
    found: tuple[Designation | None, str, Mapping[str, Any]],
) -> tuple[int, bool, str, str]:
    """Return in what order somebody is told: designated first, places that nobody holds last."""
    designation, esi_id, row = found
    urgency = CONTACT_ORDER.index(designation.kind) if designation else len(CONTACT_ORDER)
    return urgency, not row, esi_id, row.get("record", "")
