"""Say how long customers whom vegetation interrupts are without supply, from what is on record."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.analysis.erm.text_classes import CAUSE_NAMES, classify_causes
from gridtwin.analysis.reliability.interruption_counts import SUSTAINED_AFTER_S
from gridtwin.analysis.storm.repair_times import MEAN_REPAIR_H
from gridtwin.model import cim
from gridtwin.model.outage import Status
from gridtwin.model.outage_history import Words
from gridtwin.results.vegetation_result import RestorationTime

if TYPE_CHECKING:
    from gridtwin.store.protocol import OutageBook

FEWEST_OUTAGES = 20  # by vegetation, from which on the twin's own tell how long they last


def find_restoration_time(book: OutageBook) -> RestorationTime:
    """
    Return the mean minutes that customers interrupted by vegetation were without supply (CAIDI).

    From `FEWEST_OUTAGES` sustained outages by vegetation on, those on record tell; before that the
    mean repair time of a line does.
    """
    outages = book.list_outages(since=datetime.fromtimestamp(0, UTC))
    over = [each for each in outages if each.cause and each.status is not Status.INVALID]
    texts = sorted({each.cause for each in over})
    words = Words(np.arange(len(texts), dtype=np.int32), tuple(texts))
    of_cause = dict(zip(texts, classify_causes(words).tolist(), strict=True))
    tree = CAUSE_NAMES.index("tree")
    chosen = [each.id for each in over if of_cause[each.cause] == tree and not each.planned]
    if len(chosen) >= FEWEST_OUTAGES:
        members = book.read_members(chosen)
        seconds = members.restored_s - members.began_s
        counted = seconds > SUSTAINED_AFTER_S  # still out: NaN, not counted
        customers = members.customers[counted]
        outages_counted = len(np.unique(members.outage[counted]))
        if outages_counted >= FEWEST_OUTAGES and customers.sum():
            minutes = float((seconds[counted] * customers).sum() / customers.sum() / 60.0)
            return RestorationTime(minutes, f"CAIDI of {outages_counted} outages by vegetation")
    hours = float(MEAN_REPAIR_H[cim.kind_code("ac_line_segment")])
    return RestorationTime(hours * 60.0, "mean repair of an overhead line (RBTS)")
