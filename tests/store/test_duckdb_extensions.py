"""Extensions of DuckDB come from where they should, unchanged."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridtwin.errors import InputError, MissingExtraError
from gridtwin.store import duckdb_extensions
from gridtwin.store.duckdb_extensions import open_duckdb


def test_an_extension_that_was_tampered_with_is_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import duckdb

    packaged = duckdb_extensions._find_extension("spatial", duckdb.__version__)
    assert packaged is not None
    content = bytearray(packaged.read_bytes())
    content[5_000] ^= 1
    changed = tmp_path / packaged.name
    changed.write_bytes(content)
    monkeypatch.setenv("HOME", str(tmp_path))  # where DuckDB would keep one of its own
    monkeypatch.setattr(duckdb_extensions, "_find_extension", lambda *_: changed)
    with pytest.raises(InputError, match="signature"):
        open_duckdb("making vector tiles", "tiles", "spatial", threads=1)


def test_without_the_extension_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(duckdb_extensions, "_find_extension", lambda *_: None)
    with pytest.raises(MissingExtraError, match=r"gridtwin\[tiles\]"):
        open_duckdb("making vector tiles", "tiles", "spatial", threads=1)
