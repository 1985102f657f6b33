-- What becomes of each scored pair: matched, household, review or rejected. Reads leveled, normalized.
-- The model forgives a first name that differs, since all else of a household agrees: here it may not.
CREATE OR REPLACE TABLE decided AS
WITH judged AS (
    SELECT
        leveled.*,
        l.kind AS kind,
        l.kind <> r.kind AS kinds_differ,
        coalesce(level_email = 2, false) AS email_same,
        coalesce(level_identity = 2, false) AS identity_same,
        coalesce(level_identity = 1, false) AND (level_birth >= 1 OR level_place = 5)
            AND level_name >= 1 AS identity_near,
        coalesce(level_phone = 2, false) AS phone_same,
        coalesce(level_birth = 2, false) AS birth_same,
        coalesce(level_esi_id = 1, false) AS esi_same,
        coalesce(level_place >= 4, false) AS home_same,
        level_given = 0 AS given_differs,
        level_given = 1 AS given_remote,
        level_birth = 0 AS birth_differs,
        l.suffix <> r.suffix AS suffix_differs,
        level_name = 0 AND level_given <> 5 AS name_differs,
        level_name >= 1 OR level_given >= 2 OR level_birth >= 1 OR level_place >= 2 AS some_agrees,
        level_place = 3 AS unit_differs
    FROM leveled
    JOIN normalized AS l ON leveled.record_l = l.record
    JOIN normalized AS r ON leveled.record_r = r.record
),

weighed AS (
    SELECT
        *,
        CASE
            WHEN kind = 'person'
                THEN NOT ((identity_same AND some_agrees) OR coalesce(identity_near, false)) AND (
                    (given_differs AND NOT (birth_same AND email_same))
                    OR (given_remote AND NOT (email_same OR phone_same OR birth_same))
                    OR coalesce(birth_differs, false)
                    OR coalesce(suffix_differs, false)
                    OR (coalesce(name_differs, false)
                        AND NOT (email_same OR birth_same OR phone_same))
                )
            ELSE coalesce(name_differs, false)
                AND NOT (identity_same OR email_same OR (phone_same AND (home_same OR esi_same)))
        END AS conflict,
        identity_same OR coalesce(identity_near, false) OR email_same OR phone_same OR birth_same OR home_same OR esi_same
            AS corroborated
    FROM judged
)

SELECT
    record_l, record_r, match_weight,
    mw_given + coalesce(mw_tf_adj_given, 0) AS weight_given,
    mw_name + coalesce(mw_tf_adj_name, 0) AS weight_name,
    mw_birth AS weight_birth, mw_identity AS weight_identity, mw_phone AS weight_phone, mw_email AS weight_email,
    mw_place AS weight_place, mw_esi_id AS weight_esi_id,
    identity_same,
    CASE
        WHEN kinds_differ THEN 'rejected'
        WHEN conflict AND (home_same OR phone_same OR email_same) AND kind = 'person' THEN 'household'
        WHEN conflict THEN 'rejected'
        WHEN corroborated AND (match_weight >= $matched OR identity_same) THEN 'matched'
        WHEN match_weight >= $review THEN 'review'
        ELSE 'rejected'
    END AS decision
FROM weighed;
