"""The tools of agents: those of the registry, and that for questions in words."""

from __future__ import annotations

from gridtwin.ask.ask_tool import ask_in_words
from gridtwin.tools.tool_registry import TOOLS, ToolSpec

ASK_TOOL = ToolSpec("ask", "Ask in words", ask_in_words)
AGENT_TOOLS = (
    *(tool for tool in TOOLS if not tool.operates),
    ASK_TOOL,
    *(tool for tool in TOOLS if tool.operates),
)


def list_agent_tools(*, operator: bool = False) -> list[ToolSpec]:
    """Return the tools of agents, those that operate for operators only."""
    return [tool for tool in AGENT_TOOLS if operator or not tool.operates]
