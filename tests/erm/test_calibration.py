"""Rolling calibration, held against plain loops and against outages whose law is known."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri

from gridtwin.analysis.erm.calibration import (
    LEARNED_TRUST,
    STRANGER_TRUST,
    EstimateOutcomes,
    calibrate_quantiles,
    estimate_kaplan_meier,
    find_scores,
    read_quantiles,
)
from gridtwin.analysis.erm.quantile_forest import QUANTILE_LEVELS

HOUR = 3600.0


def _quantiles(rng: np.random.Generator, count: int) -> np.ndarray:
    return np.exp(
        np.sort(rng.normal(0, 1, (count, len(QUANTILE_LEVELS))), axis=1) + 0.5 * np.arange(5)
    )


@given(st.integers(0, 10_000))
def test_reading_at_a_score_gives_back_the_hours(seed: int) -> None:
    rng = np.random.default_rng(seed)
    quantile = _quantiles(rng, 20)
    hours = quantile[:, 1] * np.exp(rng.uniform(-0.3, 0.3, 20))
    z = find_scores(hours, quantile)
    inside = np.abs(z) < 3.9
    np.testing.assert_allclose(
        read_quantiles(z[:, None], quantile)[inside, 0], hours[inside], rtol=1e-6
    )


def test_outcomes_on_a_quantile_score_its_level() -> None:
    quantile = _quantiles(np.random.default_rng(1), 50)
    for place, level in enumerate(QUANTILE_LEVELS):
        np.testing.assert_allclose(
            find_scores(quantile[:, place], quantile), ndtri(level), atol=1e-9
        )


def test_without_open_outages_the_places_are_plain_quantiles() -> None:
    z = np.sort(np.random.default_rng(2).normal(size=999))
    found = estimate_kaplan_meier(z, np.ones(999, bool), np.array([0.1, 0.5, 0.9]), np.empty(0))
    np.testing.assert_allclose(found, np.quantile(z, [0.1, 0.5, 0.9]), atol=0.02)


def test_open_outages_are_counted_as_lasting_longer() -> None:
    rng = np.random.default_rng(3)
    true, cut = rng.normal(0.5, 1, 4000), rng.normal(0, 1, 4000)
    seen, ended = np.minimum(true, cut), true <= cut
    shares = np.array([0.3, 0.5])
    counted = estimate_kaplan_meier(seen, ended, shares, np.empty(0))
    dropped = np.quantile(seen[ended], shares)
    exact = np.quantile(true, shares)
    assert np.all(np.abs(counted - exact) < 0.1)
    assert np.all(dropped < exact - 0.3)


def _simulated(seed: int, factor: float) -> tuple[np.ndarray, EstimateOutcomes, np.ndarray]:
    """Return estimates that are short by ``factor``, outcomes, and the true hours."""
    rng = np.random.default_rng(seed)
    issued = np.sort(rng.uniform(0, 2000, 4000)) * HOUR
    scale = rng.lognormal(1, 0.5, 4000)
    hours = scale * rng.lognormal(0, 0.8, 4000)
    quantile = scale[:, None] * np.exp(0.8 * ndtri(np.array(QUANTILE_LEVELS)))[None, :] / factor
    known = issued + hours * HOUR
    exact = np.ones(4000, bool)
    return quantile, EstimateOutcomes(issued, known, hours, exact, np.zeros(4000, bool)), hours


def test_estimates_that_are_short_become_right() -> None:
    quantile, outcomes, hours = _simulated(4, factor=2.0)
    fixed = calibrate_quantiles(quantile, outcomes, STRANGER_TRUST)
    late = slice(1000, None)
    for place, level in enumerate(QUANTILE_LEVELS):
        assert abs(np.mean(hours[late] <= fixed[late, place]) - level) < 0.045
    assert np.mean(hours[late] <= quantile[late, 2]) < 0.55


def test_a_model_that_knows_a_source_is_moved_less() -> None:
    quantile, outcomes, _ = _simulated(4, factor=2.0)
    little, much = (
        np.median(np.log(calibrate_quantiles(quantile, outcomes, trust) / quantile)[2000:, 1])
        for trust in (LEARNED_TRUST, STRANGER_TRUST)
    )
    assert 0 < little < much < np.log(2)


def test_estimates_that_are_right_stay_so() -> None:
    quantile, outcomes, _ = _simulated(5, factor=1.0)
    moved = np.abs(np.log(calibrate_quantiles(quantile, outcomes, STRANGER_TRUST) / quantile))
    assert np.median(moved) < 0.1


def test_nothing_that_was_not_known_corrects_an_estimate() -> None:
    quantile, outcomes, _ = _simulated(6, factor=1.5)
    before = calibrate_quantiles(quantile, outcomes, STRANGER_TRUST)
    cut = outcomes.issued_s[2000]
    later = outcomes.known_s > cut
    rng = np.random.default_rng(7)
    other = EstimateOutcomes(
        issued_s=outcomes.issued_s,
        known_s=np.where(later, cut + rng.uniform(1, 1e6, 4000), outcomes.known_s),
        left_h=np.where(later, 500.0, outcomes.left_h),
        exact=outcomes.exact & ~(later & (rng.random(4000) < 0.5)),
        storm=outcomes.storm,
    )
    np.testing.assert_array_equal(
        calibrate_quantiles(quantile, other, STRANGER_TRUST)[:2000], before[:2000]
    )
