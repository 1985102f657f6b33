"""A question may point at what the one before was about, and ask for several things at once."""

from __future__ import annotations

import pytest

from question_scores import Ask
from question_twin import FEEDER


def test_it_is_what_the_question_before_was_about(ask: Ask) -> None:
    first = ask("why is MTR-0000310 out")
    then = ask("when will it be back", context=first["context"])
    assert then["reading"] is not None
    assert (then["reading"]["tool"], then["reading"]["arguments"]) == (
        "estimate", {"of": "MTR-0000310"}
    )  # fmt: skip
    assert "'it' is MTR-0000310, as in the question before" in then["assumed"]
    fed = ask("which transformer is it on", context=then["context"])
    assert fed["reading"] is not None
    assert fed["reading"]["arguments"] == {"kind": "upstream", "of": ["MTR-0000310"]}


def test_what_is_ordered_of_it_is_refused_and_what_is_supposed_is_told(ask: Ask) -> None:
    first = ask("describe RCL-0000003")
    assert ask("open it", context=first["context"])["outcome"] == "refused"
    tried = ask("what if we open it", context=first["context"])
    assert tried["reading"] is not None
    assert tried["reading"]["arguments"] == {"open": ["RCL-0000003"]}


@pytest.mark.parametrize(
    ("before", "question"),
    [
        ("path from MTR-0000100 to BKR-0000001", "what is downstream of it"),  # of which
        ("which hospitals are out", "what is downstream of it"),
        ("describe RCL-0000003", "what is downstream of RCL-0000005, is it much"),
    ],
)
def test_it_is_not_guessed(ask: Ask, before: str, question: str) -> None:
    answer = ask(question, context=ask(before)["context"])
    assert not any("the question before" in each for each in answer["assumed"])


def test_that_is_the_answer_before(ask: Ask) -> None:
    first = ask(f"is there an outage on {FEEDER}")
    then = ask("how many customers is that", context=first["context"])
    assert then["reading"] is not None
    assert then["reading"]["arguments"] == {"on": FEEDER}
    assert ask("how many customers is that")["outcome"] != "answered"


def test_a_site_is_asked_for_where_the_question_before_was(ask: Ask) -> None:
    first = ask("is there an outage on BRO-1203")
    then = ask("any nursing homes on it", context=first["context"])
    assert then["reading"] is not None
    assert then["reading"]["arguments"] == {"kind": "nursing_home", "on": "BRO-1203"}


@pytest.mark.parametrize(
    "question",
    [
        "is it the whole street or only MTR-0000322",
        "well there you are and so it was with RCL-0000003 again",
    ],
)
def test_an_element_among_words_that_say_nothing_is_not_asked_to_be_described(
    ask: Ask, question: str
) -> None:
    assert ask(question)["outcome"] == "offered"


def test_of_several_questions_in_one_each_is_offered(ask: Ask) -> None:
    question = "MTR-0000345 why no power and when is it back"
    answer = ask(question)
    assert answer["outcome"] == "offered"
    assert [each["tool"] for each in answer["choices"]] == ["explain", "estimate"]
    second = ask(question, pick=2)["reading"]
    assert second is not None
    assert second["arguments"] == {"of": "MTR-0000345"}


@pytest.mark.parametrize(
    ("question", "tool"),
    [
        ("who is out on feeder BRO-1204 and until when", "estimate"),  # one tool tells both
        ("what lies between RCL-0000003 and MTR-0000100", "trace"),
        ("who would lose power if both FUSE-0000011 and FUSE-0000012 fail", "blast"),
    ],
)
def test_and_does_not_make_two_questions_of_one(ask: Ask, question: str, tool: str) -> None:
    reading = ask(question)["reading"]
    assert reading is not None
    assert reading["tool"] == tool


def test_priority_sites_are_told_where_they_are_asked_for(ask: Ask) -> None:
    assert ask("whats out rn")["reading"]["tool"] == "outages"  # type: ignore[index]
    assert ask("is any hospital out rn")["reading"]["tool"] == "priority_sites"  # type: ignore[index]


@pytest.mark.parametrize(
    "asked", ["when is MTR-0000321 back", "when do i tell MTR-0000321 its back"]
)
def test_back_is_of_a_return_where_it_is_asked_when(ask: Ask, asked: str) -> None:
    reading = ask(asked)["reading"]
    assert reading is not None
    assert (reading["tool"], reading["arguments"]) == ("estimate", {"of": "MTR-0000321"})


def test_a_word_and_a_number_may_be_an_id(ask: Ask) -> None:
    reading = ask("what happens if i close tie 2")["reading"]
    assert reading is not None
    assert reading["arguments"] == {"close": ["TIE-0000002"]}


@pytest.mark.parametrize("told", ["power off at MTR-0000349", "power off at mtr 349, known issue?"])
def test_what_stands_off_is_no_order(ask: Ask, told: str) -> None:
    assert ask(told)["outcome"] != "refused"


@pytest.mark.parametrize(
    "order",
    [
        "let everybody on BRO-1204 know its another hour",
        "put in a ticket for MTR-0000355 low voltage",
        "power off MTR-0000349",
        "need someone out at FUSE-0000003 asap",
        "go ahead w/ TIE-0000004 closed",
    ],
)
def test_what_is_to_be_told_filed_or_cut_is_an_order(ask: Ask, order: str) -> None:
    assert ask(order)["outcome"] == "refused"
