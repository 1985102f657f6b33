"""
Parse CIM XML one object at a time, with whatever could do more than state switched off.

Namespaces of every edition are taken alike: names are compared by their last part. A document type
is refused, so that no entity is ever declared, expanded or fetched.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, NamedTuple
from urllib.parse import unquote
from xml.etree import ElementTree as ET
from xml.parsers import expat

from gridtwin.errors import SourceError
from gridtwin.sources.cim.cim_classes import (
    CIM_COLUMNS,
    ENUMERATED_COLUMNS,
    OWN_NAMESPACE,
    REFUSED_CLASSES,
    SKIPPED_CLASSES,
    TABLE_OF_CLASS,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_ID, _ABOUT, _RESOURCE, _TYPE = f"{_RDF}ID", f"{_RDF}about", f"{_RDF}resource", f"{_RDF}type"
OWN_PREFIX = f"{{{OWN_NAMESPACE}}}"
_PROLOG_BYTES = 8192
_KEPT_OF_OTHERS = frozenset(CIM_COLUMNS["equipment"])
_KEPT = {name: frozenset(CIM_COLUMNS[table]) for name, table in TABLE_OF_CLASS.items()}
_ADDRESS = "urn:uuid:"
REPEATED_COLUMNS = frozenset({"DependentOn"})  # a blank parts the ids


class CimObject(NamedTuple):
    """One object of a file: what one profile says of it."""

    kind: str  # its class, without namespace
    mrid: str
    namespace: str
    values: dict[str, str]  # by the last part of each property's name


def read_id(text: str) -> str:
    """
    Return an identifier without what editions put before it; case is kept.

    Examples
    --------
    >>> read_id("#_4F"), read_id("urn:uuid:4F"), read_id("http://grid.example/model#_4F")
    ('4F', '4F', '4F')
    """
    plain = text.strip().rpartition("#")[2].removeprefix(_ADDRESS).removeprefix("_")
    return unquote(plain) if "%" in plain else plain


def parse_cim(name: str, stream: IO[bytes]) -> Iterator[CimObject]:
    """
    Yield the objects of a file, but for classes that no network needs.

    Parameters
    ----------
    name
        Of the file, for errors.
    stream
        Its bytes; they are read twice as far as the first element reaches.

    Raises
    ------
    SourceError
        If it is no XML, no RDF, cut off, declares a document type, or holds differences.
    """
    _require_rdf(name, stream)
    stream.seek(0)
    last = "its beginning"
    try:
        for element in _iterate_objects(stream):
            found = _read_object(name, element)
            if found is not None:
                last = f"{found.kind} {found.mrid}"
                yield found
    except (ET.ParseError, ValueError, LookupError) as error:
        msg = f"{name}: broken or cut off after {last} ({error}); export it again"
        raise SourceError(msg) from error


def _require_rdf(name: str, stream: IO[bytes]) -> None:
    """Refuse what is no RDF, and any document type, before anything of it is parsed."""
    root: list[str] = []
    parser = expat.ParserCreate()

    def refuse_doctype(*_: object) -> None:
        msg = f"{name}: it declares a document type, which CIM never needs: remove <!DOCTYPE ...>"
        raise SourceError(msg)

    def take_root(tag: str, _: dict[str, str]) -> None:
        root.append(tag)

    parser.StartDoctypeDeclHandler = refuse_doctype
    parser.StartElementHandler = take_root
    try:
        while not root and (chunk := stream.read(_PROLOG_BYTES)):
            parser.Parse(chunk)
    except (expat.ExpatError, ValueError, LookupError) as error:
        if not root:
            msg = f"{name}: this is no XML ({error}); export it again"
            raise SourceError(msg) from error
    if not root:
        msg = f"{name}: the file is empty or cut off: export it again"
        raise SourceError(msg)
    if root[0].rpartition(":")[2] != "RDF":
        msg = f"{name}: this XML is no CIM: it begins with <{root[0]}>, not with rdf:RDF"
        raise SourceError(msg)


def _iterate_objects(stream: IO[bytes]) -> Iterator[ET.Element]:
    """
    Yield each object once it is complete: when the next one begins.

    Only starts are asked for, half of the events there are; an object is what has an identifier.
    """
    events = ET.iterparse(stream, events=("start",))  # noqa: S314 - a document type is refused
    _, root = next(events)
    element: ET.Element | None = None
    for _, started in events:
        attributes = started.attrib
        if _ABOUT in attributes or _ID in attributes:
            if element is not None:
                yield element
                root.clear()
            element = started
    if element is not None:
        yield element


def _read_object(name: str, element: ET.Element) -> CimObject | None:
    kind = _class_of(element)
    if kind in REFUSED_CLASSES:
        msg = f"{name}: {REFUSED_CLASSES[kind]}"
        raise SourceError(msg)
    if kind in SKIPPED_CLASSES:
        return None
    mrid = read_id(element.get(_ABOUT) or element.get(_ID) or "")
    if not mrid:
        msg = f"{name}: a {kind} has an empty identifier: give it an rdf:ID or rdf:about"
        raise SourceError(msg)
    kept = _KEPT.get(kind, _KEPT_OF_OTHERS)
    values: dict[str, str] = {}
    for child in element:
        column = child.tag.rpartition(".")[2]
        if child.tag.startswith(OWN_PREFIX):
            column = f"own:{child.tag[len(OWN_PREFIX) :]}"
        if column in kept and (column not in values or column in REPEATED_COLUMNS):
            value = _read_value(column, child)
            if value:
                values[column] = f"{values[column]} {value}" if column in values else value
    return CimObject(kind, mrid, element.tag.rpartition("}")[0].removeprefix("{"), values)


def _class_of(element: ET.Element) -> str:
    kind = element.tag.rpartition("}")[2]
    if kind == "Description":  # the long form of RDF, which names the class within
        stated = element.find(_TYPE)
        if stated is not None:
            return stated.get(_RESOURCE, "").rpartition("#")[2]
    return kind


def _read_value(column: str, child: ET.Element) -> str:
    resource = child.get(_RESOURCE)
    if column in ENUMERATED_COLUMNS:
        return (resource or child.text or "").strip().rpartition(".")[2]
    return (child.text or "").strip() if resource is None else read_id(resource)
