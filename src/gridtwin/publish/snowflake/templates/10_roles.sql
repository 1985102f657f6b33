-- Who may do what: one role fills the landing tables, one makes the layers of them, one reads.
--
-- A service user of each is made by hand, with a key pair and no password: see docs/snowflake.md.

USE ROLE USERADMIN;

CREATE ROLE IF NOT EXISTS {{ loader }}
    COMMENT = 'Fills the landing tables, the network and the results of gridtwin';
CREATE ROLE IF NOT EXISTS {{ transformer }}
    COMMENT = 'Owns the layers that gridtwin makes of what landed';
CREATE ROLE IF NOT EXISTS {{ reader }}
    COMMENT = 'Reads the layers, the network and the results of gridtwin';

GRANT ROLE {{ loader }} TO ROLE SYSADMIN;
GRANT ROLE {{ transformer }} TO ROLE SYSADMIN;
GRANT ROLE {{ reader }} TO ROLE SYSADMIN;
