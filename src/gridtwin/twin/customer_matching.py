"""Match the records of customers, and let people decide where the model is not sure."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from gridtwin.customers.match_quality import Share, estimate_share
from gridtwin.customers.matching_model import FIELDS
from gridtwin.customers.matching_run import (
    Label,
    MatchingOptions,
    list_label_pairs,
    match_records,
    read_model,
)
from gridtwin.customers.party_clusters import MatchedPair, cluster_pairs
from gridtwin.customers.party_naming import keep_party_ids, list_movements
from gridtwin.errors import InputError, NotFoundError
from gridtwin.store.customer_book import KeptLabel, KeptLink
from gridtwin.store.party_changes import PartyChange

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from gridtwin.customers.matching_run import MatchResult
    from gridtwin.store.protocol import Store
    from gridtwin.twin.customer_loading import CustomerLoading

SHOWN_CHANGES = 3  # that may have been meant


class MatchingSummary(NamedTuple):
    """What matching came to."""

    records: int
    parties: int
    links: dict[str, int]  # by decision
    merges: int
    splits: int


class CustomerMatching:
    """The records of a twin's customers, matched and decided on."""

    def __init__(self, store: Store, loading: CustomerLoading) -> None:
        self._book = store.customers
        self._loading = loading

    def match(
        self, *, actor: str = "", options: MatchingOptions | None = None, retrain: bool = True
    ) -> MatchingSummary:
        """
        Match all records; parties keep their ids, what merged and split is noted.

        Parameters
        ----------
        actor
            Who has it done, for the log.
        options
            From which weight on pairs are believed.
        retrain
            Train the model with the records; otherwise take the one that is kept.
        """
        records = self._read_frame()
        former = self._book.read_parties()
        kept = self._book.read_model()
        result = match_records(
            records,
            model=None if retrain or not kept else read_model(kept),
            labels=self._list_labels(),
            former=former,
            options=options,
        )
        return self._keep_result(result, former, actor, trained=True)

    def match_new(
        self, records: pd.DataFrame, *, actor: str = "", options: MatchingOptions | None = None
    ) -> MatchingSummary:
        """
        Load records and match them with those there are, which are not compared again.

        Raises
        ------
        InputError
            If no model is trained yet, or a record cannot be kept.
        """
        model = self._book.read_model()
        if not model:
            msg = "no model is trained yet: match all records first"
            raise InputError(msg)
        fresh = set(records["record"].astype(str))
        elder = self._book.read_parties(fresh)  # of records that change
        keys = self._loading.load_records(records).keys
        near = self._book.find_candidates(keys)
        # Whole parties: of one that grows or loses a record, nobody may stay behind.
        parties = self._book.read_parties([*fresh, *near])
        rows = sorted(self._book.list_party_records(parties.values()), key=itemgetter("record"))
        frame = pd.DataFrame(rows)  # in an order that ids drawn by chance do not change
        former = dict(zip(frame["record"], frame["party"], strict=True))
        result = match_records(
            frame.drop(columns="party"),
            model=read_model(model),
            labels=[each for each in self._list_labels() if {*each[:2]} <= set(former)],
            known={each: party for each, party in former.items() if each not in fresh},
            former=former,
            fresh=fresh,
            newcomers=fresh - set(elder),
            options=options,
        )
        return self._keep_result(result, former, actor, fresh=fresh)

    def decide(self, left: str, right: str, *, same: bool, actor: str = "") -> None:
        """
        Say whether two records are of one party; it overrules every weight from now on.

        Raises
        ------
        NotFoundError
            If there is no such record.
        """
        rows = {row["record"]: row["party"] for row in self._book.read_records([left, right])}
        for each in (left, right):
            if each not in rows:
                what = "record"
                raise NotFoundError(what, each)
        former = {
            row["record"]: row["party"] for row in self._book.list_party_records(rows.values())
        }
        label = KeptLabel(left, right, same, _now(), actor)
        placed = self._form_parties_anew(former, label)
        changes, moved = _list_changes(former, placed, actor, "somebody decided on a pair")
        self._book.write_labels([label], changes, moved)

    def undo_change(self, change: int, *, actor: str = "") -> PartyChange:
        """
        Undo a merge or a split, and keep it undone when records are matched again.

        Records that have come elsewhere since stay there.

        Raises
        ------
        NotFoundError
            If there is no such change.
        InputError
            If none of its records is where it put them.
        """
        undone = self._book.find_change(change)
        if undone is None:
            last = [str(each.id) for each in reversed(self._book.list_changes(limit=SHOWN_CHANGES))]
            what = "merge or split"
            raise NotFoundError(what, str(change), last)
        into = undone.into_party
        held = [row["record"] for row in self._book.list_party_records([into])]
        moved = tuple(each for each in undone.records if each in held)
        if not moved:
            msg = f"change {change} cannot be undone: its records have left {into} since"
            raise InputError(msg)
        others = [each for each in held if each not in moved]
        at = _now()
        labels = [
            KeptLabel(record, other, same=False, at=at, actor=actor)
            for record in moved
            for other in others
        ]
        back = PartyChange(at, actor, "undo", into, undone.from_party, moved, f"undo of {change}")
        self._book.write_labels(labels, [back], dict.fromkeys(moved, undone.from_party))
        return back

    def measure_labels(self) -> dict[str, Share]:
        """
        Return how many of the pairs that people looked at are of one party, with 95 % confidence.

        By what the model had decided: of ``matched`` it is its precision, of ``household`` and
        ``review`` how many more it could have matched.
        """
        return {
            decided: estimate_share(same, count)
            for decided, count, same in self._book.count_labels()
        }

    def _form_parties_anew(self, former: Mapping[str, str], fresh: KeptLabel) -> dict[str, str]:
        """Return the party of some records by their links and labels, a fresh one among these."""
        of_fresh = {fresh.left, fresh.right}
        labels = [each for each in self._list_labels() if {each.left, each.right} != of_fresh]
        labels.append(Label(*fresh[:3]))
        pairs = {
            MatchedPair(each.record_l, each.record_r, each.weight)
            for record in former
            for each in self._book.list_links(record)
            if each.decision == "matched" and {each.record_l, each.record_r} <= set(former)
        }
        inside = [each for each in labels if {each.left, each.right} <= set(former)]
        pairs |= set(list_label_pairs(inside))
        apart = [(each.left, each.right) for each in inside if not each.same]
        groups = cluster_pairs(pairs, {}, apart=apart).list_groups(former)
        return keep_party_ids(groups, former)

    def _keep_result(
        self,
        result: MatchResult,
        former: Mapping[str, str],
        actor: str,
        *,
        trained: bool = False,
        fresh: Iterable[str] | None = None,
    ) -> MatchingSummary:
        """Keep what matching found, all at once; return what it came to."""
        placed = dict(zip(result.parties["record"], result.parties["party"], strict=True))
        changes, moved = _list_changes(former, placed, actor, "records were matched")
        self._book.write_matching(
            _list_kept_links(result.links),
            changes,
            moved,
            model=(json.dumps(result.model), _now()) if trained else None,
            fresh=fresh,
        )
        counts = Counter(each.change for each in changes)
        links = dict(Counter(result.links["decision"]))
        return MatchingSummary(
            len(placed), len(set(placed.values())), links, counts["merge"], counts["split"]
        )

    def _read_frame(self) -> pd.DataFrame:
        rows = self._book.read_records()
        if not rows:
            msg = "there are no records of customers: load some first"
            raise InputError(msg)
        return pd.DataFrame(rows).drop(columns="party")

    def _list_labels(self) -> Sequence[Label]:
        return [Label(*each) for each in self._book.list_labels()]


