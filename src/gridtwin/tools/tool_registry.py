"""The one list of tools: their names, what answers each, and what may be completed."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gridtwin.tools import (
    customer_tools,
    data_tools,
    loss_tools,
    manual_tools,
    network_tools,
    operating_tools,
    outage_tools,
    standing_tools,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridtwin.tools.tool_answer import ToolAnswer


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """One question an agent may ask."""

    name: str
    title: str
    call: Callable[..., ToolAnswer[Any]]  # its first argument is the `SharedTwin`
    operates: bool = False  # changes the current state, after a person said so

    @property
    def description(self) -> str:
        """What it is for, as a model reads it."""
        return inspect.cleandoc(self.call.__doc__ or "").replace("\n\n", "\n")


TOOLS: tuple[ToolSpec, ...] = (
    ToolSpec("overview", "How the network stands", network_tools.show_overview),
    ToolSpec("find", "Find elements by id or name", network_tools.find_elements),
    ToolSpec("element", "All that is known of one element", network_tools.describe_one),
    ToolSpec("trace", "What hangs on what", network_tools.trace_elements),
    ToolSpec("explain", "Why it has supply or has none", network_tools.explain_element),
    ToolSpec("blast", "Who goes dark when it fails", loss_tools.find_blast),
    ToolSpec("critical", "The worst single losses", loss_tools.rank_critical),
    ToolSpec("what_if", "If switches stood otherwise", loss_tools.try_switches),
    ToolSpec("restore_plan", "How to bring customers back", loss_tools.plan_restoration),
    ToolSpec("area", "What lies inside a polygon", loss_tools.show_area),
    ToolSpec("outages", "Outages and what is promised", outage_tools.list_outages),
    ToolSpec("outage", "One outage", outage_tools.show_outage),
    ToolSpec("estimate", "Until when customers are out", standing_tools.estimate_return),
    ToolSpec(
        "priority_sites", "Hospitals and other priority sites", standing_tools.list_priority_sites
    ),
    ToolSpec("history", "What happened between two moments", standing_tools.show_history),
    ToolSpec("readings", "What meters measured", data_tools.show_readings),
    ToolSpec("analytics", "Questions of weeks", data_tools.ask_analytics),
    ToolSpec("data_quality", "What is amiss in the data", data_tools.check_quality),
    ToolSpec("customers", "What a customer went through", customer_tools.show_customer),
    ToolSpec("documents", "What the manuals say", manual_tools.search_documents),
    ToolSpec("switch", "Operate a switch", operating_tools.operate_switch, operates=True),
)


def list_tools(*, operator: bool = False) -> list[ToolSpec]:
    """Return the tools, those that operate for operators only."""
    return [tool for tool in TOOLS if operator or not tool.operates]
