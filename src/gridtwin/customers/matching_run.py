"""Find which records are of one party: normalize, score, decide, cluster."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from gridtwin.customers.matching_model import (
    FIELDS,
    TrainingEffort,
    score_pairs,
    train_model,
    write_levels_sql,
)
from gridtwin.customers.party_clusters import MatchedPair, RecordFacts, cluster_pairs
from gridtwin.customers.party_naming import keep_party_ids
from gridtwin.customers.record_normalization import (
    connect_matching,
    mark_fresh_records,
    normalize_records,
    read_matching_sql,
)
from gridtwin.errors import InputError
from gridtwin.model.customers import SAID_BY_SOMEBODY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from duckdb import DuckDBPyConnection

SCORED_BITS = -6.0  # pairs of less weight are never looked at
LEAST_NAMED = 5  # records with a name from which on the model remembers it
EXCLUSIVE_BITS = -12.0  # the same, where only the best pair counts
LABEL_BITS = 1_000.0  # of what somebody said: no weight of a model comes near it
MATCHED, HOUSEHOLD, REVIEW, REJECTED = "matched", "household", "review", "rejected"


class MatchingOptions(NamedTuple):
    """From which weight on pairs are believed, in bits; and how the model is trained."""

    matched_bits: float = 2.0  # and a contact or the address agrees, and nothing conflicts
    review_bits: float = 0.0
    effort: TrainingEffort = TrainingEffort()
    # No source has two records of one party: then the best pair counts, whatever rule it breaks.
    exclusive: bool = False


class Label(NamedTuple):
    """What somebody said of two records."""

    left: str
    right: str
    same: bool


@dataclass(frozen=True)
class MatchResult:
    """
    What matching found.

    Attributes
    ----------
    parties
        ``record``, ``party``: every record has one.
    links
        Pairs that are matched, of one household, or to be reviewed: ``record_l``, ``record_r``,
        ``weight``, ``decision``, ``reason``, and ``weight_FIELD`` in bits, NaN = not said.
    model
        The trained model, with how often names occur.
    """

    parties: pd.DataFrame
    links: pd.DataFrame
    model: dict[str, Any]


def match_records(
    records: pd.DataFrame,
    *,
    model: dict[str, Any] | None = None,
    labels: Sequence[Label] = (),
    known: Mapping[str, str] | None = None,
    former: Mapping[str, str] | None = None,
    fresh: Collection[str] | None = None,
    newcomers: Collection[str] = (),
    options: MatchingOptions | None = None,
) -> MatchResult:
    """
    Find which records are of one party.

    Parameters
    ----------
    records
        Columns of `gridtwin.model.customers.RECORD_COLUMNS`.
    model
        One that is trained already; by default it is trained with these records.
    labels
        What people said: it overrules every weight.
    known
        Party of records that have one: who is together stays so.
    former
        Party that records had before; ids stay where they can.
    fresh
        Records that are new: pairs of none of them are not compared; by default all are.
    newcomers
        Records that were kept just now: their party of before gives way to any other.
    options
        From which weight on pairs are believed.

    Raises
    ------
    InputError
        If a record has no id, or two have one.
    MissingExtraError
        Without the extra ``customers``.
    """
    options = options or MatchingOptions()
    connection = connect_matching()
    try:
        normalize_records(connection, records)
        if model is None:
            model = train_model(connection, options.effort)
            model |= {"frequencies": _count_names(connection)}
        if fresh is not None:
            mark_fresh_records(connection, fresh)
        links = _decide_pairs(connection, model, options, fresh_only=fresh is not None)
        facts = _read_facts(connection)
    finally:
        connection.close()
    if options.exclusive:
        links = _match_best(links)
    links = _apply_labels(links, labels)
    groups, refused = _form_groups(links, facts, labels, known or {})
    placed = keep_party_ids(groups, former or known or {}, newcomers=newcomers)
    rows = [(record, placed[record]) for record in sorted(facts)]
    parties = pd.DataFrame(rows, columns=["record", "party"])
    if refused:
        links = _send_to_review(links, refused)
    return MatchResult(parties, links, model)


class PreparedRecords(NamedTuple):
    """
    Records as they are kept.

    Attributes
    ----------
    search
        ``record``, ``name_key``, ``phone_key``, ``email_key``, ``place_key``.
    keys
        ``key``, ``record``: by which records that may be of one party are found.
    """

    search: pd.DataFrame
    keys: pd.DataFrame


def prepare_records(records: pd.DataFrame) -> PreparedRecords:
    """Return what records are searched and found by; as `match_records` it refuses bad ids."""
    connection = connect_matching()
    try:
        normalize_records(connection, records)
        search = connection.execute(
            "SELECT record, name AS name_key, phone AS phone_key, email AS email_key,"
            " place AS place_key FROM normalized ORDER BY record"
        ).df()
        return PreparedRecords(search, connection.execute(read_matching_sql("keys")).df())
    finally:
        connection.close()


def _count_names(connection: DuckDBPyConnection) -> dict[str, dict[str, float]]:
    """
    Return the share of records with each name; of rare ones together, as that of an empty name.

    The model outlives the records it was trained with: a name that few have would tell who they
    were.
    """
    return {
        field: dict(
            connection.execute(
                f"SELECT CASE WHEN n >= {LEAST_NAMED} THEN {field} ELSE '' END,"  # noqa: S608 - own names
                " avg(n) / any_value(whole) FROM (SELECT *, sum(n) OVER () AS whole FROM ("
                f"SELECT {field}, count(*) AS n FROM normalized WHERE {field} IS NOT NULL"
                " GROUP BY 1)) GROUP BY 1 ORDER BY 1"
            ).fetchall()
        )
        for field in ("given", "name")
    }


def _decide_pairs(
    connection: DuckDBPyConnection,
    model: dict[str, Any],
    options: MatchingOptions,
    *,
    fresh_only: bool,
) -> pd.DataFrame:
    least = EXCLUSIVE_BITS if options.exclusive else SCORED_BITS
    score_pairs(connection, model, "scored", least_weight=least, fresh_only=fresh_only)
    connection.execute("CREATE OR REPLACE TABLE leveled AS " + write_levels_sql())
    connection.execute("DROP TABLE scored")
    connection.execute(
        read_matching_sql("decide"),
        {"matched": options.matched_bits, "review": options.review_bits},
    )
    weights = ", ".join(f"CAST(weight_{field} AS FLOAT) AS weight_{field}" for field in FIELDS)
    return connection.execute(
        "SELECT record_l, record_r, match_weight AS weight, decision, identity_same,"  # noqa: S608 - own names
        f" '' AS reason, {weights} FROM decided"
        f" WHERE {'true' if options.exclusive else 'decision <> ' + repr(REJECTED)}"
        " ORDER BY record_l, record_r"
    ).df()


def _match_best(links: pd.DataFrame) -> pd.DataFrame:
    """Match each record with the best of another source: first by rule, then by weight."""
    links = links.assign(
        by_rule=links["decision"] == MATCHED,
        source_l=links["record_l"].str.partition(":")[0],
        source_r=links["record_r"].str.partition(":")[0],
    )
    links = links[links["source_l"] != links["source_r"]]
    links = links.sort_values(
        ["by_rule", "weight", "record_l", "record_r"], ascending=[False, False, True, True]
    )
    sides = [links[name].astype(str) for name in ("record_l", "source_r", "record_r", "source_l")]
    taken: set[tuple[str, str]] = set()
    best = []
    for left, source_r, right, source_l in zip(*sides, strict=True):
        pair = {(left, source_r), (right, source_l)}
        best.append(taken.isdisjoint(pair))
        if best[-1]:
            taken |= pair
    links = links[best].drop(columns=["by_rule", "source_l", "source_r"])
    reason = links["reason"].where(links["decision"] == MATCHED, "the best pair of both")
    return links.assign(decision=MATCHED, reason=reason, identity_same=True)


def _read_facts(connection: DuckDBPyConnection) -> dict[str, RecordFacts]:
    rows = connection.execute("SELECT record, birth, suffix FROM normalized").fetchall()
    return {record: RecordFacts(birth, suffix) for record, birth, suffix in rows}


def _apply_labels(links: pd.DataFrame, labels: Sequence[Label]) -> pd.DataFrame:
    """Let what people said stand in place of what was decided."""
    if not labels:
        return links
    said = {tuple(sorted(each[:2])): each.same for each in labels}
    pairs = list(zip(links["record_l"], links["record_r"], strict=True))
    known = [said.get(tuple(sorted(pair))) for pair in pairs]
    links = links.copy()
    for same, decision in ((True, MATCHED), (False, REJECTED)):
        rows = [each is same for each in known]
        links.loc[rows, "decision"] = decision
        links.loc[rows, "reason"] = SAID_BY_SOMEBODY
    return links


def _form_groups(
    links: pd.DataFrame,
    facts: Mapping[str, RecordFacts],
    labels: Sequence[Label],
    known: Mapping[str, str],
) -> tuple[list[list[str]], dict[tuple[str, str], str]]:
    """Return the records of each party, and the pairs that a rule refused with the rule."""
    matched = links[links["decision"] == MATCHED]
    pairs = [
        MatchedPair._make(each)
        for each in matched[["record_l", "record_r", "weight", "identity_same"]].itertuples(
            index=False, name=None
        )
    ]
    pairs += list_label_pairs(labels)
    together: dict[str, list[str]] = {}
    for record, party in known.items():
        together.setdefault(party, []).append(record)
    apart = [(each.left, each.right) for each in labels if not each.same]
    clusters = cluster_pairs(pairs, facts, apart=apart, known=together.values())
    refused = {(each.left, each.right): each.rule for each in clusters.refused}
    return clusters.list_groups(facts), refused


def list_label_pairs(labels: Iterable[Label]) -> list[MatchedPair]:
    """Return the pairs that somebody said are of one party: surer than any that is scored."""
    return [
        MatchedPair(each.left, each.right, LABEL_BITS, overrules_facts=True)
        for each in labels
        if each.same
    ]


def _send_to_review(links: pd.DataFrame, refused: Mapping[tuple[str, str], str]) -> pd.DataFrame:
    """Have people look at pairs that the model believes and a rule refused."""
    pairs = zip(links["record_l"], links["record_r"], strict=True)
    rules = pd.Series([refused.get(pair, "") for pair in pairs], links.index)
    links = links.copy()
    links.loc[rules != "", "decision"] = REVIEW
    links.loc[rules != "", "reason"] = rules[rules != ""]
    return links


def read_model(text: str) -> dict[str, Any]:
    """Return a model that was kept as JSON; InputError if it is none."""
    try:
        model = json.loads(text)
        model["comparisons"], model["frequencies"]
    except (ValueError, KeyError, TypeError) as error:
        msg = "the kept model cannot be read: match all records again"
        raise InputError(msg) from error
    return dict(model)
