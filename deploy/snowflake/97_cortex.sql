-- Agents: what is found by words, who answers with which tools, and the same for other programs.
--
-- Never run against an account: model names and regions differ, see docs/snowflake.md.

USE ROLE "GRIDTWIN_TRANSFORMER";

CREATE OR REPLACE CORTEX SEARCH SERVICE "GRIDTWIN"."GOLD".EQUIPMENT_SEARCH
ON SEARCHED
ATTRIBUTES KIND, MRID
WAREHOUSE = "GRIDTWIN_TRANSFORM_WH"
TARGET_LAG = '1 day'
AS
SELECT
    e.MRID,
    e.KIND,
    e.MRID || ' ' || e.NAME || ' ' || e.KIND AS SEARCHED
FROM "GRIDTWIN"."NETWORK".EQUIPMENT AS e
WHERE e.NAME <> '';

GRANT USAGE ON CORTEX SEARCH SERVICE "GRIDTWIN"."GOLD".EQUIPMENT_SEARCH TO ROLE "GRIDTWIN_READER";

CREATE OR REPLACE AGENT "GRIDTWIN"."GOLD".GRID_ANALYST
COPY GRANTS
COMMENT = 'Answers questions about load, voltage, price and outages'
FROM SPECIFICATION
$$
models:
  orchestration: "auto"
instructions:
  response: "Say the period and the unit of every figure. Times are in UTC; an interval is named by its end. Energies below zero were received from customers. Say so when readings are missing."
  orchestration: "Look names of equipment up with find_equipment before asking ask_measurements about them. Switches are never operated from here: what is answered is of measurements and of the record."
tools:
  - tool_spec:
      type: "cortex_analyst_text_to_sql"
      name: "ask_measurements"
      description: "Loads and voltages of transformers and feeders by interval of 15 minutes, weather and price, and interruptions of customers"
  - tool_spec:
      type: "cortex_search"
      name: "find_equipment"
      description: "Finds equipment by its name, its id or its kind"
tool_resources:
  ask_measurements:
    semantic_view: "GRIDTWIN.GOLD.GRID_ANALYTICS"
    execution_environment:
      type: "warehouse"
      warehouse: "GRIDTWIN_READ_WH"
  find_equipment:
    name: "GRIDTWIN.GOLD.EQUIPMENT_SEARCH"
    max_results: "10"
    title_column: "SEARCHED"
    id_column: "MRID"
$$;

GRANT USAGE ON AGENT "GRIDTWIN"."GOLD".GRID_ANALYST TO ROLE "GRIDTWIN_READER";

CREATE OR REPLACE MCP SERVER "GRIDTWIN"."GOLD".GRID_MCP
FROM SPECIFICATION
$$
tools:
  - name: "ask-measurements"
    type: "CORTEX_ANALYST_MESSAGE"
    identifier: "GRIDTWIN.GOLD.GRID_ANALYTICS"
    title: "Ask measurements"
    description: "Loads and voltages of transformers and feeders by interval of 15 minutes, weather and price, and interruptions of customers"
  - name: "find-equipment"
    type: "CORTEX_SEARCH_SERVICE_QUERY"
    identifier: "GRIDTWIN.GOLD.EQUIPMENT_SEARCH"
    title: "Find equipment"
    description: "Finds equipment by its name, its id or its kind"
  - name: "ask-agent"
    type: "CORTEX_AGENT_RUN"
    identifier: "GRIDTWIN.GOLD.GRID_ANALYST"
    title: "Ask agent"
    description: "Answers with both of these"
$$;

GRANT USAGE ON MCP SERVER "GRIDTWIN"."GOLD".GRID_MCP TO ROLE "GRIDTWIN_READER";
