"""Note every call of a tool: who asked what, how much came of it, and how it ended."""

from __future__ import annotations

import json
import logging
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gridtwin.tools.personal_data import hide_arguments
from gridtwin.tools.tool_answer import measure_bytes
from gridtwin.tools.tool_texts import clean_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gridtwin.tools.tool_answer import ToolAnswer

LOG = logging.getLogger("gridtwin.audit")

LONGEST_ARGUMENTS = 1_000  # characters of them that are logged


@dataclass(slots=True)
class AuditedCall:
    """One call, as it goes."""

    outcome: str = "failed"
    rows: int = 0
    size: int = 0

    def note_answer(self, answer: ToolAnswer[Any]) -> None:
        """Note what was answered."""
        self.outcome = "answered"
        self.rows = sum(answer["totals"].values())
        self.size = measure_bytes(answer)


@contextmanager
def audit_call(who: str, tool: str, arguments: Mapping[str, Any]) -> Iterator[AuditedCall]:
    """
    Log a call when it has ended, be it by an error.

    Parameters
    ----------
    who
        Who asks: an address, or a person, and the program.
    tool, arguments
        What is asked.
    """
    call, began = AuditedCall(), time.perf_counter()
    try:
        yield call
    except Exception as error:
        if call.outcome == "failed":
            call.outcome = type(error).__name__
        raise
    finally:
        took_ms = round((time.perf_counter() - began) * 1000, 1)
        shown = clean_value(hide_arguments(tool, arguments))
        said = json.dumps(shown, default=str)[:LONGEST_ARGUMENTS]
        LOG.info(
            "%s asks %s %s: %s, %d rows, %d bytes, %s ms",
            *(who, tool, said, call.outcome, call.rows, call.size, took_ms),
            extra={
                "who": who,
                "tool": tool,
                "arguments": said,
                "outcome": call.outcome,
                "rows": call.rows,
                "bytes": call.size,
                "took_ms": took_ms,
            },
        )
