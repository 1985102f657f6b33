"""Lay addresses out to be found by number and street; write that as a text, and read it back."""

from __future__ import annotations

import io
import json
import re
import zipfile
import zlib
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gridtwin.model.street_words import fold_letters, fold_street
from gridtwin.model.tables import encode_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

NO_NUMBER = -1
LAYOUT_FORMAT = "addresses-1"  # changes with the folding of streets, and with what is written
FASTEST = 1  # of the levels of zlib: the others win little

_UNIT = re.compile(
    r"(?:\b(?:APT|APARTMENT|UNIT|STE|SUITE|RM|ROOM|LOT|TRLR|BLDG|FL|NO)\b\.?|#)[ .#]*([A-Z0-9-]+)"
)
_FIRST_NUMBER = re.compile(r"^\s*(\d{1,7})(?:\s*-\s*\d+|[A-Z](?![A-Z0-9]))?(?=[\s,]|$)")
_LAST_NUMBER = re.compile(r"[\s,](\d{1,7})[A-Z]?\s*$")
_STATE = re.compile(r"(?<=\S) [A-Z]{2}$")
_ZIP = re.compile(r"(?<=\S)[\s,]+(\d{5})(?:-\d{4})?\s*$")


class WrittenAddress(NamedTuple):
    """The parts of an address as somebody wrote it; empty = not said."""

    number: int  # NO_NUMBER = not said
    street: str  # with the city, where no comma parts them; folded
    unit: str
    zip: str
    locality: str  # what stands behind a comma; folded


def split_address(text: str) -> WrittenAddress:
    """Return the parts of an address in one line: number, street, unit, ZIP, city."""
    line = fold_letters(text)
    code = _ZIP.search(line)
    if code:
        line = line[: code.start()]
    unit = _UNIT.search(line)
    if unit:
        line = f"{line[: unit.start()]} {line[unit.end() :]}"
    number = _FIRST_NUMBER.search(line)
    last = None if number else _LAST_NUMBER.search(line)
    if number:
        line = line[number.end() :]
    elif last:
        line = line[: last.start()]
    said = number or last
    street, _, locality = line.strip(" ,").partition(",")
    return WrittenAddress(
        int(said[1]) if said else NO_NUMBER,
        fold_street(street),
        unit[1].lstrip("0") if unit else "",
        code[1] if code else "",
        _STATE.sub("", fold_street(locality)),
    )


@dataclass(frozen=True, slots=True)
class AddressLayout:
    """
    Addresses by number, then by street, ZIP and unit, so that those of one building stand together.

    Attributes
    ----------
    ids
        What each address is called, shape (n,), UTF-8.
    number, street, city, zip, unit
        Its parts, shape (n,), int32: the number of the house, and places in the lists below.
    streets, cities, zips, units
        Each once; the first of all but the streets is empty.
    """

    ids: NDArray[np.bytes_]
    number: NDArray[np.int32]
    street: NDArray[np.int32]
    city: NDArray[np.int32]
    zip: NDArray[np.int32]
    unit: NDArray[np.int32]
    streets: Sequence[str]
    cities: Sequence[str]
    zips: Sequence[str]
    units: Sequence[str]

    def write_text(self) -> str:
        """Return the layout as letters and digits."""
        kept = io.BytesIO()
        table = np.stack([self.number, self.street, self.city, self.zip, self.unit])
        names = json.dumps([self.streets, self.cities, self.zips, self.units])
        np.savez(kept, ids=self.ids, table=table, names=np.frombuffer(names.encode(), np.uint8))
        packed = b64encode(zlib.compress(kept.getbuffer(), FASTEST))
        return f"{LAYOUT_FORMAT} {packed.decode()}"


def read_layout(text: str) -> AddressLayout | None:
    """Return a layout that was written as a text; None if it was not, or by another gridtwin."""
    written, _, packed = text.partition(" ")
    if written != LAYOUT_FORMAT:
        return None
    try:
        with np.load(io.BytesIO(zlib.decompress(b64decode(packed))), allow_pickle=False) as kept:
            return AddressLayout(
                kept["ids"], *kept["table"], *json.loads(kept["names"].tobytes().decode())
            )
    except (ValueError, KeyError, TypeError, zlib.error, zipfile.BadZipFile):
        return None


def lay_addresses(addresses: Iterable[tuple[str, str, str, str]]) -> AddressLayout:
    """
    Lay addresses out.

    Parameters
    ----------
    addresses
        Each as id, line (number, street and unit), city and ZIP.
    """
    streets: dict[str, int] = {}
    cities: dict[str, int] = {"": 0}
    zips: dict[str, int] = {"": 0}
    units: dict[str, int] = {"": 0}
    ids: list[str] = []
    rows: list[tuple[int, int, int, int, int]] = []
    for name, line, city, code in addresses:
        said = split_address(line)
        ids.append(name)
        rows.append(
            (
                said.number,
                streets.setdefault(said.street, len(streets)),
                cities.setdefault(fold_street(city), len(cities)),
                zips.setdefault(code.strip()[:5], len(zips)),
                units.setdefault(said.unit, len(units)),
            )
        )
    table = np.array(rows, dtype=np.int32).reshape(-1, 5)
    order = np.lexsort((table[:, 4], table[:, 3], table[:, 1], table[:, 0]))
    columns: list[Any] = list(np.ascontiguousarray(table[order].T))
    named: list[Any] = [list(each) for each in (streets, cities, zips, units)]
    return AddressLayout(encode_texts(ids)[order], *columns, *named)
