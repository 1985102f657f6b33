"""Read the outages on record as interruptions of usage points."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from gridtwin.model.outage import Members, Status

if TYPE_CHECKING:
    import pandas as pd

    from gridtwin.store.protocol import OutageBook


def tabulate_interruptions(book: OutageBook) -> pd.DataFrame:
    """Return the usage points of all outages, open and past, as interruptions; invalid ones not."""
    import pandas as pd

    outages = book.list_outages(since=datetime.fromtimestamp(0, UTC))
    planned = {each.id: each.planned for each in outages if each.status is not Status.INVALID}
    rows = book.read_members(planned) if planned else Members.make_empty()
    nothing = np.full(len(rows), "", dtype=object)
    return pd.DataFrame(
        {
            "began_s": rows.began_s,
            "restored_s": rows.restored_s,
            "customers": rows.customers.astype(np.float64),
            "planned": np.array([planned[outage] for outage in rows.outage], dtype=bool),
            "usage_point": rows.usage_point,
            "feeder": nothing,
            "substation": nothing,
            "outage": rows.outage,
        }
    )
