"""Shape as a JSON document how estimates did against the truth."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, cast

from gridtwin.results.documents.document_tags import DocumentTag

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gridtwin.analysis.erm.backtest import BacktestScore
    from gridtwin.results.documents.estimate_documents import BacktestDocument, BacktestScoreRecord


def backtest_document(model: str, scores: Iterable[BacktestScore]) -> BacktestDocument:
    """Return the scores of a model as the JSON document ``gridtwin.erm-backtest/1``."""
    return {
        "schema": DocumentTag.ERM_BACKTEST,
        "model": model,
        "scores": [round_score(score) for score in scores],
    }


def round_score(score: BacktestScore) -> BacktestScoreRecord:
    """Return a score as plain data, rounded to four digits after the point."""
    values = {
        name: round(value, 4) if isinstance(value, float) else value
        for name, value in asdict(score).items()
    }
    return cast("BacktestScoreRecord", values)
