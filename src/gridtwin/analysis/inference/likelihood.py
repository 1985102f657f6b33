"""
Weigh what one meter reported: how much likelier it is if the meter is dark than if it is not.

Everything here is a log likelihood ratio in nats, *dark since t0* over *on*. A meter that goes dark
sends its last gasp with probability ``1 - loss``; the message arrives after a delay that is a
mixture of two exponentials, prompt and late, so that of the gasps that will ever come a share F(t)
has come after t seconds. Silence thus weighs little at first and more as time passes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.errors import InputError
from gridtwin.model import cim
from gridtwin.model.moments import YEAR_S

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gridtwin.analysis.inference.evidence import MeterEvidence

    Floats = NDArray[np.float64]


# How often a device of each kind operates or fails so that it darkens what it feeds, per year.
# Round figures of the order that utilities publish; what counts is how they compare.
RATES_PER_YEAR: dict[str, float] = {
    "breaker": 0.1,
    "recloser": 0.2,
    "fuse": 0.1,
    "sectionaliser": 0.02,
    "load_break_switch": 0.01,
    "disconnector": 0.01,
    "jumper": 0.005,
    "power_transformer": 0.01,
    "voltage_regulator": 0.005,
    "series_reactor": 0.001,
    "service_drop": 0.002,
    "busbar": 0.002,
    "ac_line_segment": 0.0005,
    "usage_point": 0.001,
}
# Of 100 times that a three-phase device operates, how often one pole alone does.
SINGLE_POLE_PCT: dict[str, float] = {"fuse": 60.0, "ac_line_segment": 60.0, "jumper": 60.0}
SINGLE_POLE_PCT_OTHERS = 10.0


@dataclass(frozen=True)
class Assumptions:
    """
    What the inference takes for granted about meters, messages and devices.

    Raises
    ------
    InputError
        If a share is not between 0 and 1, or a time or rate is not positive.
    """

    loss: float | None = None  # share of last gasps that never arrive; None: estimated
    activity: float | None = None  # by how much devices operate more often; None: estimated
    prompt_s: float = 20.0  # mean delay of most last gasps
    late_s: float = 600.0  # mean delay of the others
    late_share: float = 0.1
    skew_s: float = 5.0  # by how much a clock may be ahead
    # Last gasps of a meter that has power, and that neither a message nor a reading takes back.
    spurious_per_year: float = 0.05
    wrong_on: float = 1e-4  # probability that a meter in the dark reports that it is on
    lost_restored: float = 0.05  # share of meters back on that do not say so
    partial_gasp: float = 0.3  # that a meter which loses some of its phases sends a last gasp
    caller: float = 0.1  # share of the customers who call when in the dark
    call_s: float = 900.0  # mean time until they do
    spurious_calls_per_year: float = 0.05  # calls of a customer who has power
    momentary_s: float = 300.0  # power back within this time: a momentary (IEEE 1366: 5 minutes)
    # By kind, of those that differ from `RATES_PER_YEAR`; what has none is never suspected.
    rates_per_year: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what is no probability, time or rate."""
        loss = 0.5 if self.loss is None else self.loss
        activity = 1.0 if self.activity is None else self.activity
        shares = (
            *(loss, self.late_share, self.wrong_on, self.lost_restored),
            *(self.partial_gasp, self.caller),
        )
        if not all(0 < share < 1 for share in shares):
            msg = "shares and probabilities lie between 0 and 1"
            raise InputError(msg)
        positive = (
            *(self.prompt_s, self.late_s, self.call_s, self.momentary_s, self.skew_s),
            *(self.spurious_per_year, self.spurious_calls_per_year, activity),
        )
        if not all(0 < value < np.inf for value in positive):
            msg = "delays, times and rates are positive numbers"
            raise InputError(msg)
        strange = sorted(set(self.rates_per_year) - set(RATES_PER_YEAR))
        if strange or not all(0 <= rate < np.inf for rate in self.rates_per_year.values()):
            named = f"; {', '.join(strange)} is none of them" if strange else ""
            msg = f"rates per year are numbers, by kind: {', '.join(RATES_PER_YEAR)}{named}"
            raise InputError(msg)

    def compute_rate(self, kind: str) -> float:
        """Return how often a device of a kind operates, in expected times per `prompt_s`."""
        per_year = self.rates_per_year.get(kind, RATES_PER_YEAR.get(kind, 0.0))
        return per_year * self.prompt_s / YEAR_S

    def look_up_rates(self, kind: NDArray[Any]) -> Floats:
        """
        Return the rate at which equipment operates, in expected operations per `prompt_s`.

        Parameters
        ----------
        kind
            Codes of `cim.KINDS`, shape (n,).
        """
        return np.array([self.compute_rate(name) for name in cim.KIND_NAMES])[kind]

    def compute_arrived_share(self, elapsed_s: Floats) -> Floats:
        """Return F, the share of the gasps that will come that has come after a time."""
        elapsed = np.maximum(elapsed_s, 0.0)
        prompt = 1.0 - np.exp(-elapsed / self.prompt_s)
        late = 1.0 - np.exp(-elapsed / self.late_s)
        return (1.0 - self.late_share) * prompt + self.late_share * late

    def compute_delay_density(self, delay_s: Floats) -> Floats:
        """Return the density of the delay, per second; a clock ahead counts as no delay."""
        delay = np.maximum(delay_s, 0.0)
        prompt = np.exp(-delay / self.prompt_s) / self.prompt_s
        late = np.exp(-delay / self.late_s) / self.late_s
        return (1.0 - self.late_share) * prompt + self.late_share * late

    @property
    def settling_s(self) -> float:
        """Seconds after which delays no longer matter: F is 99.9 %."""
        return self.late_s * float(np.log(max(self.late_share, 1e-3) / 1e-3)) + 10 * self.prompt_s


