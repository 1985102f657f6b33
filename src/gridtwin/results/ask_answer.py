"""The answer to a question in words: as text, as a table, as a document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from gridtwin.results.documents.ask_documents import (
        AskContext,
        AskDocument,
        AskReading,
        ModelAnswer,
    )


@dataclass(frozen=True, slots=True)
class AskAnswer:
    """What a question in words was understood to mean, and the answer."""

    told: AskDocument

    @property
    def outcome(self) -> str:
        """``answered``, ``offered``, ``refused``, ``unknown`` or ``failed``."""
        return self.told["outcome"]

    @property
    def sentence(self) -> str:
        """The answer in words, or why there is none."""
        return self.told["sentence"]

    @property
    def context(self) -> AskContext | None:
        """What is handed back with a question that refers to this one."""
        return self.told["context"]

    def document(self) -> AskDocument:
        """Return the document ``gridtwin.ask/1``."""
        return self.told

    def frame(self) -> pd.DataFrame:
        """Return the main list of the answer, as far as it is shown; empty where there is none."""
        import pandas as pd

        table = self.told["table"]
        return (
            pd.DataFrame()
            if table is None
            else pd.DataFrame(table["rows"], columns=table["columns"])
        )

    def list_notes(self) -> list[str]:
        """Return what was understood and assumed, and how else to ask, a line each."""
        told = self.told
        lines = []
        if told["reading"] is not None:
            lines += _describe_reading(told["reading"])
        lines += [f"assumed: {each}" for each in told["assumed"]]
        for at, each in enumerate(told["choices"], 1):
            lines.append(f"{at}. {each['text']}")
        lines += [f"can be asked: {each}" for each in told["nearest"]]
        if told["table"] is not None and told["table"]["total"] > len(told["table"]["rows"]):
            lines.append(f"rows: {len(told['table']['rows'])} of {told['table']['total']:,}")
        if told["map"]:
            lines.append(f"map: {told['map']}")
        return lines + ([] if told["model"] is None else _describe_model(told["model"]))

    def __str__(self) -> str:
        """Return the sentence, and what was understood."""
        return "\n".join([self.sentence, *self.list_notes()])


def _describe_reading(reading: AskReading) -> list[str]:
    lines = [f"understood: {reading['text']}"]
    if reading["command"]:
        lines.append(f"command: {reading['command']}")
    if reading["sql"]:
        code = [line for line in reading["sql"].splitlines() if not line.startswith("--")]
        lines.append("SQL: " + " ".join(" ".join(code).split()))
    return lines


def _describe_model(model: ModelAnswer) -> list[str]:
    """Return what a model called and cost, and what it wrote that no answer holds."""
    lines = [f"[{each['number']}] {each['tool']}: {each['sentence']}" for each in model["calls"]]
    if model["stopped"]:
        lines.append(f"the model gave no answer: {model['stopped']}")
    unfounded = [each["text"] for each in model["figures"] if not each["calls"]]
    if unfounded:
        lines.append(f"in no answer of a tool, so do not rely on it: {', '.join(unfounded)}")
    usage = model["usage"]
    cost = "" if usage["dollars"] is None else f", ${usage['dollars']:.4f}"
    lines.append(
        f"model: {model['name']} at {model['host']}, {usage['requests']} requests,"
        f" {usage['tokens']:,} tokens{cost}, {usage['seconds']:g} s"
    )
    return lines
