"""Records of one party are found, and what must be kept apart is kept apart."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridtwin.customers.bloom_linkage import EncodedField, encode_records, link_filters
from gridtwin.customers.match_quality import estimate_share, measure_pairs
from gridtwin.customers.matching_run import Label, match_records
from gridtwin.customers.party_clusters import MatchedPair, RecordFacts, cluster_pairs
from gridtwin.customers.party_naming import keep_party_ids, list_movements
from gridtwin.customers.record_normalization import connect_matching, normalize_records
from gridtwin.errors import InputError
from gridtwin.model.customers import RECORD_COLUMNS


def write_records(*rows: dict[str, str]) -> pd.DataFrame:
    """Return records with what is given; the rest is empty."""
    frame = pd.DataFrame([{"record": f"t:{n}", "source": "t"} | row for n, row in enumerate(rows)])
    return frame.reindex(columns=list(RECORD_COLUMNS)).fillna("")


def normalize(*rows: dict[str, str]) -> list[dict[str, Any]]:
    connection = connect_matching()
    normalize_records(connection, write_records(*rows))
    frame = connection.execute("SELECT * FROM normalized ORDER BY record").df()
    connection.close()
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def test_invented_customers_are_matched(town: Any) -> None:
    """Of another seed than the rules were made with; the benchmark does the same at 528K x 600K."""
    truth = town.made.truth.set_index("record")["party"]
    party_of = dict(zip(town.result.parties["record"], town.result.parties["party"], strict=True))
    quality = measure_pairs(party_of, truth, across=lambda ids: ids.str[:3])
    assert quality.precision.value >= 0.985
    assert quality.recall.value >= 0.93
    weights = town.result.links.filter(like="weight_").fillna(0).sum(axis=1)
    prior = town.result.links["weight"] - weights  # of any two records: the same for all pairs
    assert prior.std() < 1e-3


def test_members_of_a_household_are_kept_apart(town: Any) -> None:
    """Surname, phone, address agree, the first name does not: two parties of one household."""
    home = {
        "surname": "Winward", "phone": "713-234-5678", "email": "winward@home.example",
        "address": "12 Oak St", "zip": "77002",
    }  # fmt: skip
    records = write_records(
        home | {"given_name": "Margaret"},
        home | {"given_name": "Peggy"},
        home | {"given_name": "Steven"},
        home | {"given_name": "Steven", "surname": "Winward Jr"},
        home | {"given_name": "Steven", "surname": "Winward Sr"},
    )
    result = match_records(records, model=town.result.model)
    party = dict(zip(result.parties["record"], result.parties["party"], strict=True))
    assert party["t:0"] == party["t:1"]
    assert party["t:0"] != party["t:2"]
    assert party["t:3"] != party["t:4"]
    decisions = result.links.set_index(["record_l", "record_r"])["decision"]
    assert decisions["t:0", "t:2"] == "household"
    assert decisions["t:3", "t:4"] == "household"


def test_what_people_say_overrules_the_model(town: Any) -> None:
    records = pd.concat([town.made.accounts, town.made.portal], ignore_index=True)
    matched = town.result.links.query("decision == 'matched'").nlargest(1, "weight").iloc[0]
    pair = matched["record_l"], matched["record_r"]
    few = records[records["record"].isin(pair)]
    apart = match_records(few, model=town.result.model, labels=[Label(*pair, same=False)])
    assert apart.parties["party"].nunique() == 2
    together = match_records(few, model=town.result.model)
    assert together.parties["party"].nunique() == 1
    strangers = write_records({"surname": "Abel"}, {"surname": "Zorn"})
    joined = match_records(
        strangers, model=town.result.model, labels=[Label("t:0", "t:1", same=True)]
    )
    assert joined.parties["party"].nunique() == 1


def test_the_same_records_are_matched_the_same(town: Any) -> None:
    records = pd.concat([town.made.portal, town.made.accounts], ignore_index=True)
    shuffled = records.sample(frac=1, random_state=3)
    again = match_records(shuffled, model=json.loads(json.dumps(town.result.model)))
    pd.testing.assert_frame_equal(again.parties, town.result.parties)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"address": "123 N. Oak Hollow Street, Apt. 04B"}, ("123", "N OAK HOLLOW ST", "4B")),
        ({"address": "123 Oak Ave #7"}, ("123", "OAK AVE", "7")),
        ({"address": "9 Elm Court unit 12"}, ("9", "ELM CT", "12")),
        ({"address": "PO Box 7"}, (None, "PO BOX 7", None)),
    ],
)
def test_addresses_are_split(row: dict[str, str], expected: tuple[str | None, ...]) -> None:
    (found,) = normalize(row)
    assert (found["number"], found["street"], found["unit"]) == expected


def test_names_and_contacts_are_written_one_way() -> None:
    person, firm, nobody = normalize(
        {
            "given_name": "Mr. José Luis", "surname": "O'Neill-García, Jr.",
            "phone": "+1 (713) 234-5678 ", "email": " J.Neill+bills@Mail.Example ",
            "birth_date": "1980-02-30",
        },
        {"organization": "The Blue Door Bakery, L.L.C."},
        {"phone": "713-000-0000", "email": "noreply@x.example", "birth_date": "1900-01-01"},
    )  # fmt: skip
    assert (person["given"], person["name"], person["suffix"]) == ("JOSE", "ONEILL GARCIA", "JR")
    assert (person["phone"], person["email"]) == ("7132345678", "j.neill@mail.example")
    assert (firm["kind"], firm["name"]) == ("organization", "BLUE DOOR BAKERY")
    assert (nobody["phone"], nobody["email"], nobody["birth"]) == (None, None, None)


def test_bad_records_are_refused() -> None:
    with pytest.raises(InputError, match="row 1: 'a:1' stands there twice"):
        match_records(pd.DataFrame({"record": ["a:1", "a:1"]}))
    with pytest.raises(InputError, match="row 0: it has no id"):
        match_records(pd.DataFrame({"record": [""]}))


def test_no_party_has_two_dates_of_birth() -> None:
    facts = {"a": RecordFacts("1980-01-02"), "b": RecordFacts(), "c": RecordFacts("1955-06-07")}
    clusters = cluster_pairs([MatchedPair("a", "b", 9), MatchedPair("b", "c", 8)], facts)
    assert clusters.list_parties() == [["a", "b"]]
    assert [each.rule for each in clusters.refused] == ["two dates of birth"]
    slip = facts | {"c": RecordFacts("1980-02-01")}
    both = cluster_pairs([MatchedPair("a", "b", 9), MatchedPair("b", "c", 8)], slip)
    assert both.list_parties() == [["a", "b", "c"]]


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(0, 3)), max_size=30))
def test_clusters_are_the_components_that_no_rule_forbids(
    drawn: list[tuple[int, int, int]],
) -> None:
    """Without rules they are the connected components; with some pair apart, it is apart."""
    pairs = [MatchedPair(f"r{a:02}", f"r{b:02}", float(w)) for a, b, w in drawn if a != b]
    groups = {
        record: number
        for number, group in enumerate(cluster_pairs(pairs, {}).list_parties())
        for record in group
    }
    labels = np.arange(13)
    for a, b, _ in drawn:
        labels[labels == labels[a]] = labels[b]
    for a, b, _ in drawn:
        if a != b:
            assert groups[f"r{a:02}"] == groups[f"r{b:02}"]
    assert len(set(groups.values())) == sum(np.bincount(labels, minlength=13) > 1)
    if pairs:
        apart = (pairs[0].left, pairs[0].right)
        for group in cluster_pairs(pairs, {}, apart=[apart]).list_parties():
            assert not set(apart) <= set(group)


def test_parties_keep_their_ids() -> None:
    former = {"a": "P1", "b": "P1", "c": "P2", "d": "P3", "e": "P3", "f": "P3"}
    now = keep_party_ids([["a", "b", "c", "new"], ["d", "e"], ["f"]], former)
    assert [now[each] for each in "abcde"] == ["P1", "P1", "P1", "P3", "P3"]
    assert now["new"] == "P1"
    assert now["f"] not in {"P1", "P2", "P3"}
    assert [
        (each.change, each.from_party, each.records) for each in list_movements(former, now)
    ] == [
        ("merge", "P2", ("c",)),
        ("split", "P3", ("f",)),
    ]
    assert keep_party_ids([["a", "b", "c", "new"], ["d", "e"], ["f"]], now) == now


@pytest.mark.parametrize("ids", [("P1", "P2"), ("P2", "P1")])
def test_the_names_of_ids_decide_nothing(ids: tuple[str, str]) -> None:
    """Ids are drawn by chance: where two parties draw, that of the first record stays."""
    one, other = ids
    former = {"a": one, "b": other}
    assert keep_party_ids([["a", "b"]], former) == {"a": one, "b": one}
    beside = keep_party_ids([["a", "c"], ["b", "d"]], former | {"d": one})
    assert (beside["a"], beside["b"]) == ids
    crossed = keep_party_ids([["a", "d"], ["b", "c"]], former | {"c": one, "d": other})
    assert (crossed["a"], crossed["b"]) == ids


@given(st.lists(st.integers(0, 5), min_size=8, max_size=8), st.permutations(range(6)))
def test_parties_are_named_the_same_whatever_ids_were_drawn(
    drawn: list[int], order: list[int]
) -> None:
    """The same records, merged and split the same: who keeps an id keeps it under any ids."""
    records = "abcdefgh"
    former = dict(zip(records, drawn, strict=True))
    groups = [["a", "c"], ["b", "d", "e"], ["f"], ["g", "h"]]
    kept = [
        {
            record
            for record, party in keep_party_ids(groups, named).items()
            if party == named[record]
        }
        for named in (
            {record: f"PTY-{party}" for record, party in former.items()},
            {record: f"PTY-{order[party]}" for record, party in former.items()},
        )
    ]
    assert kept[0] == kept[1]


def test_a_newcomer_gives_way_and_keeps_its_id_alone() -> None:
    former = {"a": "P9", "new": "P1", "alone": "P2"}
    groups = [["a", "new"], ["alone"]]
    placed = keep_party_ids(groups, former, newcomers={"new", "alone"})
    assert placed == {"a": "P9", "new": "P9", "alone": "P2"}


def test_filters_link_without_names(town: Any) -> None:
    """Who has no secret finds nothing in common with who has."""
    fields = {
        "given_name": EncodedField(10),
        "surname": EncodedField(10),
        "phone": EncodedField(10, whole=True),
    }
    left = town.made.accounts.query("phone != '' and surname != ''").head(60).assign(phone="x")
    left["phone"] = np.arange(60).astype(str)
    right = left.sample(frac=1, random_state=1)
    one, other = (encode_records(each, fields, b"shared by two sides") for each in (left, right))
    pairs = link_filters(one, other, least_dice=0.9)
    assert [left.index[each.left] for each in pairs] == [right.index[each.right] for each in pairs]
    assert len(pairs) == 60
    foreign = encode_records(right, fields, b"another secret of others")
    assert link_filters(one, foreign, least_dice=0.9) == []
    with pytest.raises(InputError, match="5 bytes"):
        encode_records(left, fields, b"short")


@pytest.mark.parametrize(("hits", "count"), [(0, 0), (0, 20), (20, 20), (7, 20)])
def test_shares_have_their_interval(hits: int, count: int) -> None:
    """Of Wilson: it holds the share, and is never beyond 0 and 1."""
    share = estimate_share(hits, count)
    assert 0 <= share.low <= share.value <= share.high <= 1 or count == 0
    assert (share.high - share.low > 0.15) == (count < 100)