@dataclass(frozen=True, slots=True)
class EvidenceWeights:
    """What evidence weighs under assumptions, with the loss and the activity known."""

    assumptions: Assumptions
    loss: float
    activity: float = 1.0

    def weigh_silence(self, elapsed_s: Floats) -> tuple[Floats, Floats]:
        """
        Return what the silence of a meter weighs, after it would have gone dark.

        Returns
        -------
        full, partial
            If it lost all its phases, and if it lost some of them.
        """
        a = self.assumptions
        heard = (1.0 - self.loss) * a.compute_arrived_share(elapsed_s)
        uncalled = self._weigh_no_call(elapsed_s)
        return np.log1p(-heard) + uncalled, np.log1p(-heard * a.partial_gasp) + 0.5 * uncalled

    def _weigh_late_gasp(self, gasp_s: Floats, began_s: Floats) -> Floats:
        """Return the density of gasps of an interruption; 0 where there was none."""
        told = np.isfinite(began_s) & np.isfinite(gasp_s)
        delay = np.where(told, gasp_s, 0.0) - np.where(told, began_s, 0.0)
        return told * (1.0 - self.loss) * self.assumptions.compute_delay_density(delay)

    def _weigh_no_call(self, elapsed_s: Floats) -> Floats:
        a = self.assumptions
        return np.log1p(-a.caller * -np.expm1(-np.maximum(elapsed_s, 0.0) / a.call_s))

    def weigh_reports(
        self, told: MeterEvidence, t0_s: Floats, now_s: Floats
    ) -> tuple[Floats, Floats]:
        """
        Return what the reports of meters weigh if they are dark since `t0_s`.

        Parameters
        ----------
        told
            What the meters say.
        t0_s, now_s
            When it would have gone dark, and until when reports are in.

        Returns
        -------
        full, partial
            If it lost all its phases, and if it lost some of them; each of shape (meters,).
        """
        a = self.assumptions
        gasp_s, call_s, on_s = told.gasp_s, told.call_s, told.on_s
        silent, silent_part = self.weigh_silence(now_s - t0_s)
        no_call = self._weigh_no_call(now_s - t0_s)
        delay = gasp_s - t0_s
        rate = a.spurious_per_year / YEAR_S
        with np.errstate(invalid="ignore"):
            in_time = delay >= -a.skew_s
            called = call_s >= t0_s - a.skew_s
            contradicted = on_s > t0_s + a.skew_s
        # A gasp of a meter that has power is a stray, or of an interruption that ended: whose
        # news of power was lost, or came first.
        lit = rate + a.lost_restored * self._weigh_late_gasp(gasp_s, told.shaken_s)
        lit += self._weigh_late_gasp(gasp_s, told.owed_s)
        heard = np.log((1.0 - self.loss) * a.compute_delay_density(delay) / lit) + no_call
        gasped = ~np.isnan(gasp_s)
        # A meter that gasped before t0 was in the dark already, and says nothing more.
        full = np.where(gasped, np.where(in_time, heard, 0.0), silent)
        part = np.where(gasped, np.where(in_time, heard + np.log(a.partial_gasp), 0.0), silent_part)
        waited = np.where(called, np.maximum(call_s - t0_s, 0.0), 0.0)
        spoken = np.log(a.caller / a.call_s * YEAR_S / a.spurious_calls_per_year)
        calls = np.where(called, spoken - waited / a.call_s - no_call, 0.0)
        full, part = full + calls, part + calls
        return np.where(contradicted, np.log(a.wrong_on), full), np.where(contradicted, 0.0, part)
