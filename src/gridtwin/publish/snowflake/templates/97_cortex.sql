-- Agents: what is found by words, who answers with which tools, and the same for other programs.
--
-- Never run against an account: model names and regions differ, see docs/snowflake.md.

USE ROLE {{ transformer }};

CREATE OR REPLACE CORTEX SEARCH SERVICE {{ gold }}.EQUIPMENT_SEARCH
ON SEARCHED
ATTRIBUTES KIND, MRID
WAREHOUSE = {{ transform_warehouse }}
TARGET_LAG = '1 day'
AS
SELECT
    e.MRID,
    e.KIND,
    e.MRID || ' ' || e.NAME || ' ' || e.KIND AS SEARCHED
FROM {{ network }}.EQUIPMENT AS e
WHERE e.NAME <> '';

GRANT USAGE ON CORTEX SEARCH SERVICE {{ gold }}.EQUIPMENT_SEARCH TO ROLE {{ reader }};

CREATE OR REPLACE AGENT {{ gold }}.GRID_ANALYST
COPY GRANTS
COMMENT = 'Answers questions about load, voltage, price and outages'
FROM SPECIFICATION
$$
{{ agent_specification }}$$;

GRANT USAGE ON AGENT {{ gold }}.GRID_ANALYST TO ROLE {{ reader }};

CREATE OR REPLACE MCP SERVER {{ gold }}.GRID_MCP
FROM SPECIFICATION
$$
{{ server_specification }}$$;

GRANT USAGE ON MCP SERVER {{ gold }}.GRID_MCP TO ROLE {{ reader }};
