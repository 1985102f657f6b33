"""Carry out the script of a storm on a twin, act by act, and go on where it was stopped."""

from __future__ import annotations

import logging
import re
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from gridtwin.erm.job import ErmJob
from gridtwin.errors import InputError, NotFoundError
from gridtwin.model.outage import Status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event

    from gridtwin.live.rehearsal.storm_script import Act, Damage, StormScript
    from gridtwin.model.outage import Outage
    from gridtwin.twin import Twin

LOG = logging.getLogger("gridtwin.rehearsal")

REHEARSAL_SPEED = 30.0  # minutes of the storm in a minute
REHEARSAL_ESTIMATE_S = 10.0  # at most so often is the end of outages estimated anew
REHEARSALS_KNOWN = timedelta(days=7)  # in which a storm that was stopped is gone on with
_PROGRESS = re.compile(r"step (\d+) of \d+")


class Rehearsal:
    """
    One storm on one twin.

    How far it got is read from the outages it opened, so a storm that was stopped, or whose process
    died, goes on where it was; an act that was done is not done again.

    Parameters
    ----------
    twin
        The twin; its current state is operated.
    script
        What happens.
    speed
        Minutes of the storm that pass in a minute.
    """

    def __init__(self, twin: Twin, script: StormScript, *, speed: float = REHEARSAL_SPEED) -> None:
        if not 0 < speed <= 1e6:
            msg = f"a storm cannot be rehearsed at speed {speed:g}: give one from above 0 to 1e6"
            raise InputError(msg)
        self._twin = twin
        self._script = script
        self._speed = speed
        self.name = self._name_storm()
        self._job = ErmJob(twin)
        self._estimated_s = 0.0

    def run(self, stop: Event) -> Iterator[Act]:
        """
        Carry out what is still to be done, in time; yield each act once it is done.

        Parameters
        ----------
        stop
            Set it to end after the act at hand; another `Rehearsal` of the script goes on.
        """
        done = [self._count_acts_done(number) for number in range(len(self._script.damages))]
        left = [act for act in self._script.acts if act.number > done[act.damage]]
        start_s = time.monotonic()
        for act in left:
            due_s = start_s + (act.at_min - left[0].at_min) * 60 / self._speed
            if stop.wait(max(0.0, due_s - time.monotonic())):
                return
            self._carry_out(act)
            yield act
            self._estimate_restorations(final=act is left[-1])

    def outage_id(self, damage: int) -> str:
        """Return the id of the outage of a damage."""
        return f"{self.name}-{damage + 1:02d}"

    def _get_outage(self, damage: int) -> Outage | None:
        try:
            return self._twin.outages.get(self.outage_id(damage))
        except NotFoundError:
            return None

    def _count_acts_done(self, damage: int) -> int:
        """Return how many acts of a damage were carried out."""
        outage = self._get_outage(damage)
        return 0 if outage is None else _read_progress(outage, self._script.damages[damage])

    def _name_storm(self) -> str:
        """Return the name of the last storm of the script if it was stopped, or a new one."""
        damages, now = self._script.damages, datetime.now(UTC)
        form = re.compile(rf"(storm{self._script.seed}-\d+T\d+)-(\d+)")
        ended: dict[str, int] = {}
        for outage in self._twin.outages.all(since=now - REHEARSALS_KNOWN):
            match = form.fullmatch(outage.id)
            if match and 0 < int(match[2]) <= len(damages):
                damage = damages[int(match[2]) - 1]
                over = _read_progress(outage, damage) == damage.acts
                ended[match[1]] = ended.get(match[1], 0) + over
        last = max(ended, default="")
        if last and ended[last] < len(damages):
            return last
        while (name := f"storm{self._script.seed}-{now:%Y%m%dT%H%M%S}") in ended:
            now += timedelta(seconds=1)
        return name

    def _carry_out(self, act: Act) -> None:
        damage, name = self._script.damages[act.damage], self.outage_id(act.damage)
        self._operate_switches(act.moves)
        said = f"step {act.number} of {damage.acts}: {act.words}"
        outages = self._twin.outages
        try:
            if act.what == "trip":
                outages.open(
                    damage.device, usage_points=damage.usage_points, predicted=True, id=name,
                    crew_status=said,
                )  # fmt: skip
                return
            if act.what == "confirm":
                outages.confirm(name, cause=damage.cause, crew_status=said)
                return
            self._restore_customers(name, act)
            outages.note(name, crew_status=said)
            if act.what == "end":
                outages.close(name)
        except (InputError, NotFoundError) as error:  # others operate the same twin
            LOG.warning("%s: %s", name, error)

    def _operate_switches(self, moves: tuple[tuple[str, bool], ...]) -> None:
        network = self._twin.store.network
        for mrid, opens in moves:
            row = network.ids.find_element(mrid, ("equipment",)).row
            if bool(self._twin.store.states.read_state().open_mask(network)[row]) != opens:
                self._twin.switch(mrid, open=opens)

    def _restore_customers(self, name: str, act: Act) -> None:
        """Bring back whom an act names, or all, as far as they are out."""
        members = self._twin.outages.members(name)
        out = set(members.usage_point[members.is_out].tolist())
        back = out if act.what in {"restore", "end"} else out & set(act.back)
        if back:
            self._twin.outages.restore(name, usage_points=back)

    def _estimate_restorations(self, *, final: bool) -> None:
        if final or time.monotonic() - self._estimated_s >= REHEARSAL_ESTIMATE_S:
            self._job.run(f"{self.name}-{datetime.now(UTC):%H%M%S%f}")
            self._estimated_s = time.monotonic()


def _read_progress(outage: Outage, damage: Damage) -> int:
    """Return how many acts an outage shows to have been carried out."""
    if outage.status in {Status.CLOSED, Status.INVALID}:
        return damage.acts
    match = _PROGRESS.match(outage.crew_status)
    return int(match[1]) if match else 1
