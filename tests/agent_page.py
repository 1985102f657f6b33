"""Write the list of tools in the page on agents, from the registry; a test holds them equal."""

from __future__ import annotations

import inspect
from pathlib import Path

from gridtwin.ask.agent_tools import AGENT_TOOLS, ToolSpec
from gridtwin.mcp_server.protocol_tools import list_documents

PAGE = Path(__file__).parents[1] / "docs/mcp.md"
BEGIN, END = "<!-- tools, as python tests/agent_page.py writes them -->", "<!-- tools end -->"


def main() -> None:
    """Bring the page up to date."""
    PAGE.write_text(write_page())


def write_page() -> str:
    """Return the page with the tools of the registry."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    rows = [
        "| tool | arguments | answers | |",
        "| --- | --- | --- | --- |",
        *map(_write_row, AGENT_TOOLS),
    ]
    return f"{before}{BEGIN}\n\n" + "\n".join(rows) + f"\n\n{END}{after}"


def _write_row(tool: ToolSpec) -> str:
    parameters = list(inspect.signature(tool.call).parameters.values())[1:]
    arguments = ", ".join(
        f"**`{each.name}`**" if each.default is each.empty else f"`{each.name}`"
        for each in parameters
        if each.name not in {"detail", "limit", "cursor"}
    )
    documents = ", ".join(
        f"[`{tag.removeprefix('gridtwin.')}`](schemas/{tag.file_stem}.schema.json)"
        for tag in list_documents(tool)
    )
    asks = tool.description.split("\n")[0].replace("|", "\\|")
    return f"| `{tool.name}` | {arguments} | {documents} | {asks} |"


if __name__ == "__main__":
    main()
