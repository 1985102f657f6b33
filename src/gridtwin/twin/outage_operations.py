"""
Open outages, follow them, bring their customers back, and close them.

>>> import gridtwin
>>> twin = gridtwin.open(gridtwin.synthesize("houston", meters=500, seed=1))
>>> fuse = twin.sweep().query("kind == 'fuse'").nlargest(1, "customers").mrid.iloc[0]
>>> outage = twin.outages.open(fuse)
>>> outage.customers_out == outage.customers > 0
True
>>> twin.outages.restore(outage.id).status
<Status.RESTORED: 'restored'>
"""

from __future__ import annotations

import random
import time
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from gridtwin.analysis.outage import outage_lifecycle as lifecycle
from gridtwin.errors import AmbiguousIdError, ConflictError, InputError, NotFoundError
from gridtwin.model.moments import read_moment
from gridtwin.model.outage import Change, Members, Outage, Status, Step, new_id, steps_of
from gridtwin.model.state import CURRENT
from gridtwin.model.tables import decode_texts, encode_texts
from gridtwin.settings import Settings
from gridtwin.twin.predictions import update_predictions

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from gridtwin.model.outage import Evidence
    from gridtwin.results.inference_result import InferenceResult
    from gridtwin.twin.questions import NetworkQuestions

WRITE_TRIES = 8  # when others change the same outage
WRITE_WAIT_S = 0.02  # at most, after the first of them


