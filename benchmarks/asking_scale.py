"""Measure questions in words on 60,000 meters and 30 days of readings, for docs/ask.md."""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

import gridtwin
from ami_folder import write_readings
from benchmarks.ami import START, keep_loads
from gridtwin.ask.answering import ask_question
from gridtwin.sources.synthetic.tree_groups import synthesize_vegetation
from gridtwin.store.local_store import AMI_FOLDER
from gridtwin.tools.shared_twin import SharedTwin
from gridtwin.tools.tool_answer import measure_bytes
from gridtwin.tools.tool_registry import TOOLS
from misspelt_ids import CASES, miss_texts
from question_scores import read_golden
from question_twin import ZONE

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridtwin.results.documents.ask_documents import AskDocument
    from gridtwin.twin import Twin

METERS, DAYS = 60_000, 30
NOW = datetime.fromtimestamp(START, UTC) + timedelta(days=DAYS)
STORM = NOW - timedelta(hours=26), NOW - timedelta(hours=20)  # in the evening of yesterday
CALLS = {spec.name: spec.call for spec in TOOLS}


@dataclass(frozen=True)
class Volts:
    """What the meters measured in the last interval."""

    measured: np.ndarray

    def count_outside(self) -> int:
        """Return how many were outside Range A of ANSI C84.1."""
        return int(((self.measured < 114) | (self.measured > 126)).sum())


def save_scale_twin(path: Path) -> tuple[Twin, Volts]:
    """Keep 60,000 meters with a storm yesterday, outages, 30 days of loads, areas of trees."""
    network = gridtwin.synthesize("houston", meters=METERS, seed=1)
    twin = gridtwin.open(network).save(path)
    keep_loads(twin.situation(), path / AMI_FOLDER, DAYS)
    points = twin.network.usage_points
    volts = np.random.default_rng(3).normal(120, 2.5, METERS).round(1).astype(np.float32)
    last = int(NOW.timestamp())
    rows = [(mrid, last, 0.5, volt) for mrid, volt in zip(points.mrid, volts.tolist(), strict=True)]
    write_readings(path / AMI_FOLDER, rows)
    for at, mrid in enumerate(points.mrid[points.priority == "hospital"].head(3)):
        twin.outages.open(usage_points=[mrid], id=f"S-{at}", at=STORM[0] + timedelta(minutes=at))
        twin.outages.restore(f"S-{at}", at=STORM[1])
    twin.outages.open("FUSE-0000040", id="O-1", at=NOW - timedelta(hours=2))
    twin.load_vegetation(synthesize_vegetation(network, areas=200, seed=1), name="trees")
    return gridtwin.open(str(path)), Volts(volts)


def list_client_questions(
    shared: SharedTwin, volts: Volts
) -> dict[str, Callable[[AskDocument], bool]]:
    """Return what the client asks, and whether an answer is right, by another way to it."""
    twin = shared.twin
    feeder = shared.feeder_of("FUSE-0000040")
    out = twin.outages.get("O-1").customers_out
    points = twin.network.usage_points
    hospitals = set(points.mrid[points.priority == "hospital"].head(3))

    def rows(answer: AskDocument) -> Any:
        assert answer["document"] is not None
        return answer["document"]["rows"]

    return {
        "which transformers are overloaded when LMP exceeds $100?": lambda answer: (
            answer["totals"]["rows"] == len(twin.ami.history.overloaded(price=100).frame) > 0
        ),
        f"who is out on feeder {feeder} and until when": lambda answer: (
            f"{out:,}" in answer["sentence"] and answer["reading"] is not None
        ),
        "hospitals without power in yesterday's storm": lambda answer: (
            {each["mrid"] for each in answer["document"]["sites"]} == hospitals
        ),
        "vegetation risk by feeder": lambda answer: (
            rows(answer)[0] == twin.vegetation().document("feeder")["rows"][0]
        ),
        "how do weather and temperature drive the load": lambda answer: (
            [each["peak_kw"] for each in rows(answer)]
            == twin.ami.history.weather().frame.peak_kw.tolist()[: len(rows(answer))]
        ),
        "AMI voltage complaints: which meters are out of range now": lambda answer: (
            answer["totals"]["usage_points"] == volts.count_outside() > 0
        ),
    }


def time_questions(shared: SharedTwin, volts: Volts) -> str:
    """Return a table of what the client's questions cost, the second time."""
    lines = [
        "| question | right | seconds | processor seconds | rows |",
        "| --- | --- | --- | --- | --- |",
    ]
    for question, is_right in list_client_questions(shared, volts).items():
        for _ in range(2):
            begun, spent = time.perf_counter(), os.times()
            answer = ask_question(shared, question, now=NOW, zone=ZONE)
            took, used = time.perf_counter() - begun, os.times()
        cpu = used.user + used.system - spent.user - spent.system
        right = answer["outcome"] == "answered" and is_right(answer)
        total = sum(answer["totals"].values())
        lines.append(
            f"| {question} | {'yes' if right else 'no'} | {took:.2f} | {cpu:.2f} | {total:,} |"
        )
        print(lines[-1], answer["outcome"], answer["sentence"][:150])
    return "\n".join(lines)


def measure_own_time(shared: SharedTwin) -> str:
    """Return what asking costs beside the tool: the answer's time less that of the same call."""
    spent, sizes = [], []
    golden = [each for each in read_golden("questions.yaml") if "tool" in each]
    for each in [*golden[:20], *golden]:
        begun = time.thread_time()
        answer = ask_question(shared, str(each["ask"]), now=NOW, zone=ZONE)
        whole, reading = time.thread_time() - begun, answer["reading"]
        call = CALLS.get(reading["tool"]) if reading else None
        if call is None or answer["outcome"] != "answered":
            spent.append(whole * 1_000)
            continue
        begun = time.thread_time()
        sizes.append(measure_bytes(call(shared, **reading["arguments"])))  # type: ignore[index]
        spent.append(max(0.0, (whole - (time.thread_time() - begun)) * 1_000))
    own = sorted(spent[20:])
    names = miss_texts(shared.twin, shared.names, seed=7)
    found, most = 100 * (CASES - len(names)) / CASES, own[len(own) * 95 // 100]
    return (
        f"On {METERS:,} meters, warm, asking costs {median(own):.0f} ms of processor time at the"
        f" median beside what the tool itself costs, {most:.0f} ms at 95 %. Answers of tools"
        f" have {median(sizes) / 1_000:.1f} KB at the median, {max(sizes) / 1_000:.1f} KB at most."
        f" Of {CASES} misspelt ids and names {found:.1f} % are right among the first three found."
    )


def measure_scale() -> tuple[str, str]:
    """Return the table of the client's questions, and the sentence of costs."""
    with tempfile.TemporaryDirectory() as folder:
        twin, volts = save_scale_twin(Path(folder) / "m.twin")
        shared = SharedTwin(twin)
        return time_questions(shared, volts), measure_own_time(shared)
