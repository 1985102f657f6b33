"""The documents of access: who did what from where, and the tokens of programs."""

from typing import Annotated, Any, Literal

from gridtwin.model.access import Outcome
from gridtwin.results.documents.document_fields import Count, Shape, one_of
from gridtwin.results.documents.document_tags import DocumentTag


class ActionRecord(Shape):
    """Who did what, from where."""

    number: Count
    """in order of writing"""
    at: str
    """when, ISO 8601"""
    person: str
    """person or program; empty: nobody knows"""
    role: str
    """they acted in; empty: none"""
    way: str
    """how they were known, such as session or token"""
    address: str
    """they asked from"""
    request: str
    """id of the request, as in the log of the server"""
    permission: str
    """it needed"""
    what: str
    """method and path, or tool"""
    outcome: Annotated[str, one_of(tuple(Outcome))]
    """asked: nobody knows how it ended"""
    element: str
    """mRID, or what else it names; empty: none"""
    outage: str
    """empty: none"""
    before: Any
    """what was there; null: not told"""
    after: Any
    """what was there afterwards, or of what was not done, what was asked; null: not told"""


class AuditDocument(Shape):
    """
    Who did what from where, the newest first.

    `gridtwin audit export`, `GET /api/audit`
    """

    schema: Literal[DocumentTag.AUDIT]
    actions: list[ActionRecord]


class TokenRecord(Shape):
    """A token by which a program is known; never the token itself."""

    id: str
    name: str
    role: str
    scope: list[str] | None
    """permissions it is for; null: all of its role"""
    substations: list[str] | None
    """mRIDs of those it operates; null: all"""
    made_at: str
    made_by: str
    expires_at: str
    revoked_at: str | None
    valid: bool


class TokensDocument(Shape):
    """
    The tokens of programs, by when they were made.

    `gridtwin token list`, `GET /api/tokens`
    """

    schema: Literal[DocumentTag.TOKENS]
    tokens: list[TokenRecord]
