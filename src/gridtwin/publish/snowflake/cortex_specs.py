"""Say what the agent and the MCP server of a project are: rules, tools, and what they ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gridtwin.publish.snowflake.project_names import ProjectOptions

ANALYST_TOOL = "ask_measurements"
SEARCH_TOOL = "find_equipment"
ANALYST_MEANING = (
    "Loads and voltages of transformers and feeders by interval of 15 minutes, weather and price,"
    " and interruptions of customers"
)
SEARCH_MEANING = "Finds equipment by its name, its id or its kind"
RESPONSE_RULES = (
    "Say the period and the unit of every figure. Times are in UTC; an interval is named by its"
    " end. Energies below zero were received from customers. Say so when readings are missing."
)
ORCHESTRATION_RULES = (
    f"Look names of equipment up with {SEARCH_TOOL} before asking {ANALYST_TOOL} about them."
    " Switches are never operated from here: what is answered is of measurements and of the record."
)


def build_agent(options: ProjectOptions) -> dict[str, Any]:
    """Return the specification of the agent."""
    gold = f"{options.database_name}.{options.name_schema('gold')}"
    return {
        "models": {"orchestration": "auto"},
        "instructions": {"response": RESPONSE_RULES, "orchestration": ORCHESTRATION_RULES},
        "tools": [
            {
                "tool_spec": {
                    "type": "cortex_analyst_text_to_sql",
                    "name": ANALYST_TOOL,
                    "description": ANALYST_MEANING,
                }
            },
            {
                "tool_spec": {
                    "type": "cortex_search",
                    "name": SEARCH_TOOL,
                    "description": SEARCH_MEANING,
                }
            },
        ],
        "tool_resources": {
            ANALYST_TOOL: {
                "semantic_view": f"{gold}.GRID_ANALYTICS",
                "execution_environment": {
                    "type": "warehouse",
                    "warehouse": options.name_warehouse("read"),
                },
            },
            SEARCH_TOOL: {
                "name": f"{gold}.EQUIPMENT_SEARCH",
                "max_results": "10",
                "title_column": "SEARCHED",
                "id_column": "MRID",
            },
        },
    }


def build_mcp_server(options: ProjectOptions) -> dict[str, Any]:
    """Return the specification of the MCP server; its tools read, and run no SQL of a client."""
    gold = f"{options.database_name}.{options.name_schema('gold')}"
    tools = (
        (ANALYST_TOOL, "CORTEX_ANALYST_MESSAGE", "GRID_ANALYTICS", ANALYST_MEANING),
        (SEARCH_TOOL, "CORTEX_SEARCH_SERVICE_QUERY", "EQUIPMENT_SEARCH", SEARCH_MEANING),
        ("ask_agent", "CORTEX_AGENT_RUN", "GRID_ANALYST", "Answers with both of these"),
    )
    return {
        "tools": [
            {
                "name": name.replace("_", "-"),
                "type": kind,
                "identifier": f"{gold}.{place}",
                "title": name.replace("_", " ").capitalize(),
                "description": meaning,
            }
            for name, kind, place, meaning in tools
        ]
    }
