"""A mapping is a program that somebody sends: it computes with rows, and can do nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridtwin.errors import SourceError
from mapped_sources import COLUMNS, read_street


@pytest.mark.parametrize(
    "expression",
    [
        "(select content from read_text('{secret}'))",
        "(select count(*) from read_csv('{secret}'))",
        "(select count(*) from '{secret}')",
        "(select count(*) from glob('{folder}/*'))",
        "(select count(*) from sniff_csv('{secret}'))",
        "(select count(*) from secret_frame)",
        "getenv('HOME')",
    ],
)
def test_expression_reads_no_file(tmp_path: Path, expression: str) -> None:
    secret_frame = [1]  # what a replacement scan would find
    assert secret_frame
    secret = tmp_path / "secret.csv"
    secret.write_text("a,b\n1,2\n")
    text = expression.format(secret=secret, folder=tmp_path)
    mapping = COLUMNS.replace('phases = "PHASES"', f'name = "{text}"')
    with pytest.raises(SourceError, match=r"\[\[layer\]\] 1 \(LINES\), name: ") as caught:
        read_street(tmp_path, None, mapping)
    assert "1,2" not in str(caught.value)


@pytest.mark.parametrize(
    "statement",
    [
        "attach '{folder}/out.db'",
        "copy rows_own to '{folder}/out.csv'",
        "install spatial",
        "load spatial",
        "pragma database_list",
        "set enable_external_access = true",
        "create table x as select 1",
        "export database '{folder}/out'",
    ],
)
@pytest.mark.parametrize("form", ["{0}", "1); {0}; select (1", "1)) ; {0} --", "'a' ; {0}"])
def test_mapping_runs_no_statement(tmp_path: Path, statement: str, form: str) -> None:
    text = form.format(statement.format(folder=tmp_path))
    mapping = COLUMNS.replace('phases = "PHASES"', f'name = "{text}"')
    with pytest.raises(SourceError, match=r"utility\.toml: "):
        read_street(tmp_path, None, mapping)
    assert not list(tmp_path.glob("out*"))


@pytest.mark.parametrize("key", ["where", "prefer"])
def test_filters_are_held_as_columns_are(tmp_path: Path, key: str) -> None:
    lines = f"{key} = \"exists (from glob('/*'))\""
    mapping = COLUMNS.replace('from = "LINES"', f'from = "LINES"\n{lines}')
    with pytest.raises(SourceError, match=r"\[\[layer\]\] 1 \(LINES\)"):
        read_street(tmp_path, None, mapping)
