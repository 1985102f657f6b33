"""
Write events for people by templates: a line for a chat, a subject and a text for mail.

A template is a text file called by its kind, such as ``outage.opened.txt``: its first line is
the subject, and what a chat is told; below comes the text of a mail. ``$name`` stands for what is
known of the event. Files in a folder of the operator's come before those of this package.
"""

from __future__ import annotations

from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any, NamedTuple

from gridtwin.errors import InputError
from gridtwin.model.webhook import WebhookKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MOST_TEMPLATE_CHARACTERS = 10_000
UNKNOWN = "not known"
_EVERY_EVENT = frozenset({"feeders", "substations", "on", "timestamp"})
_OF_OUTAGES = _EVERY_EVENT | {
    *("outage", "status", "device", "customers_out", "priority_customers_out"),
    *("etr", "until", "when"),
}
_OF_PLANNED = _EVERY_EVENT | {"planned_outage", "status", "starts_at", "ends_at", "customers"}
# What a template of a kind may name.
TEMPLATE_FIELDS: dict[WebhookKind, frozenset[str]] = {
    WebhookKind.OUTAGE_OPENED: _OF_OUTAGES,
    WebhookKind.OUTAGE_CHANGED: _OF_OUTAGES,
    WebhookKind.OUTAGE_CLOSED: _OF_OUTAGES,
    WebhookKind.ETR_CHANGED: _OF_OUTAGES,
    WebhookKind.PRIORITY_OUT: _OF_OUTAGES,
    WebhookKind.OVERLOAD_FOUND: _EVERY_EVENT | {"element", "at", "interval"},
    WebhookKind.PLANNED_ANNOUNCED: _OF_PLANNED,
    WebhookKind.PLANNED_CHANGED: _OF_PLANNED,
    WebhookKind.TEST: _EVERY_EVENT,
}


class MessageText(NamedTuple):
    """What people are told of an event."""

    subject: str  # one line
    text: str


class MessageTemplates:
    """
    The templates of all kinds of events.

    Parameters
    ----------
    folder
        Of the operator's own; None for none. Kinds without a file there have that of the package.

    Raises
    ------
    InputError
        If a file cannot be read, is empty or long, or names what its kind does not have.
    """

    def __init__(self, folder: Path | None = None) -> None:
        own = _read_folder(folder) if folder else {}
        self._templates = {
            kind: own.get(kind) or _split_template(_read_packaged(kind), kind, f"{kind}.txt")
            for kind in WebhookKind
        }

    def write_message(
        self, kind: WebhookKind, timestamp: str, data: Mapping[str, Any]
    ) -> MessageText:
        """Return what people are told of an event."""
        known = dict.fromkeys(TEMPLATE_FIELDS[kind], UNKNOWN) | _describe_data(data)
        known["timestamp"] = timestamp
        subject, text = self._templates[kind]
        return MessageText(subject.substitute(known), text.substitute(known))


def _read_packaged(kind: WebhookKind) -> str:
    path = files("gridtwin.publish.webhooks") / "templates" / f"{kind}.txt"
    return path.read_text(encoding="utf-8")


def _read_folder(folder: Path) -> dict[WebhookKind, tuple[Template, Template]]:
    """Return the templates of a folder; InputError for a file that is none."""
    if not folder.is_dir():
        msg = f"GRIDTWIN_WEBHOOK_TEMPLATES: {folder} is no folder: name one with KIND.txt files"
        raise InputError(msg)
    found, kinds = {}, [kind.value for kind in WebhookKind]
    for path in sorted(folder.glob("*.txt")):
        if path.stem not in kinds:
            msg = f"{path}: {path.stem!r} is no kind of event: call it one of {', '.join(kinds)}"
            raise InputError(msg)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            msg = f"{path} cannot be read as UTF-8 ({error}): mend it, or take it away"
            raise InputError(msg) from error
        found[WebhookKind(path.stem)] = _split_template(text, WebhookKind(path.stem), str(path))
    return found


def _split_template(text: str, kind: WebhookKind, name: str) -> tuple[Template, Template]:
    """Return the subject and the text of a template; InputError for one that cannot be filled."""
    subject, _, rest = text.strip().partition("\n")
    if not subject.strip() or len(text) > MOST_TEMPLATE_CHARACTERS:
        msg = f"{name}: a template has a first line, and {MOST_TEMPLATE_CHARACTERS:,} signs at most"
        raise InputError(msg)
    parts = Template(subject.strip()), Template(rest.strip() or subject.strip())
    for part in parts:
        unknown = sorted(set(part.get_identifiers()) - TEMPLATE_FIELDS[kind])
        if unknown or not part.is_valid():
            wrong = f"${unknown[0]} is not known of {kind}" if unknown else "a $ stands alone"
            has = ", ".join(sorted(TEMPLATE_FIELDS[kind]))
            msg = f"{name}: {wrong}: write $$ for a dollar, or one of {has}"
            raise InputError(msg)
    return parts


def _describe_data(data: Mapping[str, Any]) -> dict[str, str]:
    """Return what is known of an event in words."""
    feeders, etr, at = data.get("feeders") or [], data.get("etr"), data.get("at")
    said = {
        name: ", ".join(value) if isinstance(value, list) else str(value)
        for name, value in data.items()
        if value not in (None, [], "")
    }
    if "status" in said:
        said["status"] = said["status"].replace("_", " ")
    return said | {
        "on": f" on {', '.join(feeders[:3])}" if feeders else "",
        "until": f", expected back {etr}" if etr else "",
        "when": f"at {etr}" if etr else "at a time not known yet",
        "interval": f" in the interval to {at}" if at else "",
    }
