"""What a model may read beside the tools: the model, the words, schemas, elements, outages, map."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from mcp.server.mcpserver.exceptions import ResourceNotFoundError
from pydantic import TypeAdapter

from gridtwin.errors import GridtwinError
from gridtwin.mcp_server.protocol_tools import tell_error
from gridtwin.mcp_server.twin_source import ask_followed
from gridtwin.model.schema import SCHEMA
from gridtwin.results.documents.document_catalog import SHAPES
from gridtwin.tools.network_tools import describe_one
from gridtwin.tools.outage_tools import show_outage
from gridtwin.tools.tool_arguments import LONGEST_ARGUMENT
from gridtwin.tools.tool_elements import name_element, write_view

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcp.server.mcpserver import MCPServer

    from gridtwin.mcp_server.twin_source import TwinSource
    from gridtwin.tools.shared_twin import SharedTwin
    from gridtwin.tools.tool_answer import ToolAnswer

Told = TypeVar("Told")
JSON = "application/json"
MARKDOWN = "text/markdown"


def add_resources(server: MCPServer[Any], source: TwinSource, map_url: str) -> None:
    """Add the resources to a server."""

    @server.resource("gridtwin://model", title="The data model", mime_type=MARKDOWN)
    def read_model() -> str:
        """Return frames and columns of a network: what each holds, its unit, what it means."""
        return write_model()

    @server.resource("gridtwin://glossary", title="The words", mime_type=MARKDOWN)
    def read_glossary() -> str:
        """Return what each word means: the terms of the grid, of outages, of readings."""
        return find_glossary().read_text(encoding="utf-8")

    @server.resource("gridtwin://schemas/{name}", title="Schema of a document", mime_type=JSON)
    def read_schema(name: str) -> str:
        """Return the JSON Schema of a document that a tool answers with, as in `trace-1`."""
        shapes = {tag.file_stem: shape for tag, shape in SHAPES.items()}
        if name not in shapes:
            msg = f"no document is called {name[:60]!r}: there are {', '.join(shapes)}"
            raise ResourceNotFoundError(msg)
        shape: Any = shapes[name]
        return json.dumps(TypeAdapter(shape).json_schema(), ensure_ascii=False)

    @server.resource("gridtwin://elements/{mrid}", title="One element", mime_type=JSON)
    def read_element(mrid: str) -> str:
        """Return all that is known of one element, as the tool `element` answers."""
        return _read_answer(source, mrid, describe_one)

    @server.resource("gridtwin://outages/{id}", title="One outage", mime_type=JSON)
    def read_outage(id: str) -> str:  # noqa: A002 - the word in the address
        """Return all that is known of one outage, as the tool `outage` answers."""
        return _read_answer(source, id, show_outage)

    @server.resource("gridtwin://map/{mrid}", title="Link to the map", mime_type="text/plain")
    def link_map(mrid: str) -> str:
        """Return a link to the map page with one element chosen."""
        return f"{map_url}#{write_view(sel=_ask_named(source, mrid, name_element))}"


def _read_answer(
    source: TwinSource, name: str, ask: Callable[[SharedTwin, str], ToolAnswer[Any]]
) -> str:
    return json.dumps(_ask_named(source, name, ask), ensure_ascii=False)


def _ask_named(source: TwinSource, name: str, ask: Callable[[SharedTwin, str], Told]) -> Told:
    """Ask of what is named, as a tool would; ResourceNotFoundError where it cannot be."""
    if len(name) > LONGEST_ARGUMENT:
        msg = f"the name has {len(name):,} characters, of at most {LONGEST_ARGUMENT}"
        raise ResourceNotFoundError(msg)
    try:
        return ask_followed(source, lambda shared: ask(shared, name))
    except GridtwinError as error:
        raise ResourceNotFoundError(tell_error(error)) from error


def write_model() -> str:
    """Return the frames and columns of a network as Markdown."""
    lines = ["# Data model", "", "A network is six frames; an `mrid` is unique in its frame.", ""]
    for name, frame in SCHEMA.items():
        meaning = (inspect.getdoc(frame.table) or "").split("\n")[0]
        lines += [f"## {name}: {meaning}", "", "| column | unit | says |", "| --- | --- | --- |"]
        lines += [
            f"| {column.name} | {column.unit} | {column.meaning} |" for column in frame.columns
        ]
        lines.append("")
    return "\n".join(lines)


def find_glossary() -> Path:
    """Return the glossary: of the package, or of a clone of the project."""
    packaged = Path(__file__).with_name("glossary.md")
    return packaged if packaged.is_file() else Path(__file__).parents[3] / "docs/glossary.md"
