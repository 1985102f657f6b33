-- Records in one way of writing: what the model compares, and the keys that pairs are found by.
-- Reads source_records, given_names (name, roots) and legal_forms(); null = not said.
CREATE OR REPLACE MACRO clean(written) AS
    nullif(trim(regexp_replace(upper(strip_accents(written)), '[^A-Z0-9]+', ' ', 'g')), '');
CREATE OR REPLACE MACRO digits(written) AS regexp_replace(written, '[^0-9]', '', 'g');

CREATE OR REPLACE TABLE split_names AS
SELECT
    record,
    source,
    coalesce(nullif(kind, ''), CASE WHEN organization <> '' THEN 'organization' ELSE 'person' END)
        AS kind,
    clean(regexp_replace(given_name, '^(mr|mrs|ms|miss|dr|sr)\.? ', '', 'i')) AS given_words,
    clean(replace(surname, '''', '')) AS surname_words,
    trim(regexp_replace(
        ' ' || coalesce(clean(replace(replace(organization, '.', ''), '''', '')), '') || ' ',
        ' (' || legal_forms() || '|THE|AND) '
        || '((LLC|INC|CORP|LTD|CO|LP) )?', ' ', 'g'))
        AS firm,
    CASE
        WHEN regexp_full_match(birth_date, '[12][0-9]{3}-[0-9]{2}-[0-9]{2}')
            AND substr(birth_date, 6, 5) <> '01-01' AND birth_date > '1900-01-02'
            THEN birth_date
    END AS birth,
    clean(identity_number) AS identity,
    right(digits(phone), 10) AS phone_digits,
    lower(trim(email)) AS mail,
    upper(strip_accents(address)) AS line,
    nullif(substr(trim(zip), 1, 5), '') AS zip,
    nullif(upper(trim(esi_id)), '') AS esi_id,
    account,
    nullif(valid_from, '') AS valid_from,
    nullif(valid_to, '') AS valid_to
FROM source_records;

CREATE OR REPLACE TABLE split_addresses AS
SELECT
    record,
    regexp_extract(line, '^\s*([0-9]+[A-Z]?)\b', 1) AS number,
    ltrim(regexp_extract(
        line, '(?:\b(?:APT|APARTMENT|UNIT|STE|SUITE|RM|ROOM|LOT|TRLR|BLDG|FL|NO)\b\.?|#)[ .#]*([A-Z0-9-]+)', 1
    ), '0') AS unit,
    trim(regexp_replace(regexp_replace(regexp_replace(
        line, '(,|\b(APT|APARTMENT|UNIT|STE|SUITE|RM|ROOM|LOT|TRLR|BLDG|FL|NO)\b|#).*$', ''),
        '^\s*[0-9]+[A-Z]?\b', ''), '[^A-Z0-9]+', ' ', 'g'))
        AS street_words
FROM split_names
WHERE line <> '';

CREATE OR REPLACE TABLE normalized AS
WITH named AS (
    SELECT
        record, source, kind, zip, esi_id, account, valid_from, valid_to, birth,
        CASE WHEN length(identity) >= 4 THEN identity END AS identity,
        CASE WHEN kind = 'person' THEN split_part(given_words, ' ', 1) END AS given,
        CASE
            WHEN kind = 'person'
                THEN nullif(trim(regexp_replace(surname_words, ' (JR|SR|II|III|IV|2ND|3RD)$', '')), '')
            ELSE nullif(coalesce(nullif(firm, ''), surname_words), '')
        END AS name,
        CASE
            WHEN regexp_matches(surname_words, ' (JR|II|2ND)$') THEN 'JR'
            WHEN regexp_matches(surname_words, ' SR$') THEN 'SR'
            WHEN regexp_matches(surname_words, ' (III|IV|3RD)$') THEN 'III'
        END AS suffix,
        CASE
            WHEN length(phone_digits) = 10 AND substr(phone_digits, 1, 1) BETWEEN '2' AND '9'
                AND NOT regexp_matches(phone_digits, '0{7}$|1{7}$|9{7}$|5550000$|1234567$')
                THEN phone_digits
        END AS phone,
        CASE
            WHEN mail LIKE '%_@_%' AND NOT regexp_matches(mail, '^(no-?reply|none|na|unknown|test)@')
                THEN regexp_replace(split_part(mail, '@', 1), '\+.*$', '') || '@' || split_part(mail, '@', 2)
        END AS email
    FROM split_names
),

placed AS (
    SELECT
        record,
        nullif(number, '') AS number,
        nullif(array_to_string(list_transform(
            string_split(street_words, ' '), lambda word: coalesce(street_words_short[word], word)), ' '), '')
            AS street,
        nullif(unit, '') AS unit
    FROM split_addresses, street_abbreviations
)

SELECT
    named.* REPLACE (nullif(given, '') AS given),
    coalesce(given_names.roots, [nullif(given, '')]) AS given_roots,
    list_min(coalesce(given_names.roots, [nullif(given, '')])) AS given_root,
    number, street, unit,
    number || ' ' || street || ' ' || zip AS place
FROM named
LEFT JOIN given_names ON named.given = given_names.name
LEFT JOIN placed USING (record);

-- Keys of names: of firms, and of people whose whole name few records have.
CREATE OR REPLACE TABLE normalized AS
WITH whole_names AS (
    SELECT name, given, count(*) AS records FROM normalized
    WHERE kind = 'person' AND length(given) > 1 GROUP BY ALL
)

SELECT
    normalized.*,
    CASE WHEN kind = 'organization' THEN name END AS firm_name,
    CASE WHEN whole_names.records <= 6 THEN name || ',' || given END AS rare_name
FROM normalized LEFT JOIN whole_names USING (name, given);
