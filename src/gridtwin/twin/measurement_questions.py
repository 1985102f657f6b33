"""What SCADA measured of elements last, and how far it may be trusted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gridtwin.model.feed_tables import FEED_TABLES
from gridtwin.model.measurements import Measurement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridtwin.store.protocol import Store


class MeasurementQuestions:
    """The latest values of SCADA; `gridtwin.open(...).measurements`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def list_values(
        self, mrid: str = "", *, untrusted: bool = False, now: datetime | None = None
    ) -> list[Measurement]:
        """
        Return the latest value of each point, by element.

        Parameters
        ----------
        mrid
            Of this element alone; of all by default.
        untrusted
            Only those that may not be trusted at the moment.
        now
            The moment; now by default.
        """
        asked: dict[str, Sequence[Any]] = {"element": [mrid]} if mrid else {}
        rows = self._store.feeds.read_rows(FEED_TABLES["measurements"], asked)
        values = [_make_measurement(row) for row in rows]
        moment = now or datetime.now(UTC)
        return [each for each in values if not (untrusted and each.is_trusted(moment))]

    def describe(self, mrid: str) -> dict[str, str]:
        """Return the values of an element in words, each with its quality and its time."""
        now = datetime.now(UTC)
        return {
            f"scada.{each.kind}{'.' if each.phases else ''}{each.phases}": (
                f"{each.show_value()} ({each.judge_quality(now)}, {each.at:%Y-%m-%d %H:%M:%S}Z)"
            )
            for each in self.list_values(mrid)
        }


def _make_measurement(row: Sequence[Any]) -> Measurement:
    element, kind, phases, value, open_phases, quality, at, stale_after_s, point = row
    return Measurement(
        element, kind, phases, value, open_phases, quality, datetime.fromisoformat(at),
        stale_after_s, point,
    )  # fmt: skip
