"""What the README and the notebook show runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

import gridtwin
from gridtwin.model.network import Network
from gridtwin.model.schema import SCHEMA
from gridtwin.store.postgis.connect import connect
from gridtwin.store.postgis.migrate import migrate
from gridtwin.store.postgis.mirror import sync

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "docs/ask.md",
        "docs/inference.md",
        "docs/mcp.md",
        "docs/outages.md",
        "docs/reliability.md",
        "docs/vegetation.md",
    ],
)
def test_python_of_a_page_runs(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    exec(compile(code, page, "exec"), {})  # noqa: S102 - our own page


def test_python_of_the_page_on_operating_runs() -> None:
    parts = re.findall(r"```python\n(.*?)```", (ROOT / "docs/operate.md").read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile("\n".join(parts), "operate.md", "exec"), names)  # noqa: S102 - our own page
    assert names["twin"].orders.all(past=True)[0].status == "ended"


def test_python_of_the_page_on_storms_runs() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/storm.md").read_text(), re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(code, "storm.md", "exec"), names)  # noqa: S102 - our own page
    assert (names["p50_s"] <= names["p80_s"]).all()
    assert len(names["names"])


def test_readme_names_files_that_are_there() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", (ROOT / "README.md").read_text())
    assert not [link for link in links if not (ROOT / link).exists()]


def test_sql_of_the_pages_runs(database: str) -> None:
    made = gridtwin.open(gridtwin.synthesize("houston", meters=1_000, seed=1)).network
    frames = {name: getattr(made, name) for name in SCHEMA}
    frames["equipment"] = frames["equipment"].assign(install_year=1975)
    twin = gridtwin.open(Network.from_frames(**frames))
    pages = [
        (ROOT / page).read_text()
        for page in ("docs/postgis.md", "docs/outages.md", "docs/vegetation.md")
    ]
    statements = re.findall(r"```sql\n(.*?)```", "".join(pages), re.DOTALL)
    with connect(database) as connection:
        migrate(connection)
        sync(connection, twin.gather_mirror_rows())
    kept = gridtwin.open(database)
    kept.load_vegetation(gridtwin.synthesize_vegetation(kept.store.network), name="trees")
    gridtwin.open(database).outages.open(twin.network.feeders["head"][0])
    with connect(database) as connection:
        answers = [connection.execute(text.encode()).fetchall() for text in statements]
    head = twin.network.feeders.mrid[0]
    assert answers[0][0][1] == twin.trace("feeder", head).customers
    assert all(answers)


def test_queries_of_a_notebook_run(database: str) -> None:
    twin = gridtwin.open(gridtwin.synthesize("houston", meters=1_000, seed=1))
    kept = twin.save(database)
    outage = kept.outages.open(twin.network.feeders["head"][0])
    page = (ROOT / "docs/postgis.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    place = twin.network.equipment.geometry.dropna().iloc[0].representative_point()
    names: dict[str, Any] = {"url": database, "lon": place.x, "lat": place.y}
    try:
        exec(compile(code, "postgis.md", "exec"), names)  # noqa: S102 - our own page
    finally:
        names["grid"].engine.dispose()
    found = dict(names["by_feeder"].itertuples(index=False))
    feeder = twin.network.feeders.iloc[0]
    assert found[feeder["name"]] == twin.trace("feeder", feeder.mrid).customers
    near = names["near"]
    assert near.crs == "EPSG:4326"
    assert near.m.is_monotonic_increasing
    assert near.m.iloc[0] < 1 <= near.m.iloc[-1] <= 500
    ((row, etr),) = names["promised"]
    assert (row.id, row.customers_out, etr) == (outage.id, outage.customers_out, None)


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "name", ["01_first_look", "02_storm", "03_map", "04_customers", "05_manuals"]
)
def test_notebook_runs(name: str) -> None:
    notebook = nbformat.read(ROOT / f"notebooks/{name}.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells)
    NotebookClient(notebook, timeout=None, kernel_name="python3").execute()