class OutageOperations:
    """The outages of a twin; every change is written, with who made it, before it returns."""

    def __init__(self, twin: NetworkQuestions, actor: str = "") -> None:
        self._twin = twin
        self._book = twin.store.outages
        self._signed = actor

    @property
    def _actor(self) -> str:
        return self._signed or Settings.from_environment().actor

    def sign_as(self, actor: str) -> OutageOperations:
        """Return the same operations, noted as made by somebody; empty: as the environment says."""
        return OutageOperations(self._twin, actor)

    def all(self, *, since: datetime | None = None) -> list[Outage]:
        """Return the open outages, and those over since a time, by when they began."""
        return self._book.list_outages(since=None if since is None else read_moment(since))

    def get(self, outage: str) -> Outage:
        """Return an outage by id; NotFoundError, with close matches, if there is none."""
        return self._book.read_outage(outage)

    def members(self, *outages: str) -> Members:
        """Return who is in outages, back or not; without any, who is out in all of them."""
        return self._book.read_members(outages or None)

    def steps(self, *outages: str, now: datetime | None = None) -> list[Step]:
        """Return who came back when, for outages; their customer-minutes add up (IEEE 1366)."""
        return steps_of(self._book.read_members(outages), _now_or(now))

    def evidence(self, outage: str) -> list[Evidence]:
        """Return what was said of an outage and done to it, oldest first."""
        self._book.read_outage(outage)
        return self._book.list_evidence(outage)

    def frame(self, *, since: datetime | None = None) -> pd.DataFrame:
        """Return the outages of `all` as a table."""
        import pandas as pd

        rows = [asdict(each) | {"momentary": each.momentary} for each in self.all(since=since)]
        return pd.DataFrame(rows, columns=[*Outage.__slots__, "momentary"])

    def open(
        self,
        device: str = "",
        *,
        usage_points: Collection[str] | None = None,
        at: datetime | None = None,
        predicted: bool = False,
        state: str = CURRENT,
        **fields: Any,
    ) -> Outage:
        """
        Open an outage.

        Parameters
        ----------
        device
            What opened or failed.
        usage_points
            Who is out; by default who goes dark without the device, or is since it stands open.
        at
            When it began; now by default.
        predicted
            Whether it is only inferred.
        state
            The state before it.
        **fields
            What else is known: ``id``, ``cause``, ``planned``, ``phases``, ``first_seen_at``,
            ``confirmed_at`` ...

        Returns
        -------
            The outage. Who is out in another open outage stays there; an outage of which all lie
            in the new one becomes a part of it.

        Raises
        ------
        NotFoundError
            If there is no such device or usage point.
        InputError
            If nobody would be in it, or all are out already.
        """
        began = _now_or(at)
        rows = self._find_points(device, usage_points, state)
        mrids = decode_texts(self._twin.store.network.data.usage_points.mrid[rows]).astype(object)
        status = Status.PREDICTED if predicted else Status.CONFIRMED
        seen = max(began, _now_or(None))
        known: dict[str, Any] = {"id": new_id(began), "first_seen_at": seen}
        known["confirmed_at"] = None if predicted else seen
        draft = Outage(
            began_at=began,
            status=status,
            device=self._name_device(device),
            state_version=self._twin.store.states.read_state(CURRENT).version,
            **known | fields,
        )

        def make_changes() -> list[Change]:
            out = self._book.read_members()
            free = ~np.isin(mrids, out.usage_point)
            if not free.any() and len(mrids):
                other = out.outage[np.isin(out.usage_point, mrids)][0]
                msg = (
                    f"all {len(mrids):,} usage points behind {device or mrids[0]} are out already,"
                    f" in outage {other} among others: nest a part of it instead"
                )
                raise InputError(msg)
            customers = self._twin.store.network.data.usage_points.customers[rows]
            made = lifecycle.open_outage(draft, mrids[free], customers[free], actor=self._actor)
            return [made, *self._nest_contained(draft.id, out, mrids)]

        return self._write_changes(make_changes)

    def _nest_contained(self, outage: str, out: Members, mrids: NDArray[Any]) -> list[Change]:
        """Make outages of which all lie in a new one a part of it."""
        inside = np.isin(out.usage_point, mrids)
        ids = set(out.outage[inside].tolist()) - set(out.outage[~inside].tolist())
        contained = [self._book.read_outage(each) for each in sorted(ids)]
        return [
            lifecycle.annotate_outage(each, _now_or(None), actor=self._actor, parent=outage)
            for each in contained
            if not each.parent
        ]

    def _name_device(self, device: str) -> str:
        """Return the mRID of a device that may have been given behind its table."""
        network = self._twin.store.network
        try:
            element = network.ids.find_element(device)
        except (NotFoundError, AmbiguousIdError):  # told by who is out, and kept as it is
            return device
        return bytes(getattr(network.data, element.table).mrid[element.row]).decode()

    def _find_points(
        self, device: str, usage_points: Collection[str] | None, state: str
    ) -> NDArray[np.int32]:
        """Return the rows of the usage points that an outage takes in."""
        if usage_points is not None:
            rows = self._twin.store.network.ids.find_rows("usage_points", list(usage_points))
            return np.unique(rows).astype(np.int32)
        if not device:
            msg = "an outage needs a device or usage points: name what opened, or who is out"
            raise InputError(msg)
        blast = self._twin.blast_radius(device, state=state)
        kept_out = self._twin.find_kept_out(device, state=state)
        return np.union1d(blast.rows.out, kept_out).astype(np.int32)

    def track(
        self, inferred: InferenceResult, *, at: datetime | None = None, held: Collection[str] = ()
    ) -> list[Outage]:
        """
        Keep what was inferred as predicted outages; `at` is when it was, now by default.

        An outage that was predicted already takes the device and the usage points that are
        inferred now, one that is explained away becomes invalid, and the others are opened. Who is
        out in an outage that somebody has seen, or that is held, stays there.

        Returns
        -------
            The outages that changed.
        """
        return self._write_all(
            lambda: update_predictions(
                self._twin.store, inferred.outages, _now_or(at), actor=self._actor, held=held
            )
        )

    def confirm(self, outage: str, *, at: datetime | None = None, **fields: Any) -> Outage:
        """Confirm a predicted outage; ``device=``, ``cause=`` ... say what is known now."""
        lifecycle.check_notes(fields)
        return self._change_outage(
            outage,
            lambda was: [lifecycle.confirm_outage(was, _now_or(at), actor=self._actor, **fields)],
        )

    def revise(
        self,
        outage: str,
        device: str,
        *,
        usage_points: Collection[str] | None = None,
        state: str = CURRENT,
    ) -> Outage:
        """Say that another device is out: the outage takes in who is named, or dark without it."""
        rows = self._find_points(device, usage_points, state)
        points = self._twin.store.network.data.usage_points
        mrids = decode_texts(points.mrid[rows]).astype(object)

        def make_changes(was: Outage) -> list[Change]:
            others = self._book.read_members()
            others = others.take_rows(others.outage != outage)
            free = ~np.isin(mrids, others.usage_point)
            members = self._book.read_members([outage])
            made = lifecycle.revise_outage(
                was, members, mrids[free], points.customers[rows][free], _now_or(None),
                actor=self._actor, device=device,
            )  # fmt: skip
            return [made]

        return self._change_outage(outage, make_changes)

    def note(self, outage: str, **fields: Any) -> Outage:
        """
        Write down what is learned: ``cause``, ``crew_status``, ``etr_manual``, ``etr_crew`` ...

        Raises
        ------
        InputError
            If an outage has no such field, or it is no one's to write.
        """
        lifecycle.check_notes(fields)
        return self._change_outage(
            outage,
            lambda was: [
                lifecycle.annotate_outage(was, _now_or(None), actor=self._actor, **fields)
            ],
        )

    def restore(
        self,
        outage: str,
        *,
        at: datetime | None = None,
        usage_points: Collection[str] | None = None,
        below: str = "",
    ) -> Outage:
        """
        Bring customers back: all who are out, or one step.

        Parameters
        ----------
        outage
            The outage.
        at
            When they came back; now by default.
        usage_points
            Who is back.
        below
            Or: all who hang on this element as designed are back.

        Raises
        ------
        InputError
            If nobody of them is out in it, or that was before it began.
        """
        behind = self._twin.blast_radius(below, state="normal").usage_points if below else None

        def make_changes(was: Outage) -> list[Change]:
            members = self._book.read_members([outage])
            step = usage_points
            if behind is not None:
                step = members.usage_point[np.isin(members.usage_point, behind.astype(object))]
            return [
                lifecycle.restore_members(was, members, _now_or(at), back=step, actor=self._actor)
            ]

        return self._change_outage(outage, make_changes)

    def nest(
        self,
        outage: str,
        device: str = "",
        *,
        usage_points: Collection[str] | None = None,
        **fields: Any,
    ) -> Outage:
        """
        Split off who has a fault of their own: behind a device, or by name.

        They keep the time at which they lost their supply. Who was believed to be back with the
        outage and is not, is out all along.

        Returns
        -------
            The new outage.
        """
        fields = {"id": new_id(_now_or(None))} | fields

        def make_changes(was: Outage) -> list[Change]:
            members = self._book.read_members([outage])
            part = usage_points
            if part is None:
                rows = self._find_points(device, None, "normal")
                mrids = decode_texts(self._twin.store.network.data.usage_points.mrid[rows])
                part = mrids[np.isin(mrids, members.usage_point.astype(str))].tolist()
            child = replace(
                Outage(began_at=was.began_at, **fields),
                status=Status.CONFIRMED, device=device, confirmed_at=_now_or(None),
            )  # fmt: skip
            parent, own = lifecycle.split_outage(
                was, members, child, part, _now_or(None), actor=self._actor
            )
            return [own, parent]

        return self._change_outage(outage, make_changes)

    def close(self, outage: str, *, at: datetime | None = None, force: bool = False) -> Outage:
        """
        Close a restored outage; now by default.

        Raises
        ------
        InputError
            If some who were in it have no supply in the current state, unless forced.
        """
        if not force:
            self._verify(outage)
        return self._change_outage(
            outage, lambda was: [lifecycle.close_outage(was, _now_or(at), actor=self._actor)]
        )

    def _verify(self, outage: str) -> None:
        members = self._book.read_members([outage])
        points = self._twin.store.network.ids.tables["usage_points"]
        rows = points.find_rows(encode_texts(members.usage_point.astype(str)))
        dark = (rows >= 0) & ~self._twin.situation().is_served[rows]  # who is gone needs none
        if dark.any():
            msg = (
                f"{int(dark.sum()):,} usage points of outage {outage} have no supply in the current"
                f" state, {members.usage_point[dark][0]} among them: switch what stands open, nest"
                " them, or force it"
            )
            raise InputError(msg)

    def invalidate(self, outage: str) -> Outage:
        """Say that there was no outage."""

        def make_changes(was: Outage) -> list[Change]:
            members = self._book.read_members([outage])
            return [lifecycle.invalidate_outage(was, members, _now_or(None), actor=self._actor)]

        return self._change_outage(outage, make_changes)

    def _change_outage(self, outage: str, changes: Callable[[Outage], Sequence[Change]]) -> Outage:
        return self._write_changes(lambda: changes(self._book.read_outage(outage)))

    def _write_changes(self, changes: Callable[[], Sequence[Change]]) -> Outage:
        return self._write_all(changes)[0]

    def _write_all(self, changes: Callable[[], Sequence[Change]]) -> list[Outage]:
        """Write changes, made again when others changed the same; return their outages."""
        for again in range(WRITE_TRIES):
            try:
                return self._book.write_changes(changes())
            except ConflictError:
                time.sleep(random.uniform(0, WRITE_WAIT_S) * (again + 1))  # noqa: S311 - no secret
        return self._book.write_changes(changes())


def _now_or(at: datetime | None) -> datetime:
    return datetime.now(UTC) if at is None else read_moment(at)
