"""
Score questions in words, and write the tables of docs/ask.md.

``python -m benchmarks.asking`` writes them; with ``--m`` what the client's questions cost on 60,000
meters and 30 days of readings, too.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from collections import Counter
from pathlib import Path

import gridtwin
from gridtwin.semantic.verified_questions import read_questions
from gridtwin.tools.shared_twin import SharedTwin
from question_scores import (
    AT_ONCE,
    GOLDEN_FILES,
    OUTCOMES,
    REFUSED,
    PlainBm25,
    Score,
    measure_shares,
    read_golden,
    score_file,
)
from question_twin import save_question_twin

PAGE = Path(__file__).parents[1] / "docs" / "ask.md"
MARK = "<!-- {}, as python -m benchmarks.asking writes them -->"


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


def write_other_scores(shared: SharedTwin) -> str:
    """Return how the questions in other wordings are answered now, a file a line."""
    lines = [
        "| questions | right at once | or among three | rightly refused | confidently wrong |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name in GOLDEN_FILES[1:]:
        scores = score_file(shared, name)
        shares = measure_shares(scores)
        lines.append(
            f"| `{name}`, {len(scores)} | {shares.at_once:.0f} % | {shares.among_three:.0f} % |"
            f" {shares.refused:.0f} % | {shares.wrong:.1f} % |"
        )
    return "\n".join(lines)


def main() -> None:
    """Write the tables."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--m", action="store_true")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "asked.twin"
        save_question_twin(path)
        shared = SharedTwin(gridtwin.open(str(path)))
        scores = score_file(shared, "questions.yaml")
        replace_part("own", write_table(scores, "questions.yaml"))
        print(measure_shares(scores))
        replace_part("other wordings", write_other_scores(shared))
    replace_part("verified", write_intents())
    if asked.m:
        from benchmarks.asking_scale import measure_scale

        table, told = measure_scale()
        replace_part("client", table)
        replace_part("costs", told)


if __name__ == "__main__":
    main()
