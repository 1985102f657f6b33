"""Say what a server serves, to whom, and how much."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from gridtwin.errors import InputError
from gridtwin.settings.model_settings import LanguageModelSettings
from gridtwin.settings.sign_in_settings import SignInSettings

LEAST_TOKEN = 16  # characters
# A name, an address, or, with a point before it, all names below a domain of two labels or more.
HOST_NAME = re.compile(
    r"[\w-]+(\.[\w-]+)*\.?|(\.[\w-]+){2,}|\[?[\da-fA-F]*:[\da-fA-F:.]+\]?", re.ASCII
)
MOST_TWO_PERSON_MIN = 24 * 60.0


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """How a server serves one twin; see docs/server.md."""

    twin: str
    host: str = "127.0.0.1"
    port: int = 8766  # 0 takes any that is free
    tiles: Path | None = None  # an archive made by `gridtwin tiles build`
    basemap: Path | None = None  # streets and water beneath the grid, a PMTiles file
    operator_token: str = field(default="", repr=False)  # whoever has it may switch
    two_person_min: float = 0.0  # that an operation waits for a second person; 0: one is enough
    sign_in: SignInSettings = field(default_factory=SignInSettings)
    hosts: tuple[str, ...] = ()  # names by which clients may call it; .x.y: all below x.y
    proxies: str = ""  # addresses of proxies whose word on the client's address counts
    map_url: str = ""  # where agents find the map; empty: at the server they ask
    model: LanguageModelSettings | None = None  # that may answer questions in words
    ask_record: Path | None = None  # file to which those questions are added
    frames: tuple[str, ...] = ()  # origins whose pages may show the map in a frame
    most_bytes: int = 2 * 1024 * 1024  # of the body of a request
    most_vertices: int = 20_000  # of a polygon that is asked about
    most_listed: int = 200_000  # elements and usage points that one answer names
    most_streams: int = 2_000  # clients that follow what changes
    rate_per_s: float = 100.0  # tokens a client gets; 0 = no limit
    rate_burst: float = 500.0  # tokens it may save; docs/server.md says what costs how many

    @classmethod
    def from_environment(cls, twin: str, **given: object) -> ServeSettings:
        """
        Return the settings of this process: what is given, the rest from the environment.

        Raises
        ------
        InputError
            If the environment says what cannot be.
        """
        words = os.environ.get
        token = words("GRIDTWIN_OPERATOR_TOKEN", "")
        if token and len(token) < LEAST_TOKEN:
            msg = f"GRIDTWIN_OPERATOR_TOKEN is too short: give it {LEAST_TOKEN} characters or more"
            raise InputError(msg)
        known: dict[str, object] = {
            "operator_token": token,
            "sign_in": SignInSettings.from_environment(),
            "hosts": _list_hosts(),
            "frames": _list_words("GRIDTWIN_FRAMES"),
            "map_url": words("GRIDTWIN_MAP_URL", ""),
            "proxies": words("GRIDTWIN_PROXIES", ""),
            "model": LanguageModelSettings.from_environment(),
            "ask_record": find_ask_record(),
        }
        if minutes := words("GRIDTWIN_TWO_PERSONS", ""):
            known["two_person_min"] = _read_minutes(minutes)
        if "GRIDTWIN_RATE" in os.environ:
            known |= _read_rates(words("GRIDTWIN_RATE", ""))
        return cls(twin, **{**known, **given})  # type: ignore[arg-type]


def find_ask_record() -> Path | None:
    """Return the file to which questions in words are added; None where none is named."""
    return Path(named) if (named := os.environ.get("GRIDTWIN_ASK_RECORD", "")) else None


def _list_words(name: str) -> tuple[str, ...]:
    return tuple(os.environ.get(name, "").replace(",", " ").split())


def _list_hosts() -> tuple[str, ...]:
    names = _list_words("GRIDTWIN_HOSTS")
    for name in names:
        if not HOST_NAME.fullmatch(name):
            msg = (
                f"GRIDTWIN_HOSTS names {name!r}: write names without a port, grid.example.org, and"
                " for all names below a domain that one with a point before it, .example.org"
            )
            raise InputError(msg)
    return names


def _read_minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = -1.0
    if not 0 <= minutes <= MOST_TWO_PERSON_MIN:
        msg = f"GRIDTWIN_TWO_PERSONS is {text!r}: give minutes to wait, at most 1440; 0 for none"
        raise InputError(msg)
    return minutes


def _read_rates(text: str) -> dict[str, float]:
    """Return the rate of ``PER_SECOND`` or ``PER_SECOND/BURST``."""
    try:
        rate, burst = (float(part) for part in f"{text}/{text}".split("/")[:2])
    except ValueError:
        rate = burst = -1.0
    if not 0 <= rate <= burst or burst == math.inf:
        msg = f"GRIDTWIN_RATE is {text!r}: write it as tokens a second and at most, such as 100/500"
        raise InputError(msg)
    return {"rate_per_s": rate, "rate_burst": burst}
