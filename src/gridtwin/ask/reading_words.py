"""Say what a reading means: in words, as a command, as SQL."""

from __future__ import annotations

import re
import shlex
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gridtwin.ask.understanding import Understood
    from gridtwin.semantic.verified_questions import VerifiedQuestion

SLOT = re.compile(r"\{(\w+)\}")
# What commands call the arguments of tools; others cannot be said to them.
OPTIONS: dict[str, dict[str, str]] = {
    "gridtwin ami ask": {"start": "--from", "end": "--to", "price": "--price", "pct": "--pct",
                         "limit": "--top"},
    "gridtwin ami load": {"level": "--by", "at": "--at", "limit": "--top"},
    "gridtwin ami voltage": {"at": "--at", "limit": "--top"},
    "gridtwin ami meter": {"start": "--from", "end": "--to"},
    "gridtwin ami device": {"start": "--from", "end": "--to"},
    "gridtwin outage indices": {"start": "--from", "end": "--to", "by": "--by"},
    "gridtwin outage sweep": {"limit": "--top"},
    "gridtwin outage blast": {"scope": "--scope"},
    "gridtwin restore plan": {"crews": "--crews"},
    "gridtwin vegetation rank": {"limit": "--limit"},
    "gridtwin check": {"rule": "--rule"},
    "gridtwin intersect": {"by": "--by"},
}  # fmt: skip
SAID_IN_COMMAND = {
    "question",
    "of",
    "to",
    "polygon",
    "q",
    "measure",
}  # or in the command's own name
SHOWN_ARGUMENTS = {
    "on": "on {}", "feeder": "on feeder {}", "at": "at {}", "limit": "the first {}", "by": "by {}",
    "min_customers": "with at least {} customers", "since": "since {}", "level": "by {}",
    "pct": "above {} %", "order": "by {}", "crews": "with {} crews", "scope": "scope {}",
    "severity": "of severity {}", "rule": "of rule {}",
}  # fmt: skip


def write_reading(
    question: VerifiedQuestion, understood: Understood, arguments: dict[str, Any]
) -> str:
    """Return a reading in words, with all that was said."""
    slots = _list_shown(understood, arguments)
    text = SLOT.sub(lambda match: slots.get(match[1], ""), question.reads)
    parts = [text]
    for name, form in SHOWN_ARGUMENTS.items():
        value = arguments.get(name)
        if value not in {None, ""} and f"{{{name}}}" not in question.reads:
            parts.append(form.format(f"{value:g}" if isinstance(value, float) else value))
    said = any(slot in question.reads for slot in ("{site}", "{kind}"))
    if arguments.get("kind") and not said and question.tool != "trace":  # whose kind is in `reads`
        parts.append(f"of kind {arguments['kind']}")
    if arguments.get("start") and "{start}" not in question.reads:
        parts.append(f"from {arguments['start']} to {arguments.get('end') or 'now'}")
    return " ".join(parts)


def _list_shown(understood: Understood, arguments: dict[str, Any]) -> dict[str, str]:
    ids = [each.mrid for each in understood.equipment]
    positions = [f"{each} open" for each in understood.opened]
    positions += [f"{each} closed" for each in understood.closed]
    slots = {
        "element": ids[0] if ids else "",
        "all": " and ".join(ids),
        "positions": " and ".join(positions),
        "outage": understood.outages[0].mrid if understood.outages else "",
        "site": f" of kind {understood.values['site']}" if "site" in understood.values else "",
        "price": f"{understood.values.get('price', 0):g}",
    }
    slots |= dict(zip(("first", "second"), ids, strict=False))
    for name in ("kind", "text", "term"):
        slots[name] = str(understood.values.get(name, ""))
    return slots | {name: str(arguments.get(name, "")) for name in ("start", "end")}


def write_command(
    question: VerifiedQuestion, understood: Understood, arguments: dict[str, Any]
) -> str | None:
    """Return the command that asks the same; None where there is none."""
    template = question.command
    if template.startswith("gridtwin ami meter") and understood.equipment[0].sort != "meter":
        template = template.replace(" meter", " device")
    start = next((name for name in OPTIONS if template.startswith(name)), "")
    options = OPTIONS.get(start, {})
    rest = [
        name
        for name in arguments
        if name not in SAID_IN_COMMAND and not (name == "kind" and "trace" in template)
    ]
    if not template or any(name not in options for name in rest):
        return None
    ids = [each.mrid for each in understood.elements]
    slots = {"all": shlex.join(ids), "element": shlex.join(ids[:1]), "outage": shlex.join(ids[:1])}
    slots |= dict(zip(("first", "second"), map(shlex.quote, ids), strict=False))
    for name in ("polygon", "text"):
        slots[name] = shlex.quote(str(understood.values.get(name, "")))
    command = SLOT.sub(lambda match: slots[match[1]], template)
    said = [f"{options[name]} {shlex.quote(_write_value(arguments[name]))}" for name in rest]
    return " ".join([command, *said])


def _write_value(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def read_sql(question: VerifiedQuestion) -> str | None:
    """Return the SQL that answers a question of weeks, its values as ``:name``."""
    if not question.sql:
        return None
    return (files("gridtwin.store") / "ami_sql" / f"{question.sql}.sql").read_text(encoding="utf-8")
