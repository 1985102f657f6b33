"""Say which twin is meant, and who acts."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says."""

    twin: str = ""  # GRIDTWIN_TWIN: the twin that commands use unless told otherwise
    actor: str = ""  # GRIDTWIN_ACTOR, else USER: who operates switches, for the log
    manuals: str = ""  # GRIDTWIN_MANUALS: the library of manuals; by default beside the twin

    @classmethod
    def from_environment(cls) -> Settings:
        """Return the settings of this process."""
        return cls(
            twin=os.environ.get("GRIDTWIN_TWIN", ""),
            actor=os.environ.get("GRIDTWIN_ACTOR", os.environ.get("USER", "")),
            manuals=os.environ.get("GRIDTWIN_MANUALS", ""),
        )


def find_cache_folder() -> Path:
    """Return the folder in which this user's programs keep what they can make again."""
    home = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(home) if home else Path.home() / ".cache") / "gridtwin"
