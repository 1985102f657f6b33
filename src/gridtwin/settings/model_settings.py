"""Say which language model may answer, where it is, and what it may take."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass, field, fields
from urllib.parse import urlsplit

from gridtwin.errors import InputError
from gridtwin.settings.sign_in_settings import is_safe_address

MODEL_KEYS = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY",
              "cortex": "SNOWFLAKE_TOKEN"}  # fmt: skip
MODEL_URLS = {"openai": "https://api.openai.com/v1", "anthropic": "https://api.anthropic.com"}


@dataclass(frozen=True, slots=True)
class ModelLimits:
    """What a language model may cost at one question."""

    requests: int = 8  # to the model
    calls: int = 20  # of tools
    seconds: float = 60.0  # in all
    tokens: int = 120_000  # read and written
    dollars: float = 0.5  # where the price of the model is known


@dataclass(frozen=True, slots=True)
class LanguageModelSettings:
    """Which language model may answer questions, and what it may cost; see docs/ask.md."""

    way: str  # of `MODEL_KEYS`
    name: str
    url: str
    key: str = field(default="", repr=False)
    limits: ModelLimits = ModelLimits()

    @property
    def host(self) -> str:
        """Where the questions go."""
        return urlsplit(self.url).hostname or ""

    @classmethod
    def from_environment(cls) -> LanguageModelSettings | None:
        """
        Return the settings of this process; None where no model is named.

        Raises
        ------
        InputError
            If they cannot be used, as a key that would be sent over plain HTTP.
        """
        words = os.environ.get
        told = words("GRIDTWIN_MODEL", "").strip()
        if not told:
            return None
        way, _, name = told.partition(":")
        if way not in MODEL_KEYS or not name:
            msg = f"GRIDTWIN_MODEL is {told!r}: write WAY:MODEL, WAY as in {', '.join(MODEL_KEYS)}"
            raise InputError(msg)
        key = words("GRIDTWIN_MODEL_KEY", "") or words(MODEL_KEYS[way], "")
        url = words("GRIDTWIN_MODEL_URL", "") or _find_model_url(way)
        _require_safe_url(url, key)
        limits = _read_model_limits(words("GRIDTWIN_MODEL_LIMITS", ""))
        return cls(way, name, url.rstrip("/"), key, limits)


def _find_model_url(way: str) -> str:
    if way != "cortex":
        return MODEL_URLS[way]
    account = os.environ.get("SNOWFLAKE_ACCOUNT", "")
    if not re.fullmatch(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*", account):
        msg = "no account of Snowflake is named: set SNOWFLAKE_ACCOUNT, such as ORG-ACCOUNT"
        raise InputError(msg)
    return f"https://{account}.snowflakecomputing.com/api/v2/cortex/v1"


def _require_safe_url(url: str, key: str) -> None:
    """Refuse an address that is none, or that would carry the key where others can read it."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        msg = f"GRIDTWIN_MODEL_URL is {parts.hostname or url!r}: write it as https://HOST/PATH"
        raise InputError(msg)
    if key and not is_safe_address(url):
        msg = f"the key of the model would go to {parts.hostname} as plain text: use https"
        raise InputError(msg)


def _read_model_limits(text: str) -> ModelLimits:
    """Return the limits of ``name=number,...``; what is not named keeps its own."""
    known = {each.name: int if each.type == "int" else float for each in fields(ModelLimits)}
    given: dict[str, float] = {}
    for part in filter(None, text.replace(" ", "").split(",")):
        name, _, figure = part.partition("=")
        try:
            value = known[name](figure)
        except (KeyError, ValueError):
            value = -1
        if not 0 < value < math.inf:
            msg = f"GRIDTWIN_MODEL_LIMITS has {part!r}: write positive {', '.join(known)}"
            raise InputError(msg)
        given[name] = value
    return ModelLimits(**given)  # type: ignore[arg-type]
