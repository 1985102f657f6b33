"""Read what a twin in a directory says of itself: its card, ``twin.json``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gridtwin.errors import StoreVersionError
from gridtwin.store.arrays import Catalog, OwnCatalog, build_damage_error
from gridtwin.store.sqlite_database import STATE_FILE

if TYPE_CHECKING:
    from pathlib import Path

TWIN_FORMAT = "gridtwin-twin"
TWIN_FORMAT_VERSION = 2
CARD_FILE = "twin.json"
ARRAYS_FOLDER = "arrays"  # of a twin that was never loaded again
TABLES_FOLDER = "tables"


@dataclass(frozen=True, slots=True)
class TwinCard:
    """What the card of a twin says."""

    twin_id: str
    crs: str | None
    arrays: Catalog
    own: OwnCatalog
    folder: str = ARRAYS_FOLDER  # where the arrays are

    @classmethod
    def read_card(cls, twin: Path, name: str = CARD_FILE) -> TwinCard:
        """Read the card of a twin, and refuse what is none."""
        try:
            text = (twin / name).read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError) as error:
            if (twin / STATE_FILE).exists():
                raise build_damage_error(twin, CARD_FILE, "is missing") from error
            msg = f"{twin} is no twin: give a directory made by gridtwin load or gridtwin new"
            raise StoreVersionError(msg) from error
        except (OSError, UnicodeDecodeError) as error:
            raise build_damage_error(twin, CARD_FILE, f"cannot be read ({error})") from error
        try:
            card = json.loads(text)
            known = card["format"] == TWIN_FORMAT
            version = int(card["version"]) if known else TWIN_FORMAT_VERSION
            if known and version == TWIN_FORMAT_VERSION:
                own = {frame: list(own) for frame, own in card.get("own", {}).items()}
                folder = str(card.get("folder", ARRAYS_FOLDER))
                return cls(card["id"], card["crs"], dict(card["arrays"]), own, folder)
        except (ValueError, TypeError, KeyError) as error:
            raise build_damage_error(twin, CARD_FILE, "is damaged") from error
        if not known:
            msg = f"{twin} is no twin: its {CARD_FILE} was made by another program"
            raise StoreVersionError(msg)
        msg = (
            f"{twin / CARD_FILE} was written by a newer gridtwin (format {version}, this one reads"
            f" {TWIN_FORMAT_VERSION}): upgrade gridtwin"
        )
        raise StoreVersionError(msg)
