-- Ask whether it is as it was meant: run it after the others, and again when something looks odd.

USE ROLE {{ transformer }};
USE WAREHOUSE {{ transform_warehouse }};

-- Each line must say INCREMENTAL, but CLOSURE, which is made anew; none may have an error.
SHOW DYNAMIC TABLES IN DATABASE {{ database }};

SELECT
    'AMI_ENRICHED' AS TABLE_NAME,
    COUNT(*) AS ROWS_THERE,
    MAX(g.READING_TIME) AS NEWEST
FROM {{ gold }}.AMI_ENRICHED AS g;

SELECT
    c.REASON,
    COUNT(*) AS READINGS
FROM {{ silver }}.AMI_REJECTED AS c
GROUP BY c.REASON
ORDER BY READINGS DESC;
