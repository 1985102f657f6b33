"""Put names and types on what the history of readings answers, whichever store was asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from gridtwin.results.ami_result import list_records
from gridtwin.results.documents.document_tags import DocumentTag

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

    from gridtwin.results.documents.reading_documents import HistoryDocument

TEXT_COLUMNS = {"transformer", "feeder", "span", "risk_class"}
COUNT_COLUMNS = {"intervals", "usage_points", "customers", "priority_sites", "hour", "from_h"}


@dataclass(frozen=True)
class AmiHistoryAnswer:
    """What one question of the history answers."""

    question: str
    start: datetime  # intervals that end after it
    end: datetime  # and up to it
    values: dict[str, Any]  # what else was asked
    frame: pd.DataFrame

    @classmethod
    def from_frame(
        cls,
        question: str,
        bounds: tuple[datetime, datetime],
        values: dict[str, Any],
        found: pd.DataFrame,
    ) -> AmiHistoryAnswer:
        """Give every column one type: stores answer with numbers and times of many."""
        import pandas as pd

        columns = {}
        for name in found.columns:
            if name in TEXT_COLUMNS:
                columns[name] = found[name].astype(object)
            elif name.endswith("_at"):
                columns[name] = pd.to_datetime(found[name], utc=True).astype("datetime64[ms, UTC]")
            else:
                columns[name] = found[name].astype(
                    np.int64 if name in COUNT_COLUMNS else np.float64
                )
        return cls(question, *bounds, values, pd.DataFrame(columns))

    def document(self, *, top: int = 0) -> HistoryDocument:
        """Return the answer as the JSON document ``gridtwin.ami_history/1``."""
        frame = self.frame.head(top) if top else self.frame
        rows = [
            {key: value.isoformat() if key.endswith("_at") else value for key, value in row.items()}
            for row in list_records(frame)
        ]
        document = {
            "schema": DocumentTag.AMI_HISTORY,
            "question": self.question,
            "from": self.start.isoformat(),
            "to": self.end.isoformat(),
            "values": self.values,
            "rows": rows,
        }
        return cast("HistoryDocument", document)  # which of them, the question says
