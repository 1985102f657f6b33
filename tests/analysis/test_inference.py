"""What the inference makes of reports, on networks small enough to draw."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import gridtwin
from gridtwin.analysis.inference.likelihood import Assumptions, EvidenceWeights
from gridtwin.errors import InputError, NotFoundError
from gridtwin.model.events import MeterEvents
from gridtwin.model.network import Network
from gridtwin.results.inference_result import InferenceResult
from networks import network

T0 = 1_750_000_000.0
METERS = " ".join(
    f"{letter}{number}@{letter.lower()}:{phases}"
    for letter, phases in (("A", "A"), ("B", "A"), ("C", "A"), ("D", "ABC"), ("E", "B"))
    for number in range(8)
)


def laterals() -> Network:
    """
    Return a feeder with a recloser, and behind it a fuse on phase A with three transformers.

    ::

        S ─BKR─ n1 ─RCL─ n2 ─┬─FUSE─ n3 ─┬─XA─ a    eight meters at each of a, b, c, d, e
                             ├─XD─ d     ├─XB─ b
                             └─XE─ e     └─XC─ c
    """
    return network(
        """
        BKR breaker S n1 ABC
        RCL recloser n1 n2 ABC
        FUSE fuse n2 n3 A
        XA power_transformer n3 a A
        XB power_transformer n3 b A
        XC power_transformer n3 c A
        XD power_transformer n2 d ABC
        XE power_transformer n2 e B
        """,
        meters=METERS,
        heads="BKR",
    )


def three_pole_fuse() -> Network:
    """
    Return a fuse of three poles with two transformers on A and one on B.

    ::

        S ─BKR─ n1 ─┬─FUSE─ n2 ─┬─XA─ a
                    └─XD─ d     ├─XC─ c
                                └─XE─ e
    """
    return network(
        """
        BKR breaker S n1 ABC
        FUSE fuse n1 n2 ABC
        XA power_transformer n2 a A
        XC power_transformer n2 c A
        XE power_transformer n2 e B
        XD power_transformer n1 d ABC
        """,
        meters=" ".join(meter for meter in METERS.split() if meter[0] in "ACDE"),
        heads="BKR",
    )


def events(*said: tuple[str, str, float]) -> MeterEvents:
    """Return events: usage points as ``A0-7`` or ``A3``, a kind, and seconds after T0."""
    rows: list[tuple[str, str, float]] = []
    for names, kind, after in said:
        for name in names.split():
            first, _, last = name[1:].partition("-")
            for number in range(int(first), int(last or first) + 1):
                rows += [(f"{name[0]}{number}", kind, T0 + after + 0.5 * number)]
    return MeterEvents.from_lists(*zip(*rows, strict=True))


def infer(
    *said: tuple[str, str, float], after: float = 300.0, **options: object
) -> InferenceResult:
    twin = gridtwin.open(options.pop("network", None) or laterals())
    return twin.infer(events(*said), now=T0 + after, **options)


def devices(result: InferenceResult) -> list[str]:
    return [outage.device.mrid for outage in result.outages]


def test_missing_last_gasps_do_not_hide_the_device() -> None:
    result = infer(("A0-5 B1-7 C0-4 C6-7", "last_gasp", 2.0))
    assert devices(result) == ["FUSE"]
    (outage,) = result.outages
    assert outage.phases == "A"
    assert outage.customers == 24
    assert outage.evidence == {"last_gasps": 20, "missing": 4, "calls": 0, "still_on": 0}
    assert outage.device.probability > 0.98
    assert abs(outage.began_s - T0) < 10


def test_silence_of_one_transformer_moves_the_outage_below_the_fuse() -> None:
    assert devices(infer(("A0-7", "last_gasp", 2.0))) == ["XA"]


def test_one_pole_of_a_fuse_is_found() -> None:
    gasps = ("A0-6 C1-7", "last_gasp", 2.0)
    (outage,) = infer(gasps, network=three_pole_fuse()).outages
    assert outage.device.mrid == "FUSE"
    assert outage.phases == "A"
    assert outage.customers == 16
    both = infer(gasps, ("E0-6", "last_gasp", 2.0), network=three_pole_fuse())
    assert [outage.phases for outage in both.outages] == ["AB"]


def test_one_pole_with_one_transformer_cannot_be_told_from_it() -> None:
    (outage,) = infer(("E0-7", "last_gasp", 2.0), network=three_pole_fuse()).outages
    assert {outage.device.mrid, *outage.device.indistinguishable} == {"FUSE", "XE"}


def test_a_device_whose_poles_open_together_is_no_twin_of_one_pole() -> None:
    substation = network(
        """
        T power_transformer S b ABC
        BKR breaker b n1 ABC
        XA power_transformer n1 a A
        XB power_transformer n1 c B
        """,
        meters=" ".join(f"A{number}@a:A B{number}@c:B" for number in range(8)),
        volts="S=115000 b=12470 n1=12470 a=12470 c=12470",
    ).data
    groups = np.array([b"Dyn1", b"", b"", b""])
    joined = replace(substation, equipment=replace(substation.equipment, vector_group=groups))
    (outage,) = infer(("A0-7", "last_gasp", 2.0), network=Network(joined)).outages
    assert {outage.device.mrid, *outage.device.indistinguishable} == {"XA", "BKR"}


def test_meters_that_lose_one_of_three_phases_are_partial() -> None:
    result = infer(("A0-7 B0-7 C0-7", "last_gasp", 2.0), ("D0-3", "last_gasp", 2.0))
    (outage,) = result.outages
    assert outage.device.mrid == "RCL"
    assert outage.phases == "A"
    assert outage.customers == 24
    assert sorted(outage.partial) == [f"D{number}" for number in range(8)]


def test_a_meter_that_is_still_on_speaks_against_a_device() -> None:
    gasps = ("A0-7 B0-7 C0", "last_gasp", 2.0)
    assert devices(infer(gasps)) == ["FUSE"]
    for kind in ("reading", "ping"):
        result = infer(gasps, ("C2-7", kind, 60.0))
        assert {"XA", "XB"} <= set(devices(result)) <= {"XA", "XB", "C0"}
        assert result.customers in {16, 17}


def test_a_reading_from_before_the_outage_is_no_evidence() -> None:
    gasps = ("A0-7 B0-7 C0-1", "last_gasp", 2.0)
    assert devices(infer(gasps, ("C3-7", "reading", -60.0))) == ["FUSE"]


def test_one_wrong_reading_does_not_overrule_many_gasps() -> None:
    result = infer(("A0-7 B0-7 C0-6", "last_gasp", 2.0), ("C7", "reading", 60.0))
    assert devices(result) == ["FUSE"]
    assert result.outages[0].evidence["still_on"] == 1
    assert "C7" not in result.outages[0].usage_points


def test_silence_weighs_little_at_first_and_more_as_time_passes() -> None:
    weights = EvidenceWeights(Assumptions(), loss=0.2)
    full, part = weights.weigh_silence(np.array([0.0, 10.0, 60.0, 3600.0]))
    assert full[0] == 0.0
    assert (np.diff(full) < 0).all()
    assert full[-1] == pytest.approx(np.log(0.2) + np.log(1 - 0.1 * (1 - np.exp(-4))), abs=1e-2)
    assert (part[1:] > full[1:]).all()


def test_a_first_answer_is_less_sure_than_a_later_one() -> None:
    gasps = ("A0-7 B0-7 C0-1", "last_gasp", 2.0)
    early, late = infer(gasps, after=10.0).outages[0], infer(gasps, after=600.0).outages
    assert early.device.mrid == "FUSE"
    assert early.runner_up is not None
    assert early.runner_up.mrid == "RCL"
    assert early.device.probability < 0.99
    assert sorted(outage.device.mrid for outage in late) == ["FUSE"]
    assert late[0].device.probability > 0.99


def test_outages_at_the_same_time_are_told_apart() -> None:
    result = infer(("A0-7", "last_gasp", 2.0), ("D0-7", "last_gasp", 4.0))
    assert sorted(devices(result)) == ["XA", "XD"]
    assert result.customers == 16


def test_an_outage_inside_a_later_one_keeps_its_own_time_and_customers() -> None:
    result = infer(("A0-7", "last_gasp", 2.0), ("B0-7 C0-6", "last_gasp", 1_802.0), after=2_400.0)
    by_name = {outage.device.mrid: outage for outage in result.outages}
    assert set(by_name) == {"XA", "FUSE"}
    assert by_name["XA"].began_s == pytest.approx(T0, abs=15)
    assert by_name["FUSE"].began_s == pytest.approx(T0 + 1_800, abs=15)
    assert by_name["FUSE"].customers == 16
    everyone = [name for outage in result.outages for name in outage.usage_points]
    assert len(everyone) == len(set(everyone))


def test_power_back_within_minutes_makes_it_momentary() -> None:
    result = infer(("A0-7 B0-7 C0-7", "last_gasp", 2.0), ("A0-7 B0-7 C0-7", "power_restored", 62.0))
    assert not result.outages
    assert len(result.momentaries()) == 24
    assert result.momentaries()[0]["mrid"] == "A0"


def test_a_gasp_that_comes_behind_the_news_of_power_is_no_outage() -> None:
    result = infer(("A0-7", "power_restored", 60.0), ("A0-7", "last_gasp", 90.0))
    assert not result.outages
    assert len(result.momentaries()) == 8


def test_meters_that_come_back_without_a_word_are_no_outages() -> None:
    everybody = "A0-7 B0-7 C0-7 D0-7"
    back = ("A0-6 B0-7 C1-7 D0-7", "power_restored", 62.0)
    result = infer((everybody, "last_gasp", 2.0), back)
    assert not result.outages
    assert sorted(result.unexplained) == ["A7", "C0"]


def test_what_stays_dark_after_the_recloser_closed_again_is_found() -> None:
    result = infer(
        ("A0-7 B0-7 C0-7 D0-7", "last_gasp", 2.0), ("B0-7 C0-7 D0-7", "power_restored", 62.0)
    )
    assert devices(result) == ["XA"]


def test_power_back_later_ends_the_outage() -> None:
    result = infer(("A0-7", "last_gasp", 2.0), ("A0-7", "power_restored", 1_800.0), after=2_000.0)
    assert not result.outages
    assert not result.momentaries()


def test_known_outages_are_no_news() -> None:
    gasps = ("A0-7 D0-7", "last_gasp", 2.0)
    assert devices(infer(gasps, known_out=["XA"])) == ["XD"]
    assert infer(gasps, known_out=["XA"]).answer.suppressed == 8
    points = [f"D{number}" for number in range(8)]
    assert devices(infer(gasps, known_out=points)) == ["XA"]


def test_outages_that_somebody_has_seen_are_no_news() -> None:
    twin = gridtwin.open(laterals())
    outage = twin.outages.open("XA", predicted=True)
    said = events(("A0-7 D0-7", "last_gasp", 2.0))
    assert sorted(devices(twin.infer(said, now=T0 + 300))) == ["XA", "XD"]
    twin.outages.confirm(outage.id)
    assert devices(twin.infer(said, now=T0 + 300)) == ["XD"]
    twin.outages.restore(outage.id)
    assert sorted(devices(twin.infer(said, now=T0 + 300))) == ["XA", "XD"]


def test_what_is_behind_an_open_switch_is_no_news() -> None:
    twin = gridtwin.open(laterals())
    twin.switch("FUSE", open=True)
    result = twin.infer(events(("A0-7", "last_gasp", 2.0)), now=T0 + 300)
    assert not result.outages
    assert not len(result.unexplained)
    assert result.answer.suppressed == 8


def test_a_lone_gasp_is_left_unexplained_and_a_call_settles_it() -> None:
    lone = infer(("A3", "last_gasp", 2.0))
    assert not lone.outages
    assert lone.unexplained.tolist() == ["A3"]
    called = infer(("A3", "last_gasp", 2.0), ("A3", "call", 200.0))
    assert devices(called) == ["A3"]
    assert called.outages[0].device.kind == "usage_point"


def test_calls_alone_find_the_device() -> None:
    assert not infer(("A2", "call", 400.0), after=900.0).outages
    result = infer(("A2", "call", 400.0), ("A5", "call", 410.0), ("A6", "call", 420.0), after=900.0)
    assert devices(result) == ["XA"]
    assert result.outages[0].evidence["calls"] == 3


def test_bellwethers_alone_tell_the_device_and_all_are_counted_out() -> None:
    twin = gridtwin.open(laterals())
    said = events(("A0-7 B0-7 C0-7", "last_gasp", 2.0))
    result = twin.infer(said, now=T0 + 300, bellwethers=3)
    assert devices(result) == ["FUSE"]
    assert result.customers == 24
    assert result.outages[0].evidence["last_gasps"] == 9
    assert result.outages[0].evidence["missing"] == 0
    named = twin.infer(said, now=T0 + 300, bellwethers=["A0", "B0", "C0", "D0", "D1"])
    assert named.customers == 24


def test_the_runner_up_is_named() -> None:
    (outage,) = infer(("A0-7 B0-7 C0-1", "last_gasp", 2.0), after=60.0).outages
    assert outage.device.mrid == "FUSE"
    assert outage.runner_up is not None
    assert outage.runner_up.mrid in {"XA", "XB", "XC", "RCL"}
    assert outage.runner_up.probability < outage.device.probability


def test_the_order_of_events_and_what_comes_twice_do_not_matter() -> None:
    said = events(("A0-6 B1-7 C0-7", "last_gasp", 2.0), ("D0-3", "reading", 100.0))
    twin = gridtwin.open(laterals())
    expected = twin.infer(said, now=T0 + 300).document()
    shuffled = np.random.default_rng(1).permutation(len(said))
    twice = said.take_rows(np.concatenate([shuffled, shuffled[:9]]))
    assert twin.infer(twice, now=T0 + 300).document() == expected


def test_what_happens_after_now_is_not_seen() -> None:
    twin = gridtwin.open(laterals())
    said = events(("A0-7", "last_gasp", 2.0), ("D0-7", "last_gasp", 900.0))
    assert devices(twin.infer(said, now=T0 + 300)) == ["XA"]
    assert sorted(devices(twin.infer(said, now=T0 + 1_200))) == ["XA", "XD"]


def test_unknown_meters_are_reported_with_close_names() -> None:
    twin = gridtwin.open(laterals())
    said = MeterEvents.from_lists(["A0", "A00", "nobody"], ["last_gasp"] * 3, [T0] * 3)
    result = twin.infer(said)
    assert set(result.unknown) == {"A00", "nobody"}
    assert "did you mean" in result.warnings[0]


def test_no_events_are_no_outages() -> None:
    result = gridtwin.open(laterals()).infer(MeterEvents.from_lists((), (), ()))
    assert not result.outages
    assert result.document()["outages"] == []


def test_a_source_without_any_device_leaves_single_outages() -> None:
    bare = network("J jumper S n1 ABC", meters="A0@S A1@S A2@n1")
    result = infer(("A0-1", "last_gasp", 1.0), ("A0-1", "call", 100.0), network=bare)
    assert sorted(devices(result)) == ["A0", "A1"]


def test_a_kind_without_a_rate_is_never_suspected() -> None:
    twin = gridtwin.open(laterals())
    said = events(("A0-7 B0-7 C0-7", "last_gasp", 2.0))
    none = Assumptions(loss=0.2, rates_per_year={"fuse": 0.0, "usage_point": 0.0})
    live = twin.inference(assumptions=none)
    live.update(said)
    (outage,) = live.answer(T0 + 300).outages  # one pole of the recloser, then
    assert (outage.device.mrid, outage.phases) == ("RCL", "A")
    often = Assumptions(loss=0.2, rates_per_year={"fuse": 2.0})
    live = twin.inference(assumptions=often)
    live.update(said)
    assert devices(live.answer(T0 + 300)) == ["FUSE"]


def test_bad_assumptions_and_names_are_refused() -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        infer(("A0", "last_gasp", 1.0), loss=1.5)
    with pytest.raises(InputError, match="kettle is none of them"):
        Assumptions(rates_per_year={"kettle": 1.0})
    with pytest.raises(NotFoundError):
        infer(("A0", "last_gasp", 1.0), known_out=["XZ"])
    with pytest.raises(NotFoundError):
        infer(("A0", "last_gasp", 1.0), bellwethers=["Z0"])
    with pytest.raises(InputError, match="'yesterday' is no time"):
        gridtwin.open(laterals()).infer(events(("A0", "last_gasp", 1.0)), now="yesterday")
