"""The tools answer what the twin answers, shortened so that a model can read it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from hashlib import sha256
from statistics import median
from typing import Any

import pytest

import gridtwin
from asked_twin import CALLS, CUSTOMER, TRICK, list_calls
from document_schemas import hold_to_schema
from gridtwin.ask.agent_tools import AGENT_TOOLS, list_agent_tools
from gridtwin.errors import InputError, NotAllowedError, NotFoundError
from gridtwin.model.permissions import Permission
from gridtwin.tools.personal_data import check_personal, hide_arguments
from gridtwin.tools.shared_twin import SharedTwin
from gridtwin.tools.tool_answer import (
    BRIEF,
    FULL,
    MOST_BYTES,
    Cuts,
    Page,
    fit_document,
    measure_bytes,
)
from gridtwin.tools.tool_texts import clean_text, clean_value, quote_id
from gridtwin.twin import Twin
from networks import two_feeders_with_a_tie

HEAD, FUSE = "BKR-0000001", "FUSE-0000006"


def ask(shared: SharedTwin, name: str, **given: Any) -> dict[str, Any]:
    """Return what a tool answers, as it would go out."""
    answer: dict[str, Any] = json.loads(json.dumps(CALLS[name](shared, **given), allow_nan=False))
    return answer


def test_every_tool_is_called_here(asked: Twin) -> None:
    assert {name for name, _ in list_calls(asked)} == {each.name for each in list_agent_tools()}


def test_answers_are_documents_of_the_house_and_short(shared: SharedTwin, asked: Twin) -> None:
    sizes = []
    for name, given in list_calls(asked):
        for detail in (BRIEF, FULL):
            answer = ask(shared, name, **given, detail=detail)
            hold_to_schema(answer["document"])
            assert measure_bytes(answer) <= MOST_BYTES[detail], (name, given)
            assert answer["sentence"].endswith((".", "?")), answer["sentence"]
            assert bool(answer["narrow"]) == bool(answer["truncated"])
        sizes.append(measure_bytes(ask(shared, name, **given)))
    assert median(sizes) < 4_000


SAME: list[tuple[str, dict[str, Any], Callable[[Twin], Any]]] = [
    ("trace", {"kind": "downstream", "of": [HEAD]}, lambda twin: twin.trace("downstream", HEAD)),
    ("blast", {"of": [FUSE]}, lambda twin: twin.blast_radius(FUSE)),
    ("restore_plan", {"of": [FUSE], "crews": 2}, lambda twin: twin.restore(FUSE, crews=2)),
    ("what_if", {"open": [HEAD]}, lambda twin: twin.what_if({HEAD: True})),
    ("readings", {"level": "feeder"}, lambda twin: twin.ami.load(level="feeder")),
]


@pytest.mark.parametrize(("name", "given", "same"), SAME, ids=[name for name, _, _ in SAME])
def test_a_document_is_that_of_the_twin_from_page_to_page(
    shared: SharedTwin,
    asked: Twin,
    name: str,
    given: dict[str, Any],
    same: Callable[[Twin], Any],
) -> None:
    whole = clean_value(same(asked).document())
    first = ask(shared, name, **given, detail="full")
    pages = [first]
    while pages[-1]["cursor"]:
        pages.append(ask(shared, name, **given, detail="full", cursor=pages[-1]["cursor"]))
    lists = [path for path in first["totals"] if "." not in path]
    for path in lists:
        found = [entry for page in pages for entry in page["document"][path]]
        if first["cursor"] or path not in first["truncated"]:
            assert found == json.loads(json.dumps(whole[path]))
        assert first["totals"][path] == len(whole[path])
    left = {path.split(".")[0] for path in first["truncated"]} | set(lists)
    for field in set(whole) - left:
        assert first["document"][field] == json.loads(json.dumps(whole[field])), field


def test_a_cursor_of_another_state_is_refused(tmp_path: Any) -> None:
    twin = gridtwin.open(two_feeders_with_a_tie()).save(tmp_path / "two.twin")
    shared = SharedTwin(twin)
    asked = {"kind": "downstream", "of": ["BKR1"]}
    cursor = ask(shared, "trace", **asked, limit=1)["cursor"]
    page = ask(shared, "trace", **asked, limit=1, cursor=cursor)
    assert [each["mrid"] for each in page["document"]["elements"]] == ["FUSE"]
    twin.switch("TIE", open=False)
    with pytest.raises(InputError, match="has changed since that cursor"):
        ask(shared, "trace", **asked, limit=1, cursor=cursor)
    with pytest.raises(InputError, match="is no cursor"):
        ask(shared, "trace", **asked, cursor="next please")


def test_totals_are_exact_where_lists_are_cut(shared: SharedTwin, asked: Twin) -> None:
    answer = ask(shared, "trace", kind="downstream", of=["BKR-0000001"])
    whole = asked.trace("downstream", "BKR-0000001")
    assert len(answer["document"]["elements"]) == 10 < len(whole)
    assert answer["totals"] == {"elements": len(whole), "usage_points": len(whole.usage_points)}
    assert answer["document"]["customers"] == whole.customers
    assert set(answer["truncated"]) == {"elements", "usage_points"}
    assert "where" in answer["narrow"]


def test_what_is_too_long_is_cut_until_it_fits() -> None:
    rows = [{"mrid": "x" * 300, "usage_points": ["y" * 50] * 200} for _ in range(500)]
    answer = fit_document(
        {"rows": rows, "area": {"coordinates": [1.0] * 9_000}},
        "Much.",
        Page(FULL, limit=500),
        Cuts(("rows",), nested=("rows.usage_points",), spare=("area",)),
    )
    assert measure_bytes(answer) <= MOST_BYTES[FULL]
    assert answer["document"]["area"] is None
    assert set(answer["truncated"]) == {"rows", "rows.usage_points", "area"}
    assert answer["totals"] == {"rows": 500}
    assert rows[0]["usage_points"] == ["y" * 50] * 200  # what was given stays as it is


def test_texts_of_people_are_data(shared: SharedTwin) -> None:
    told = ask(shared, "outage", id="O-1")
    assert "\x1b" not in json.dumps(told, ensure_ascii=False)
    assert told["document"]["cause"].startswith("tree [31m: ")
    element = ask(shared, "element", of="FUSE-0000002")
    assert element["document"]["name"] == TRICK
    board, found = ask(shared, "outages"), ask(shared, "find", q="ignore previous")
    assert found["document"]["found"][0]["mrid"] == "FUSE-0000002"
    for answer in (told, element, board, found):
        assert "ignore previous" not in answer["sentence"]


def test_an_id_of_words_is_quoted_in_a_sentence() -> None:
    network = two_feeders_with_a_tie()
    frames = {name: getattr(network, name) for name in ("nodes", "usage_points", "sources")}
    equipment = network.equipment.replace({"mrid": {"FUSE": TRICK}})
    named = gridtwin.Network.from_frames(**frames, equipment=equipment, feeders=network.feeders)
    answer = ask(SharedTwin(gridtwin.open(named)), "blast", of=[TRICK])
    assert answer["sentence"].startswith(f'"{TRICK}" failing')


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Oak St", "Oak St"),
        ("a\nb\x00c", "a b c"),
        ("left\u202eright", "left right"),
        ("hid\U000e0041den", "hid den"),
        ("x" * 500, "x" * 399 + "…"),
    ],
)
def test_characters_that_nobody_sees_are_taken_out(text: str, clean: str) -> None:
    assert clean_text(text) == clean


def test_numbers_that_are_none_become_null() -> None:
    assert clean_value({"a": [math.nan, math.inf, 1.5]}) == {"a": [None, None, 1.5]}
    assert quote_id("MTR-1") == "MTR-1"
    assert quote_id('say "yes"') == '"say \\"yes\\""'


@pytest.mark.parametrize(
    ("name", "given", "match"),
    [
        ("element", {"of": "FUSE-000004"}, "did you mean FUSE-0000004"),
        ("explain", {"of": "fues 4"}, "did you mean FUSE-0000004"),
        ("trace", {"kind": "sideways", "of": ["FUSE-0000004"]}, "no trace is called 'sideways'"),
        ("trace", {"kind": "path", "of": ["FUSE-0000004"]}, "needs two elements"),
        ("trace", {"kind": "ties", "of": [FUSE], "where": "[1, 2]"}, "cannot be compared"),
        ("trace", {"kind": "ties", "of": [FUSE], "where": "kind == [1, 2]"}, "cannot be compared"),
        ("history", {"start": "0001-01-01T00:00:00Z"}, "give a year from 1900 to 2200"),
        ("blast", {}, "either `of`, ids, or `polygon`"),
        ("blast", {"of": ["FUSE-0000004"], "scope": "all"}, "all"),
        ("critical", {"feeder": "FUSE-0000004"}, "is no feeder: it is on feeder"),
        ("critical", {"kind": "fuze"}, "no kind of equipment is called 'fuze'"),
        ("what_if", {}, "say which switches"),
        ("what_if", {"open": ["FUSE-0000004"], "close": ["FUSE-0000004"]}, "both"),
        ("what_if", {"open": ["LINE-0000001"]}, "LINE-0000001"),
        ("area", {"polygon": "the north"}, "polygon"),
        ("outage", {"id": "O-7"}, "no outage is called 'O-7'"),
        ("outages", {"since": "yesterday"}, "is no time"),
        ("priority_sites", {"kind": "castle"}, "no kind of priority site"),
        ("history", {"start": "2026-07-02T00:00:00"}, "names no time zone"),
        ("readings", {"at": "2020-01-01T00:00:00Z"}, "did you mean 2026-07-01T12:45:00"),
        ("readings", {"of": "FUSE-0000004"}, "is no transformer"),
        ("analytics", {"question": "why"}, "no question is called 'why'"),
        ("data_quality", {"rule": "beauty"}, "beauty"),
    ],
)
def test_what_cannot_be_answered_says_how_to_ask(
    shared: SharedTwin, name: str, given: dict[str, Any], match: str
) -> None:
    with pytest.raises((InputError, NotFoundError), match=match):
        ask(shared, name, **given)


def test_who_is_out_and_until_when(shared: SharedTwin, asked: Twin) -> None:
    feeder = asked.network.feeders.mrid.iloc[0]
    board = ask(shared, "outages", on=feeder)
    out = board["document"]["customers_out"]
    assert out == sum(each.customers_out for each in asked.outages.all())
    estimate = ask(shared, "estimate", of=feeder)["document"]
    assert estimate["customers_out"] == out == sum(each["customers"] for each in estimate["parts"])
    assert [each["etr"] for each in estimate["parts"] if each["outage"] == "O-1"] == [
        "2026-07-01T15:00:00+00:00"
    ]
    overview = ask(shared, "overview", by="feeder")["document"]
    assert overview["customers_out"] == out == overview["groups"][0]["customers_out"]
    member = asked.outages.members("O-1").usage_point[0]
    one = ask(shared, "estimate", of=member)
    assert (one["document"]["customers"], one["document"]["customers_out"]) == (1, 1)
    assert "promised back by 2026-07-01T15:00:00+00:00, which has passed" in one["sentence"]
    dark = set(asked.outages.members().usage_point)
    lit = next(each for each in asked.network.usage_points.mrid if each not in dark)
    assert "has supply" in ask(shared, "estimate", of=lit)["sentence"]


def test_the_worst_single_losses_are_those_of_the_sweep(shared: SharedTwin, asked: Twin) -> None:
    found = ask(shared, "critical", kind="fuse", detail="full")["document"]["elements"]
    sweep = asked.sweep()
    fuses = sweep[(sweep.kind == "fuse") & (sweep.usage_points > 0)]
    assert {each["mrid"]: each["customers"] for each in found} == dict(
        zip(fuses.mrid, fuses.customers, strict=True)
    )
    assert found == sorted(found, key=lambda each: -each["customers"])


def test_links_are_views_of_the_map(shared: SharedTwin) -> None:
    answer = ask(shared, "trace", kind="downstream", of=["BKR-0000001"])
    assert answer["map"] == "#sel=BKR-0000001&trace=downstream:BKR-0000001"
    assert ask(shared, "what_if", open=["BKR-0000001"])["map"] == "#whatif=BKR-0000001:o"
    assert ask(shared, "outage", id="O-1")["map"] == "#outage=O-1"


def test_a_model_sees_of_a_customer_pseudonyms(shared: SharedTwin) -> None:
    answer = ask(shared, "customers", of="A1", detail="full")
    told = json.dumps(answer)
    assert not any(word in told for word in (CUSTOMER, "104437", "MTR-"))
    assert answer["document"]["records"][0]["zip"] == "77002"
    assert shared.twin.customers.privacy.list_lookups() == []
    look, customer = frozenset({Permission.LOOK}), {"of": CUSTOMER}
    with pytest.raises(NotAllowedError, match="see-customers"):
        check_personal(shared, "customers", customer, look)
    with pytest.raises(NotAllowedError, match="see-readings"):  # of which the card tells
        check_personal(shared, "customers", customer, look | {Permission.SEE_CUSTOMERS})
    check_personal(shared, "customers", customer, frozenset(Permission))
    logged = str(hide_arguments("customers", customer))
    assert CUSTOMER not in logged
    assert sha256(CUSTOMER.encode()).hexdigest() not in logged, "which trying names would find"
    assert hide_arguments("customers", customer) == hide_arguments("customers", customer)


def test_descriptions_fit_into_the_sight_of_a_model() -> None:
    for tool in AGENT_TOOLS:
        assert 40 < len(tool.description) < 500, tool.name
    assert 12 <= len(list_agent_tools()) <= 21
    assert [tool.name for tool in list_agent_tools(operator=True) if tool.operates] == ["switch"]


def test_a_database_is_asked_alike(asked: Twin, shared: SharedTwin, database: str) -> None:
    kept = SharedTwin(asked.save(database))
    for name, given in list_calls(asked):
        if name in {"overview", "readings", "analytics", "history"} or "O-1" in given.values():
            continue  # outages and readings are not saved along with the network
        if name in {"outages", "estimate", "element", "what_if", "ask", "documents", "customers"}:
            continue
        answer, same = ask(kept, name, **given), ask(shared, name, **given)
        hold_to_schema(answer["document"])
        for field in set(same["document"]) - {"version", "customers_out", "sites", "groups"}:
            assert answer["document"][field] == same["document"][field], (name, field)
        assert answer["totals"] == same["totals"]
    kept.twin.outages.open("FUSE-0000001", id="O-9")
    assert ask(kept, "outages")["document"]["outages"][0]["id"] == "O-9"
    assert ask(kept, "outage", id="O-9")["document"]["customers_out"] > 0
    assert ask(kept, "estimate", of="O-9")["document"]["parts"][0]["outage"] == "O-9"
    assert ask(kept, "overview")["document"]["open_outages"] == 1
