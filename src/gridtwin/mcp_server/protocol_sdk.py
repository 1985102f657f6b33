"""Say whether the SDK of the protocol is here, without importing it."""

from __future__ import annotations

from importlib.util import find_spec

from gridtwin.errors import MissingExtraError


def has_sdk() -> bool:
    """Return whether the SDK is installed."""
    return find_spec("mcp") is not None


def require_sdk() -> None:
    """Refuse where it is not; MissingExtraError."""
    if not has_sdk():
        need = "the server for agents"
        raise MissingExtraError(need, "mcp")
