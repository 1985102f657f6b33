"""The tools of agents: those of the registry, and that for questions in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridtwin.ask.ask_tool import ask_in_words
from gridtwin.tools.personal_data import check_personal
from gridtwin.tools.tool_registry import TOOLS, ToolSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridtwin.model.permissions import Permission
    from gridtwin.tools.shared_twin import SharedTwin
    from gridtwin.tools.tool_answer import ToolAnswer

ASK_TOOL = ToolSpec("ask", "Ask in words", ask_in_words)
AGENT_TOOLS = (
    *(tool for tool in TOOLS if not tool.operates),
    ASK_TOOL,
    *(tool for tool in TOOLS if tool.operates),
)


def list_agent_tools(*, operator: bool = False) -> list[ToolSpec]:
    """Return the tools of agents, those that operate for operators only."""
    return [tool for tool in AGENT_TOOLS if operator or not tool.operates]


def call_tool(
    spec: ToolSpec,
    shared: SharedTwin,
    arguments: Mapping[str, Any],
    permissions: frozenset[Permission] | None,
) -> ToolAnswer[Any]:
    """
    Answer a call of a tool, however it is asked: also in words, for what these were understood as.

    Parameters
    ----------
    spec
        The tool.
    shared
        The twin.
    arguments
        What is asked.
    permissions
        Of who asks; None: nobody is held.

    Raises
    ------
    NotAllowedError
        If what is asked is personal, and they may not see it.
    """
    check_personal(shared, spec.name, arguments, permissions)
    answer: ToolAnswer[Any] = spec.call(shared, **arguments)
    reading = answer["document"]["reading"] if spec is ASK_TOOL else None
    if reading is not None:
        check_personal(shared, reading["tool"], reading["arguments"], permissions)
    return answer
