"""Say what each column of the project is called, means and may hold, as the model says it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from xml.etree.ElementTree import Element, SubElement

from gridtwin.model.schema import SCHEMA
from gridtwin.publish.qgis.twin_columns import TWIN_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridtwin.model.own_columns import OwnColumn
    from gridtwin.model.schema import FrameColumn

PLACE_KINDS = frozenset({"point", "line"})


class MapField(NamedTuple):
    """
    One column of a layer.

    Attributes
    ----------
    name, alias, meaning
        What it is called in the table and for people, and what it says.
    widget
        How a form of QGIS shows it.
    words
        What its values are and are shown as; empty where anything may stand.
    refers, of
        The frame whose mRID it holds, and the kind of equipment that is there.
    """

    name: str
    alias: str
    meaning: str
    widget: str = "TextEdit"
    words: Mapping[str, str] = {}
    refers: str = ""
    of: str = ""


def list_fields(frame: str, own: Mapping[str, OwnColumn]) -> list[MapField]:
    """Return the columns of a frame, those of its owner, and those that the twin adds."""
    fields = [
        _describe_column(column)
        for column in SCHEMA[frame].columns
        if column.kind not in PLACE_KINDS
    ]
    widgets = {"flag": "CheckBox", "date": "DateTime"}
    fields += [
        MapField(name, name, "own column", widgets.get(column.kind, "TextEdit"))
        for name, column in own.items()
    ]
    return fields + [
        MapField(
            column.name,
            column.alias,
            column.meaning,
            "ValueMap" if column.words else "TextEdit",
            {word: word for word in column.words},
            column.refers,
        )
        for column in TWIN_COLUMNS.get(frame, ())
    ]


def _describe_column(column: FrameColumn) -> MapField:
    alias = {"mrid": "mRID"}.get(column.name, column.name.replace("_", " "))
    if column.unit:
        alias = f"{column.meaning} [{column.unit}]"
    words = {word: word.replace("_", " ") or column.nothing for word in column.words}
    widget = {"word": "ValueMap", "flag": "CheckBox"}.get(column.kind, "TextEdit")
    meaning = f"{column.meaning}; empty = {column.nothing}" if column.nothing else column.meaning
    return MapField(column.name, alias, meaning, widget, words, column.refers, column.of)


def write_forms(fields: Sequence[MapField]) -> list[Element]:
    """Return how forms and tables of a layer show its columns."""
    configuration, aliases, editable = (
        Element(tag) for tag in ("fieldConfiguration", "aliases", "editable")
    )
    for number, field in enumerate(fields, start=1):  # 0 is the key
        SubElement(aliases, "alias", field=field.name, index=str(number), name=field.alias)
        one = SubElement(configuration, "field", name=field.name, configurationFlags="None")
        widget = SubElement(one, "editWidget", type=field.widget)
        _write_widget(SubElement(widget, "config"), field)
        computed = field.name.startswith("twin_")
        SubElement(editable, "field", name=field.name, editable="0" if computed else "1")
    return [configuration, aliases, editable]


def _write_widget(config: Element, field: MapField) -> None:
    """Return the words that a value is shown as, each as one option of a list."""
    options = SubElement(config, "Option", type="Map")
    if not field.words:
        return
    each = SubElement(options, "Option", name="map", type="List")
    for word, shown in field.words.items():
        one = SubElement(each, "Option", type="Map")
        SubElement(one, "Option", name=shown, type="QString", value=word)
