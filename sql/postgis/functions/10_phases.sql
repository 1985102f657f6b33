-- Phases: as text and as bits (A 1, B 2, C 4, N 8, s1 16, s2 32), and what gets through equipment.
--
-- Bodies of one expression are bound to what they name when they are made: they need no search path.
-- What takes part in questions is not strict, so that it becomes part of the query that asks.

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

CREATE OR REPLACE FUNCTION gridtwin.phase_text(mask smallint) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN mask & 1 <> 0 THEN 'A' ELSE '' END
    || CASE WHEN mask & 2 <> 0 THEN 'B' ELSE '' END
    || CASE WHEN mask & 4 <> 0 THEN 'C' ELSE '' END
    || CASE WHEN mask & 8 <> 0 THEN 'N' ELSE '' END
    || CASE WHEN mask & 16 <> 0 THEN 's1' ELSE '' END
    || CASE WHEN mask & 32 <> 0 THEN 's2' ELSE '' END;
COMMENT ON FUNCTION gridtwin.phase_text(smallint) IS
    'A set of phases as text, such as ''ABC'' or ''s1s2''';

CREATE OR REPLACE FUNCTION gridtwin.phase_mask(code text) RETURNS smallint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path FROM CURRENT
AS $$
DECLARE
    compact text := replace(upper(regexp_replace(code, '[\s,.;|/]', '', 'g')), 'S12', 'S1S2');
BEGIN
    IF compact !~ '^(A|B|C|N|S1|S2)*$' THEN
        RAISE EXCEPTION '% is no phase code: use letters of A, B, C, N, s1, s2', quote_literal(code)
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN ((compact ~ 'A')::int + 2 * (compact ~ 'B')::int + 4 * (compact ~ 'C')::int
        + 8 * (compact ~ 'N')::int + 16 * (compact ~ 'S1')::int
        + 32 * (compact ~ 'S2')::int)::smallint;
END
$$;
COMMENT ON FUNCTION gridtwin.phase_mask(text) IS
    'Phases of a text such as ''ABC'' or ''s1s2'' as bits (A 1, B 2, C 4, N 8, s1 16, s2 32)';

CREATE OR REPLACE FUNCTION gridtwin.supply_phases(mask int) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN mask & 7 = 0 THEN 7 ELSE mask & 7 END;
COMMENT ON FUNCTION gridtwin.supply_phases(int) IS
    'Phases A, B, C (1, 2, 4) a set can carry; all three where it names none of them';

-- Phases A, B, C that get through equipment with these phases of which some stand open. One open
-- leg of a split-phase secondary leaves the other: closed, in part.
CREATE OR REPLACE FUNCTION gridtwin.passing(phases int, open int, in_service bool) RETURNS int
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE
    WHEN NOT in_service THEN 0
    WHEN open = 0 THEN gridtwin.supply_phases(phases)
    WHEN phases & 48 <> 0 AND phases & 7 = 0 THEN
        CASE WHEN phases & 48 & ~open <> 0 THEN 7 ELSE 0 END
    ELSE gridtwin.supply_phases(phases) & ~open
END;
COMMENT ON FUNCTION gridtwin.passing(int, int, bool) IS
    'Phases that get through equipment of which some phases stand open';

-- The phases that are live at a node, of a mask as mask_through has it.
CREATE OR REPLACE FUNCTION gridtwin.live_bits(mask int) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN mask & 8 <> 0 THEN mask >> 4 ELSE mask END & 7;
COMMENT ON FUNCTION gridtwin.live_bits(int) IS 'Phases live at a node, from its mask';

-- One byte tells how a node lives: bits 1, 2 and 4 are the phases A, B, C it lives on. Below a
-- transformer that mixes phases those are phases above the transformer: bit 8 says so, and the
-- phases at the node itself stand four bits higher. A transformer that mixes phases needs one that
-- it takes.
CREATE OR REPLACE FUNCTION gridtwin.mask_through(mask int, passes int, mixes int) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN mixes <= 0 AND mask & 8 <> 0 THEN
        mask & (15 | CASE WHEN mixes < 0 THEN 0 ELSE passes << 4 END)
    WHEN mixes <= 0 THEN mask & CASE WHEN mixes < 0 THEN 0 ELSE passes END
    WHEN mask & 8 <> 0 THEN
        mask & 7 | 8 | CASE WHEN (mask >> 4) & passes & 7 <> 0 THEN passes << 4 ELSE 0 END
    WHEN mask & passes & 7 <> 0 THEN mask & passes & 7 | 8 | (passes << 4)
    ELSE 0
END;
COMMENT ON FUNCTION gridtwin.mask_through(int, int, int) IS
    'How a node lives, from how the node above does and what the equipment between passes';

-- The phases that are live below equipment, of those above.
CREATE OR REPLACE FUNCTION gridtwin.live_through(live int, passes int, mixes int) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN mixes = 0 THEN live & passes
    WHEN mixes > 0 AND live & passes <> 0 THEN passes
    ELSE 0
END;
COMMENT ON FUNCTION gridtwin.live_through(int, int, int) IS
    'Phases that are live below equipment, of those above';

-- Whether a usage point of these phases has supply, at a node that some conductor reaches. Where
-- no phase it uses could be live, its record is at fault, and any conductor counts.
CREATE OR REPLACE FUNCTION gridtwin.is_served(own int, live int, designed int) RETURNS bool
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN live & gridtwin.supply_phases(own) <> 0 OR designed & gridtwin.supply_phases(own) = 0;
COMMENT ON FUNCTION gridtwin.is_served(int, int, int) IS
    'Whether a usage point has supply: a phase it uses is live, or none of them could be';

-- How something of these phases is supplied where these are live and those could be: 1 with supply,
-- 0 without, 2 without some of the phases it could have.
CREATE OR REPLACE FUNCTION gridtwin.supply_code(own int, live int, could int, reached bool)
RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN could & gridtwin.supply_phases(own) = 0 THEN reached::int
    WHEN live & gridtwin.supply_phases(own) = 0 THEN 0
    WHEN could & ~live & gridtwin.supply_phases(own) <> 0 THEN 2
    ELSE 1
END;
COMMENT ON FUNCTION gridtwin.supply_code(int, int, int, bool) IS
    'How something is supplied: 1 with supply, 0 without, 2 without some of its phases';

-- What keeps alive what uses these phases at a node that lives so, as mask_through has it: phases
-- of its feeding point, any of which does; 8 where any conductor does.
CREATE OR REPLACE FUNCTION gridtwin.need_of(used int, mask int) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN gridtwin.live_bits(mask) & used = 0 THEN 8
    WHEN mask & 8 <> 0 THEN mask & 7
    ELSE mask & used
END;
COMMENT ON FUNCTION gridtwin.need_of(int, int) IS
    'What keeps alive what uses phases at a node: phases of its feeding point, or 8';

INSERT INTO gridtwin.definitions (file) VALUES ('functions/10_phases.sql')
ON CONFLICT (file) DO UPDATE SET checksum = NULL, applied_at = now();

COMMIT;
