"""Read the environment once, at the edge."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says."""

    twin: str = ""  # GRIDTWIN_TWIN: the twin that commands use unless told otherwise
    actor: str = ""  # GRIDTWIN_ACTOR, else USER: who operates switches, for the log

    @classmethod
    def read(cls) -> Settings:
        """Return the settings of this process."""
        return cls(
            twin=os.environ.get("GRIDTWIN_TWIN", ""),
            actor=os.environ.get("GRIDTWIN_ACTOR", os.environ.get("USER", "")),
        )


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """How a server serves one twin; see docs/server.md."""

    twin: str
    host: str = "127.0.0.1"
    port: int = 8766  # 0 takes any that is free
    tiles: Path | None = None  # an archive made by `gridtwin tiles build`
    operator_token: str = field(default="", repr=False)  # whoever has it may switch
    hosts: tuple[str, ...] = ()  # names by which clients may call the server, beside its own
    proxies: str = ""  # addresses of proxies whose word on the client's address counts
    most_vertices: int = 20_000  # of a polygon that is asked about

    @classmethod
    def read(cls, twin: str, **given: object) -> ServeSettings:
        """Return the settings of this process: what is given, the rest from the environment."""
        names = os.environ.get("GRIDTWIN_HOSTS", "").replace(",", " ").split()
        known: dict[str, object] = {
            "operator_token": os.environ.get("GRIDTWIN_OPERATOR_TOKEN", ""),
            "hosts": tuple(names),
            "proxies": os.environ.get("GRIDTWIN_PROXIES", ""),
        }
        return cls(twin, **{**known, **given})  # type: ignore[arg-type]