def _list_changes(
    former: Mapping[str, str], placed: Mapping[str, str], actor: str, reason: str
) -> tuple[list[PartyChange], dict[str, str]]:
    """Return the merges and splits by which records come where they are, and those that move."""
    moved = {record: party for record, party in placed.items() if former.get(record) != party}
    sizes = Counter(former.values())
    at = _now()
    # A record that was alone and finds its party is no merge that anybody would undo.
    changes = [
        PartyChange(at, actor, each.change, each.from_party, each.into_party, each.records, reason)
        for each in list_movements(former, placed)
        if sizes[each.from_party] > 1
    ]
    return changes, moved


def _list_kept_links(links: pd.DataFrame) -> Iterator[KeptLink]:
    """Yield links as they are kept: weights of the fields that both records have."""
    columns: Any = [links[f"weight_{field}"].tolist() for field in FIELDS]
    heads = links[["record_l", "record_r", "weight", "decision", "reason"]]
    for head, *weights in zip(heads.itertuples(index=False, name=None), *columns, strict=True):
        said = {
            field: round(weight, 3)
            for field, weight in zip(FIELDS, weights, strict=True)
            if weight == weight and weight != 0  # noqa: PLR0124 - NaN is not itself
        }
        yield KeptLink._make((*head, said))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
