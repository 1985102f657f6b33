"""
Score questions in words, and write the tables of docs/ask.md.

``python benchmarks/asking.py`` writes them; with ``--held-out`` the questions that were written
before the matcher and are scored once, too; with ``--m`` what understanding costs on 60,000 meters.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from collections import Counter
from pathlib import Path

import gridtwin
from gridtwin.ask.reading_choice import rank_readings
from gridtwin.ask.understanding import understand_question
from gridtwin.semantic.verified_questions import read_questions
from gridtwin.tools.shared_twin import SharedTwin
from question_scores import (
    AT_ONCE,
    OUTCOMES,
    REFUSED,
    PlainBm25,
    Score,
    measure_shares,
    read_golden,
    score_file,
)
from question_twin import NOW, ZONE, save_question_twin

PAGE = Path(__file__).parents[1] / "docs" / "ask.md"
MARK = "<!-- {}, as python benchmarks/asking.py writes them -->"


def write_table(scores: list[Score], name: str) -> str:
    """Return the table of a file's scores, by asker, and its misses."""
    shares = measure_shares(scores)
    golden = [each for each in read_golden(name) if "tool" in each]
    plain = PlainBm25()
    right = sum(plain.find_tool(each["ask"]) == each["tool"] for each in golden)
    spent = sorted(each.cpu_ms for each in scores)
    lines = [
        "| measure | share |",
        "| --- | --- |",
        f"| right at once | {shares.at_once:.1f} % of {len(golden)} |",
        f"| right at once or among three | {shares.among_three:.1f} % |",
        f"| rightly refused | {shares.refused:.1f} % of {len(scores) - len(golden)} |",
        f"| confidently wrong | {shares.wrong:.1f} % of {len(scores)} |",
        f"| plain BM25, the right tool alone | {100 * right / len(golden):.1f} % |",
        f"| processor time with the answer, median and 95 % | {spent[len(spent) // 2]:.0f} ms,"
        f" {spent[len(spent) * 95 // 100]:.0f} ms |",
        "",
        f"| asker | questions | {' | '.join(OUTCOMES)} |",
        f"| --- | --- |{' --- |' * len(OUTCOMES)}",
    ]
    for who in sorted({each.who for each in scores}):
        own = Counter(each.outcome for each in scores if each.who == who)
        counts = " | ".join(str(own[each]) for each in OUTCOMES)
        lines.append(f"| {who} | {own.total()} | {counts} |")
    missed = [each for each in scores if each.outcome not in {AT_ONCE, REFUSED}]
    lines += ["", "| missed | outcome | answer |", "| --- | --- | --- |"]
    lines += [
        f"| {each.question} | {each.outcome} | {each.answer[:160].replace('|', '/')} |"
        for each in missed
    ]
    return "\n".join(lines)


def write_intents() -> str:
    """Return the table of the verified questions."""
    lines = ["| question | tool | wordings | such as |", "| --- | --- | --- | --- |"]
    lines += [
        f"| {each.name} | `{each.tool}` | {len(each.asks)} | {each.asks[0]} |"
        for each in read_questions()
    ]
    return "\n".join(lines)


def replace_part(name: str, text: str) -> None:
    """Put a generated part between its marks in the page."""
    begin, end = MARK.format(name), f"<!-- {name} end -->"
    page = PAGE.read_text(encoding="utf-8")
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    assert pattern.search(page), name
    told = f"{begin}\n\n{text}\n\n{end}"
    PAGE.write_text(pattern.sub(lambda _: told, page), encoding="utf-8")


def measure_understanding() -> str:
    """Return what it costs to understand a question where there are 60,000 meters."""
    network = gridtwin.synthesize("houston", meters=60_000, seed=1)
    shared = SharedTwin(gridtwin.open(network))
    golden = read_golden("questions.yaml")
    spent = []
    for each in [*golden[:40], *golden]:
        begun = time.thread_time()
        understood = understand_question(each["ask"], shared, now=NOW, zone=ZONE)
        rank_readings(understood)
        spent.append((time.thread_time() - begun) * 1_000)
    spent = sorted(spent[40:])
    return (
        f"To understand a question costs {spent[len(spent) // 2]:.1f} ms of processor time at the"
        f" median and {spent[len(spent) * 95 // 100]:.1f} ms at 95 %, warm, on a twin of 60,000"
        f" meters; the most of the 200 is {spent[-1]:.0f} ms."
    )


def main() -> None:
    """Write the tables."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--held-out", action="store_true")
    options.add_argument("--m", action="store_true")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "asked.twin"
        save_question_twin(path)
        shared = SharedTwin(gridtwin.open(str(path)))
        files = {"own": "questions.yaml"}
        if asked.held_out:
            files["held out"] = "held_out.yaml"
        for part, name in files.items():
            scores = score_file(shared, name)
            replace_part(part, write_table(scores, name))
            print(part, measure_shares(scores))
    replace_part("verified", write_intents())
    if asked.m:
        told = measure_understanding()
        replace_part("costs", told)
        print(told)


if __name__ == "__main__":
    main()
