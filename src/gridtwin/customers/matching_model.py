"""The model that says how likely two records are of one party: its fields, levels and weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from gridtwin.errors import InputError

if TYPE_CHECKING:
    import pandas as pd
    from duckdb import DuckDBPyConnection

# What pairs are compared at all; each costs little, and finds what the others miss.
BLOCKING_KEYS = (
    ("phone",),
    ("email",),
    ("esi_id",),
    ("birth", "name"),
    ("birth", "given"),
    ("identity",),
    ("birth", "zip"),
    ("birth", "number"),
    ("number", "zip", "name"),
    ("number", "zip", "given"),
    ("name", "given", "zip"),
    ("rare_name",),
    ("firm_name",),
)
TRAINING_KEYS = (
    ("email",),
    ("birth", "name"),
    ("place", "name"),
    ("phone",),
    ("identity",),
)
LEAST_TRAINING_RECORDS = 50  # that agree in the keys with another
MAX_U_PAIRS = 3e6
MAX_TRAINING_PAIRS = 2e5
SEED = 1
SLIP_M, SLIP_U = 0.01, 1e-4  # of a level that no pair of the training showed
FIELDS = ("given", "name", "birth", "identity", "phone", "email", "place", "esi_id")


class TrainingEffort(NamedTuple):
    """How much data the weights are estimated of."""

    u_pairs: float = MAX_U_PAIRS
    training_pairs: float = MAX_TRAINING_PAIRS


def _describe_level(condition: str, meaning: str, **more: Any) -> dict[str, Any]:
    return {"sql_condition": condition, "label_for_charts": meaning, **more}


def _describe_comparison(field: str, *levels: dict[str, Any], missing: str = "") -> dict[str, Any]:
    """Return a comparison: null first, then its levels, the best first, then all other pairs."""
    null = _describe_level(
        missing or f"{field}_l IS NULL OR {field}_r IS NULL", "not said", is_null_level=True
    )
    return {
        "output_column_name": field,
        "comparison_levels": [null, *levels, _describe_level("ELSE", "differs")],
    }


def list_comparisons() -> list[dict[str, Any]]:
    """Return how each field is compared."""
    exact_name = {"tf_adjustment_column": "name", "tf_adjustment_weight": 1.0}
    exact_given = {"tf_adjustment_column": "given", "tf_adjustment_weight": 1.0}
    return [
        _describe_comparison(
            "given",
            _describe_level(
                "substr(given_l, 1, 1) = substr(given_r, 1, 1)"
                " AND (length(given_l) = 1 OR length(given_r) = 1)",
                "initial",
            ),
            _describe_level("given_l = name_r AND name_l = given_r", "names swapped"),
            _describe_level("given_l = given_r", "same", **exact_given),
            _describe_level(
                "list_has_any(given_roots_l, given_roots_r)"
                " OR jaro_winkler_similarity(given_l, given_r) >= 0.93",
                "nickname, or nearly the same",
            ),
            _describe_level(
                "jaro_winkler_similarity(given_l, given_r) >= 0.83"
                " OR damerau_levenshtein(given_l, given_r) <= 1",
                "alike",
            ),
            _describe_level("jaro_similarity(given_l, given_r) >= 0.7", "remotely alike"),
        ),
        _describe_comparison(
            "name",
            _describe_level("name_l = name_r", "same", **exact_name),
            _describe_level("damerau_levenshtein(name_l, name_r) <= 1", "one letter"),
            _describe_level("jaro_winkler_similarity(name_l, name_r) >= 0.88", "alike"),
        ),
        _describe_comparison(
            "birth",
            _describe_level("birth_l = birth_r", "same"),
            _describe_level(
                "damerau_levenshtein(birth_l, birth_r) <= 1"
                " OR (substr(birth_l, 1, 4) = substr(birth_r, 1, 4)"
                " AND substr(birth_l, 6, 2) = substr(birth_r, 9, 2)"
                " AND substr(birth_l, 9, 2) = substr(birth_r, 6, 2))",
                "one digit, or day and month swapped",
            ),
        ),
        _describe_comparison(
            "identity",
            _describe_level("identity_l = identity_r", "same"),
            _describe_level("damerau_levenshtein(identity_l, identity_r) <= 1", "one character"),
        ),
        _describe_comparison(
            "phone",
            _describe_level("phone_l = phone_r", "same"),
            _describe_level("hamming(phone_l, phone_r) <= 1", "one digit"),
        ),
        _describe_comparison(
            "email",
            _describe_level("email_l = email_r", "same"),
            _describe_level(
                "substr(email_l, 1, 2) = substr(email_r, 1, 2)"
                " AND damerau_levenshtein(email_l, email_r) <= 1",
                "one letter",
            ),
        ),
        _describe_comparison(
            "place",
            _describe_level(
                "place_l = place_r AND unit_l IS NOT DISTINCT FROM unit_r", "same home"
            ),
            _describe_level(
                "place_l = place_r AND (unit_l IS NULL OR unit_r IS NULL)", "a unit not said"
            ),
            _describe_level("place_l = place_r", "another unit"),
            _describe_level(
                "number_l = number_r AND zip_l = zip_r"
                " AND jaro_winkler_similarity(street_l, street_r) >= 0.9",
                "street nearly the same",
            ),
            _describe_level("zip_l = zip_r", "same ZIP"),
        ),
        _describe_comparison("esi_id", _describe_level("esi_id_l = esi_id_r", "same")),
    ]


def write_settings() -> dict[str, Any]:
    """Return the settings of a model that is not trained yet."""
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "record",
        "comparisons": list_comparisons(),
        "blocking_rules_to_generate_predictions": list_blocking_rules(),
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": True,
        "additional_columns_to_retain": [],
        "probability_two_random_records_match": 1e-6,
    }


def list_blocking_rules(*conditions: str) -> list[dict[str, str]]:
    """Return which pairs of the table ``normalized`` are compared, where conditions hold."""
    return [
        {"blocking_rule": " AND ".join([_write_agreement(keys), *conditions])}
        for keys in BLOCKING_KEYS
    ]


def _write_agreement(keys: tuple[str, ...]) -> str:
    return " AND ".join(f"l.{key} = r.{key}" for key in keys)


def train_model(
    connection: DuckDBPyConnection, effort: TrainingEffort | None = None
) -> dict[str, Any]:
    """
    Estimate the weights of the model from the table ``normalized``; return it as JSON writes it.

    How often fields agree by chance (u) comes of random pairs, how often they agree in records of
    one party (m) of expectation maximization over pairs that agree in something else.
    """
    from splink import DuckDBAPI, Linker

    effort = effort or TrainingEffort()
    table = DuckDBAPI(connection=connection).register("normalized")
    linker = Linker(table, write_settings(), log_level="ERROR")
    training = linker.training
    training.estimate_probability_two_random_records_match(
        [
            "l.email = r.email AND l.given = r.given",
            "l.phone = r.phone AND l.given = r.given AND l.name = r.name",
            "l.birth = r.birth AND l.given = r.given AND l.name = r.name",
            "l.place = r.place AND l.given = r.given AND l.name = r.name",
        ],
        recall=0.8,
    )
    training.estimate_u_using_random_sampling(max_pairs=effort.u_pairs, seed=SEED)
    for keys in TRAINING_KEYS:
        if not _has_pairs(connection, keys):
            continue
        training.estimate_parameters_using_expectation_maximisation(
            _write_agreement(keys),
            estimate_without_term_frequencies=True,
            max_pairs=effort.training_pairs,
            record_sample_proportion=0.1,
        )
    return _assume_missing(linker.misc.save_model_to_json())


def _has_pairs(connection: DuckDBPyConnection, keys: tuple[str, ...]) -> bool:
    """Say whether enough records agree in keys to learn of them."""
    asked = " AND ".join(f"{key} IS NOT NULL" for key in keys)
    count = connection.execute(
        "SELECT coalesce(sum(records), 0) FROM (SELECT count(*) AS records FROM normalized"  # noqa: S608 - own names
        f" WHERE {asked} GROUP BY {', '.join(keys)} HAVING count(*) > 1)"
    ).fetchone()
    return count is not None and count[0] >= LEAST_TRAINING_RECORDS


def _assume_missing(model: dict[str, Any]) -> dict[str, Any]:
    """Give levels that the data does not show the weights of a slip; say so in the model."""
    assumed = []
    for comparison in model["comparisons"]:
        for level in comparison["comparison_levels"][1:]:
            if not (level.get("m_probability") and level.get("u_probability")):
                level |= {"m_probability": SLIP_M, "u_probability": SLIP_U}
                if level["sql_condition"] == "ELSE":
                    level |= {"m_probability": 0.5, "u_probability": 0.5}
                assumed.append(f"{comparison['output_column_name']}: {level['label_for_charts']}")
    return model | {"assumed": assumed}


def score_pairs(
    connection: DuckDBPyConnection,
    model: dict[str, Any],
    table: str,
    *,
    least_weight: float,
    fresh_only: bool = False,
) -> None:
    """
    Make a table of the pairs that the model gives a weight, from the table ``normalized``.

    Parameters
    ----------
    connection
        As `train_model`.
    model
        As `train_model` returns it.
    table
        What to call it: ``record_l``, ``record_r``, ``match_weight``, ``gamma_FIELD``,
        ``mw_FIELD``.
    least_weight
        Pairs of less weight are left out; in bits.
    fresh_only
        Compare no pairs but of records that `mark_fresh_records` marked.
    """
    from splink import DuckDBAPI, Linker

    if not table.isidentifier():
        msg = f"{table!r} cannot be the name of a table"
        raise InputError(msg)
    known = {name: model[name] for name in model if name not in {"assumed", "frequencies"}}
    if fresh_only:
        rules = list_blocking_rules("(l.is_fresh OR r.is_fresh)")
        known["blocking_rules_to_generate_predictions"] = rules
    engine = DuckDBAPI(connection=connection)
    source = engine.register("normalized")
    # The settings are ours, and were checked when the model was trained.
    linker = Linker(source, known, validate_settings=False, log_level="ERROR")
    for field, shares in model.get("frequencies", {}).items():
        frame = _spread_shares(connection, field, shares)
        lookup = engine.register(frame, dataset_display_name=f"shares_of_{field}")
        linker.table_management.register_term_frequency_lookup(lookup, field)
    predicted = linker.inference.predict(threshold_match_weight=least_weight, warning_mode="never")
    connection.execute(
        f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM {predicted.physical_name}"  # noqa: S608 - own names
    )
    predicted.drop_table_from_database_and_remove_from_cache()


def _spread_shares(
    connection: DuckDBPyConnection, field: str, shares: dict[str, float]
) -> pd.DataFrame:
    """Return the share of each name; names that the model does not remember have that of ``""``."""
    values = connection.execute(
        f"SELECT DISTINCT {field} FROM normalized WHERE {field} IS NOT NULL ORDER BY 1"  # noqa: S608 - own names
    ).df()
    rare = shares.get("", min(shares.values(), default=1e-6))
    return values.assign(**{f"tf_{field}": [shares.get(each, rare) for each in values[field]]})


def write_levels_sql() -> str:
    """Return SQL of the pairs of the table ``scored`` with the level of each field; -1 = null."""
    fields = {"record", "given", "given_roots", "name", "birth", "identity", "phone", "email"}
    fields |= {"place", "number", "street", "unit", "zip", "esi_id"}
    left, right = (
        ", ".join(f"{field} AS {field}_{side}" for field in sorted(fields)) for side in "lr"
    )
    levels = ", ".join(
        f"{_write_case(each)} AS level_{each['output_column_name']}" for each in list_comparisons()
    )
    return (
        f"SELECT scored.*, {levels} FROM scored"  # noqa: S608 - own names
        f" JOIN (SELECT {left} FROM normalized) USING (record_l)"
        f" JOIN (SELECT {right} FROM normalized) USING (record_r)"
    )


def _write_case(comparison: dict[str, Any]) -> str:
    null, *levels = comparison["comparison_levels"]
    best = len(levels) - 1
    cases = [f"WHEN {null['sql_condition']} THEN -1"]
    cases += [f"WHEN {each['sql_condition']} THEN {best - n}" for n, each in enumerate(levels[:-1])]
    return f"CASE {' '.join(cases)} ELSE 0 END"
