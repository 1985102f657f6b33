"""What a customer is shown."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gridtwin.analysis.erm.etr_publication import (
    Origin,
    PublishedEtrs,
    StandingEtrs,
    ceil_times,
    choose_by_precedence,
    make_empty_standing,
    publish_etrs,
)

NOW = 1_700_000_100.0
HOUR = 3600.0
NAN = np.nan


def _shown(
    offer_h: float, *, stands_h: float = NAN, p95_h: float = 9.0, origin: Origin = Origin.MODEL,
    evidence: bool = False, standing_p95_h: float = 9.0,
) -> PublishedEtrs:  # fmt: skip
    standing = StandingEtrs(
        np.array([NOW + stands_h * HOUR]),
        np.array([NOW + standing_p95_h * HOUR]),
        np.array([Origin.MODEL], np.int8),
    )
    offer, p95 = np.array([NOW + offer_h * HOUR]), np.array([NOW + p95_h * HOUR])
    who = np.array([origin], np.int8)
    return publish_etrs(offer, p95, who, NOW, standing=standing, evidence=np.array([evidence]))


@pytest.mark.parametrize(
    ("offers", "winner"),
    [
        ({"manual_s": 3, "crew_s": 2, "zone_s": 1}, Origin.MANUAL),
        ({"manual_s": NAN, "crew_s": 2, "zone_s": 1}, Origin.CREW_ON_SITE),
        ({"manual_s": NAN, "crew_s": NAN, "zone_s": 1}, Origin.STORM_ZONE),
        ({"manual_s": NAN, "crew_s": NAN, "zone_s": NAN}, Origin.MODEL),
        (
            {"manual_s": -1, "crew_s": 2, "zone_s": 1},
            Origin.CREW_ON_SITE,
        ),  # the override has passed
    ],
)
def test_who_goes_before_whom(offers: dict[str, float], winner: Origin) -> None:
    hours: dict[str, Any] = {name: np.array([NOW + h * HOUR]) for name, h in offers.items()}
    _, origin = choose_by_precedence(np.array([NOW + 5 * HOUR]), NOW, **hours)
    assert origin[0] == winner


def test_promises_are_rounded_up_to_a_quarter_or_half_hour() -> None:
    near, far = ceil_times(np.array([NOW + 0.6 * HOUR, NOW + 5 * HOUR]), NOW)
    assert near % 900 == 0
    assert 0 <= near - (NOW + 0.6 * HOUR) < 900
    assert far % 1800 == 0
    assert 0 <= far - (NOW + 5 * HOUR) < 1800


def test_a_small_move_is_not_published() -> None:
    shown = _shown(5.2, stands_h=5.0)
    assert not shown.changed[0]
    assert shown.etr_s[0] == NOW + 5 * HOUR


def test_a_great_move_later_is() -> None:
    assert _shown(7.0, stands_h=5.0).changed[0]


def test_a_move_of_a_fifth_of_what_is_left_is_great() -> None:
    assert _shown(1.4, stands_h=1.0).changed[0]


def test_a_promise_moves_earlier_only_on_evidence() -> None:
    assert not _shown(2.0, stands_h=5.0).changed[0]
    assert _shown(2.0, stands_h=5.0, evidence=True).changed[0]


def test_a_word_of_higher_rank_is_published_at_once() -> None:
    shown = _shown(4.9, stands_h=5.0, origin=Origin.MANUAL)
    assert shown.origin[0] == Origin.MANUAL


def test_an_expired_promise_is_replaced_by_one_to_come() -> None:
    shown = _shown(1.0, stands_h=-0.1)
    assert shown.etr_s[0] > NOW


def test_an_offer_in_the_past_is_never_shown() -> None:
    assert _shown(-3.0).etr_s[0] > NOW


def test_past_its_95th_percentile_an_outage_is_being_assessed() -> None:
    shown = _shown(1.0, stands_h=-2.0, standing_p95_h=-0.5)
    assert shown.assessing[0]
    assert np.isnan(shown.etr_s[0])
    assert shown.next_update_s[0] > NOW


def test_evidence_ends_the_assessing() -> None:
    shown = _shown(1.0, stands_h=-2.0, standing_p95_h=-0.5, evidence=True)
    assert not shown.assessing[0]
    assert shown.etr_s[0] > NOW


def test_nothing_shown_before_means_something_is_shown_now() -> None:
    model = np.array([NOW + HOUR, NOW + 20 * HOUR])
    silent = np.full(2, NAN)
    offer, origin = choose_by_precedence(model, NOW, manual_s=silent, crew_s=silent, zone_s=silent)
    shown = publish_etrs(
        offer,
        model + HOUR,
        origin,
        NOW,
        standing=make_empty_standing(2),
        evidence=np.zeros(2, bool),
    )
    assert shown.changed.all()
    assert np.all(shown.etr_s >= model)


def test_no_sequence_of_runs_ever_shows_an_expired_promise() -> None:
    rng = np.random.default_rng(1)
    standing = make_empty_standing(200)
    for step in range(60):
        now = NOW + step * 600
        offer = now + rng.lognormal(0.5, 1.5, 200) * HOUR - 0.5 * HOUR
        silent = np.where(rng.random(200) < 0.1, now + rng.normal(0, 3, 200) * HOUR, NAN)
        best, origin = choose_by_precedence(
            offer, now, manual_s=silent, crew_s=silent, zone_s=silent
        )
        shown = publish_etrs(
            best, offer + HOUR, origin, now, standing=standing, evidence=rng.random(200) < 0.1
        )
        assert np.all((shown.etr_s > now) | shown.assessing)
        assert np.all(shown.next_update_s > now)
        standing = StandingEtrs(shown.etr_s, shown.p95_s, shown.origin)
