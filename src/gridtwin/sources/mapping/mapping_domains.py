"""
Read what a source says of its own codes: coded domains and subtypes, and the tags of OpenStreetMap.

In expressions they are ``domain(COLUMN)``, ``subtype()`` and ``tag('KEY')``, each of which stands
for a column that `mapping_layers` adds to the layer.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.etree import ElementTree

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# How expressions call the layer itself where a joined table has a column of one name.
OWN_ALIAS = "own"
GEODATABASE_ITEMS = "GDB_Items"
DOMAIN_PREFIX = "domain of "  # begins the column of what the codes of another stand for
SUBTYPE_COLUMN = "subtype of the row"
TAG_PREFIX = "tag "  # begins the column of one tag
TAGS_COLUMN = "other_tags"  # where GDAL leaves the tags it makes no columns of, as hstore text

_DOMAIN_CALL = re.compile(r"\bdomain\s*\(\s*\"?(\w+)\"?\s*\)", re.IGNORECASE)
_SUBTYPE_CALL = re.compile(r"\bsubtype\s*\(\s*\)", re.IGNORECASE)
_TAG_CALL = re.compile(r"\btag\s*\(\s*'([^'\"]+)'\s*\)", re.IGNORECASE)
_TAG_PAIR = re.compile(r'"((?:[^"\\]|\\.)*)"=>"((?:[^"\\]|\\.)*)"')


@dataclass(slots=True)
class LayerWords:
    """What one layer says of its codes; fields are in lower case."""

    domains: dict[str, dict[str, str]] = field(default_factory=dict)  # words of codes, by field
    subtype_field: str = ""
    subtypes: dict[str, str] = field(default_factory=dict)  # name of each subtype, by its code
    by_subtype: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)  # field, subtype

    def has_domain(self, name: str) -> bool:
        """Return whether the codes of a column stand for something."""
        return name.casefold() in self.domains or name.casefold() in self.by_subtype

    def find_words(self, name: str) -> dict[str, str]:
        """Return the words of the codes of a column, whichever subtype has them."""
        words = dict(self.domains.get(name.casefold(), {}))
        for each in self.by_subtype.get(name.casefold(), {}).values():
            words |= each
        if self.subtype_field and name.casefold() == self.subtype_field.casefold():
            words |= self.subtypes
        return words

    def decode_codes(
        self, name: str, codes: Sequence[str | None], subtypes: Sequence[str | None] | None
    ) -> list[str | None]:
        """Return what each code stands for, in the domain of the subtype of its row if it has."""
        general = self.domains.get(name.casefold(), {})
        own = self.by_subtype.get(name.casefold(), {})
        if not own or subtypes is None:
            return [general.get(code or "") for code in codes]
        return [
            own.get(subtype or "", general).get(code or "")
            for code, subtype in zip(codes, subtypes, strict=True)
        ]


@dataclass(slots=True)
class SourceWords:
    """What a source says of its codes, layer by layer."""

    layers: dict[str, LayerWords] = field(default_factory=dict)  # by name in lower case

    def find_layer(self, layer: str) -> LayerWords:
        """Return what is said of a layer."""
        return self.layers.get(layer.casefold()) or LayerWords()


def read_source_words(path: Path) -> SourceWords:
    """Return what a geodatabase or a GeoPackage says of its codes; of others nothing is known."""
    if ".gdb" in path.name.casefold():
        return _read_geodatabase(path)
    if path.suffix.casefold() == ".gpkg":
        return _read_geopackage(path)
    return SourceWords()


def _read_geodatabase(path: Path) -> SourceWords:
    """Return the domains and subtypes that stand in the table ``GDB_Items``."""
    import pyogrio

    _, table = pyogrio.raw.read_arrow(
        path, layer=GEODATABASE_ITEMS, columns=["Definition"], read_geometry=False
    )
    texts = [text for text in table["Definition"].to_pylist() if text and "<!DOCTYPE" not in text]
    roots = [ElementTree.fromstring(text) for text in texts]  # noqa: S314 - no entities without it
    words = {
        root.findtext("DomainName", ""): {
            value.findtext("Code", ""): value.findtext("Name", "")
            for value in root.iter("CodedValue")
        }
        for root in roots
        if root.find("CodedValues") is not None
    }
    read = SourceWords()
    for root in roots:
        said = read_definition(root, words)
        if said.domains or said.subtypes:
            read.layers[root.findtext("Name", "").casefold()] = said
    return read


def read_definition(root: ElementTree.Element, words: dict[str, dict[str, str]]) -> LayerWords:
    """Return what the definition of one table says of its codes."""
    said = LayerWords(subtype_field=root.findtext("SubtypeFieldName", ""))
    for each in root.iter("GPFieldInfoEx"):
        domain = words.get(each.findtext("DomainName", ""))
        if domain:
            said.domains[each.findtext("Name", "").casefold()] = domain
    for subtype in root.iter("Subtype"):
        code = subtype.findtext("SubtypeCode", "")
        said.subtypes[code] = subtype.findtext("SubtypeName", "")
        for each in subtype.iter("SubtypeFieldInfo"):
            domain = words.get(each.findtext("DomainName", ""))
            if domain:
                name = each.findtext("FieldName", "").casefold()
                said.by_subtype.setdefault(name, {})[code] = domain
    return said


def _read_geopackage(path: Path) -> SourceWords:
    """Return the domains that the schema extension of GeoPackage lays out."""
    read = SourceWords()
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        tables = "select count(*) from sqlite_master where name = 'gpkg_data_column_constraints'"
        if not connection.execute(tables).fetchone()[0]:
            return read
        rows = connection.execute(
            "select c.table_name, c.column_name, d.value, d.description"
            " from gpkg_data_columns c join gpkg_data_column_constraints d"
            " on d.constraint_name = c.constraint_name where d.constraint_type = 'enum'"
        )
        for layer, name, code, word in rows:
            said = read.layers.setdefault(layer.casefold(), LayerWords())
            said.domains.setdefault(name.casefold(), {})[str(code)] = word
    return read


def read_tag(tags: str | None, key: str) -> str | None:
    """
    Return one tag of a row of OpenStreetMap; None if it has none.

    Examples
    --------
    >>> read_tag('"power"=>"line","voltage"=>"110000"', "voltage")
    '110000'
    """
    if not tags or f'"{key}"=>' not in tags:
        return None
    pairs = {pair[1]: pair[2] for pair in _TAG_PAIR.finditer(tags)}
    value = pairs.get(key)
    return None if value is None else re.sub(r"\\(.)", r"\1", value)


def list_tags(text: str) -> list[str]:
    """Return the tags that expressions ask for."""
    return list(dict.fromkeys(_TAG_CALL.findall(text)))


def asks_for_subtype(text: str) -> bool:
    """Return whether an expression asks for the subtype of a row."""
    return _SUBTYPE_CALL.search(text) is not None


def name_domains(expression: str) -> str:
    """
    Return an expression with the columns in it that its calls stand for.

    Examples
    --------
    >>> name_domains("lower(domain(SubtypeCD))")
    'lower("domain of SubtypeCD")'
    >>> print(name_domains("subtype() = 'Fuse' or tag('power') = 'cable'"))
    own."subtype of the row" = 'Fuse' or own."tag power" = 'cable'
    """
    text = _DOMAIN_CALL.sub(rf'"{DOMAIN_PREFIX}\1"', expression)
    text = _SUBTYPE_CALL.sub(f'{OWN_ALIAS}."{SUBTYPE_COLUMN}"', text)
    return _TAG_CALL.sub(rf'{OWN_ALIAS}."{TAG_PREFIX}\1"', text)


def explain_words(message: str) -> str:
    """Return a message of DuckDB about a column that is not there as its writer called it."""
    if f'"{SUBTYPE_COLUMN}"' in message:
        return "the source does not say that this layer has subtypes"
    missed = re.search(rf'(?:column|table) named "{TAG_PREFIX}([^"]+)"', message)
    if missed:
        return f"this layer has neither tags nor a column {missed[1]}"
    return message.replace(f'"{DOMAIN_PREFIX}', 'the domain of "')
