"""Show who did what, and the tokens of programs, as documents."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gridtwin.results.documents.document_tags import DocumentTag

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from gridtwin.model.access import Action, ProgramToken
    from gridtwin.results.documents.access_documents import (
        ActionRecord,
        AuditDocument,
        TokenRecord,
        TokensDocument,
    )


def audit_document(actions: Iterable[Action]) -> AuditDocument:
    """Return who did what as the JSON document ``gridtwin.audit/1``."""
    return {"schema": DocumentTag.AUDIT, "actions": [make_action_record(each) for each in actions]}


def make_action_record(action: Action) -> ActionRecord:
    """Return one action as JSON documents hold it."""
    return {
        "number": action.number,
        "at": action.at.isoformat(),
        "person": action.person,
        "role": action.role,
        "way": action.way,
        "address": action.address,
        "request": action.request,
        "permission": action.permission,
        "what": action.what,
        "outcome": action.outcome.value,
        "element": action.element,
        "outage": action.outage,
        "before": _read_note(action.before),
        "after": _read_note(action.after),
    }


def tokens_document(tokens: Iterable[ProgramToken], now: datetime) -> TokensDocument:
    """Return tokens as the JSON document ``gridtwin.tokens/1``."""
    return {
        "schema": DocumentTag.TOKENS,
        "tokens": [make_token_record(each, now) for each in tokens],
    }


def make_token_record(token: ProgramToken, now: datetime) -> TokenRecord:
    """Return one token as JSON documents hold it."""
    return {
        "id": token.id,
        "name": token.name,
        "role": token.role.value,
        "scope": None if token.scope is None else sorted(token.scope),
        "substations": None if token.substations is None else [*token.substations],
        "made_at": token.made_at.isoformat(),
        "made_by": token.made_by,
        "expires_at": token.expires_at.isoformat(),
        "revoked_at": None if token.revoked_at is None else token.revoked_at.isoformat(),
        "valid": token.is_valid(now),
    }


def _read_note(note: str) -> Any:
    """Return a note as it was; one that was cut as the text that is left."""
    if not note:
        return None
    try:
        return json.loads(note)
    except ValueError:
        return note
