"""Write the log of a long-running command: lines for people, or one JSON object a line."""

from __future__ import annotations

import logging
import sys
from typing import Any


def log_to_stderr(*, json_lines: bool) -> None:
    """Send the log of gridtwin to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        _json_lines() if json_lines else logging.Formatter("%(asctime)s %(levelname)s %(message)s")
    )
    logger = logging.getLogger("gridtwin")
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)


def _json_lines() -> logging.Formatter:
    """Write time, level, logger, message and error, and whatever was given as ``extra``."""
    from pythonjsonlogger.json import JsonFormatter

    class JsonLines(JsonFormatter):
        def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
            return log_data | {"level": log_data["level"].lower()}

    return JsonLines(
        ["levelname", "name", "message"],
        rename_fields={"levelname": "level", "name": "logger", "exc_info": "error"},
        rename_fields_keep_missing=False,
        timestamp="at",
        json_ensure_ascii=False,
    )
