-- The keys by which pairs are found, each as a number that names neither field nor value.
SELECT DISTINCT hash(field, kept) % 4611686018427387904 AS key, record FROM (
    SELECT record, 'phone' AS field, phone AS kept FROM normalized
    UNION ALL SELECT record, 'email', email FROM normalized
    UNION ALL SELECT record, 'esi_id', esi_id FROM normalized
    UNION ALL SELECT record, 'birth name', birth || name FROM normalized
    UNION ALL SELECT record, 'birth given', birth || given FROM normalized
    UNION ALL SELECT record, 'identity', identity FROM normalized
    UNION ALL SELECT record, 'birth zip', birth || zip FROM normalized
    UNION ALL SELECT record, 'birth number', birth || number FROM normalized
    UNION ALL SELECT record, 'number zip name', number || ' ' || zip || name FROM normalized
    UNION ALL SELECT record, 'number zip given', number || ' ' || zip || given FROM normalized
    UNION ALL SELECT record, 'name given zip', name || ',' || given || zip FROM normalized
    UNION ALL SELECT record, 'whole name', name || ',' || given FROM normalized WHERE length(given) > 1
    UNION ALL SELECT record, 'firm name', firm_name FROM normalized
) WHERE kept IS NOT NULL
ORDER BY key, record;
