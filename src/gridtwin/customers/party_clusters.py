"""Put records together into parties, the surest pairs first, and never against a rule."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NEAR_DATES = 2  # characters by which two dates of birth of one person differ, by slips


class RecordFacts(NamedTuple):
    """What of a record may forbid that it joins a party."""

    birth: str | None = None
    suffix: str | None = None


class MatchedPair(NamedTuple):
    """Two records that are of one party, the surer the greater the weight."""

    left: str
    right: str
    weight: float
    # A number of one person agrees, or somebody said so: dates of birth may differ then.
    overrules_facts: bool = False


class RefusedPair(NamedTuple):
    """A pair that would have put together what a rule keeps apart."""

    left: str
    right: str
    weight: float
    rule: str


@dataclass
class _Party:
    """What the records of a party say together."""

    records: list[str]
    births: set[str] = field(default_factory=set)
    suffixes: set[str] = field(default_factory=set)
    apart: set[str] = field(default_factory=set)  # records that somebody said are of others


class PartyClusters:
    """
    Parties that grow pair by pair.

    Parameters
    ----------
    facts
        What each record says that may forbid a pair.
    apart
        Pairs of records that somebody said are not of one party.
    """

    def __init__(
        self, facts: Mapping[str, RecordFacts], apart: Iterable[tuple[str, str]] = ()
    ) -> None:
        self._facts = facts
        self._apart: dict[str, set[str]] = {}
        for left, right in apart:
            self._apart.setdefault(left, set()).add(right)
            self._apart.setdefault(right, set()).add(left)
        self._party_of: dict[str, _Party] = {}
        self.refused: list[RefusedPair] = []

    def join_pair(self, pair: MatchedPair) -> bool:
        """Put two parties together; False, and noted in `refused`, where a rule forbids it."""
        left, right = self._find_party(pair.left), self._find_party(pair.right)
        if left is right:
            return True
        if rule := _find_broken_rule(left, right, overrules_facts=pair.overrules_facts):
            self.refused.append(RefusedPair(*pair[:3], rule))
            return False
        if len(left.records) < len(right.records):
            left, right = right, left
        left.records += right.records
        left.births |= right.births
        left.suffixes |= right.suffixes
        left.apart |= right.apart
        for record in right.records:
            self._party_of[record] = left
        return True

    def list_parties(self) -> list[list[str]]:
        """Return the records of each party of two or more, sorted."""
        parties = {id(party): party for party in self._party_of.values()}
        return sorted(sorted(party.records) for party in parties.values() if len(party.records) > 1)

    def list_groups(self, records: Iterable[str]) -> list[list[str]]:
        """Return the parties of records, those of one record too."""
        groups = self.list_parties()
        grouped = {record for group in groups for record in group}
        return groups + [[record] for record in sorted(records) if record not in grouped]

    def _find_party(self, record: str) -> _Party:
        party = self._party_of.get(record)
        if party is None:
            facts = self._facts.get(record, RecordFacts())
            party = self._party_of[record] = _Party(
                [record],
                {facts.birth} if facts.birth else set(),
                {facts.suffix} if facts.suffix else set(),
                set(self._apart.get(record, ())),
            )
        return party


def cluster_pairs(
    pairs: Iterable[MatchedPair],
    facts: Mapping[str, RecordFacts],
    *,
    apart: Iterable[tuple[str, str]] = (),
    known: Iterable[Iterable[str]] = (),
) -> PartyClusters:
    """
    Return the parties that pairs make, the surest pair first.

    Parameters
    ----------
    pairs
        The pairs.
    facts
        What each record says that may forbid a pair.
    apart
        Pairs that somebody said are not of one party; they overrule every weight.
    known
        The records of each party that there is already: they stay together.
    """
    clusters = PartyClusters(facts, apart)
    for party in known:
        first, *others = party
        for record in others:
            clusters.join_pair(MatchedPair(first, record, 0.0, overrules_facts=True))
    for pair in sorted(pairs, key=lambda each: (-each.weight, each.left, each.right)):
        clusters.join_pair(pair)
    return clusters


def _find_broken_rule(left: _Party, right: _Party, *, overrules_facts: bool) -> str:
    """Return the rule that keeps two parties apart; an empty text for none."""
    if not left.apart.isdisjoint(right.records) or not right.apart.isdisjoint(left.records):
        return "somebody said that they are two"
    if overrules_facts:
        return ""
    if left.suffixes and right.suffixes and left.suffixes.isdisjoint(right.suffixes):
        return "father and son: another suffix"
    if left.births and right.births and not _agree_dates(left.births, right.births):
        return "two dates of birth"
    return ""


def _agree_dates(left: set[str], right: set[str]) -> bool:
    """Say whether some date of one party is that of the other, but for a slip."""
    if not left.isdisjoint(right):
        return True
    return any(
        sum(a != b for a, b in zip(one, other, strict=False)) <= NEAR_DATES
        or sorted(one) == sorted(other)
        for one in left
        for other in right
    )
