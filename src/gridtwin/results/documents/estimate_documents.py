"""The documents of estimated restoration: one run of the job, and a backtest."""

from typing import Annotated, Literal

from gridtwin.results.documents.document_fields import Amount, Count, Keywords, Shape, Timestamp
from gridtwin.results.documents.document_tags import DocumentTag


class ErmRunDocument(Shape):
    """
    One run of the estimation.

    `gridtwin erm run`
    """

    schema: Literal[DocumentTag.ERM_RUN]
    run: str
    """id of the run; one of an id is written once"""
    at: Timestamp
    """what it estimated for"""
    model: str
    """version of the model"""
    state_version: Count
    """of the current state of the switches"""
    written: bool
    """false: a dry run, or written before"""
    outages: Count
    """open"""
    usage_points: Count
    """in them, still out"""
    published: Count
    """outages whose estimate became another"""
    sources: Annotated[
        dict[str, Count],
        Keywords(propertyNames={"enum": ["manual", "crew", "zone", "model", "table"]}),
    ]
    """how many outages each source decided"""
    seconds: Amount
    """that it took"""


class BacktestScoreRecord(Shape):
    """
    One source at one landmark.

    Errors are hours, estimate less truth. A change is a share of the baseline's loss, less is
    better, with the ends of its 95 % interval; null where it cannot be said.
    """

    source: str
    """history that was judged"""
    landmark: str
    """moment of an outage at which it was estimated"""
    outages: Count
    storm_share: float | None
    """of the outages that lie in storms"""
    etr_outages: Count
    """with an estimate of the utility in force and not yet past: the next six are of these"""
    utility_kept: float | None
    """share of its promises that the utility kept before the test: the level of both below"""
    model_kept: float | None
    """share that the model kept at that level"""
    utility_pinball: float | None
    """pinball loss of the utility at that level, h"""
    model_pinball: float | None
    pinball_change: float | None
    pinball_change_low: float | None
    pinball_change_high: float | None
    storm_pinball_change: float | None
    mae: float | None
    """mean absolute error of P50, h"""
    median_error: float | None
    """median absolute error of P50, h"""
    bias: float | None
    """mean error of P50, h"""
    global_mae: float | None
    """of the median of all outages, h"""
    group_mae: float | None
    """of the medians of like outages, h"""
    mae_vs_global: float | None
    mae_vs_global_low: float | None
    mae_vs_global_high: float | None
    mae_vs_group: float | None
    mae_vs_group_low: float | None
    mae_vs_group_high: float | None
    pinball_50: float | None
    """pinball loss of P50, h"""
    pinball_80: float | None
    pinball_95: float | None
    coverage: float | None
    """share of outages that ended between P10 and P90"""
    storm_coverage: float | None
    calm_coverage: float | None
    width: float | None
    """from P10 to P90, h"""
    restored_by_p80: float | None
    """share of outages that were over by P80"""
    storm_restored_by_p80: float | None
    expired: Count
    """estimates whose earliest quantile is not after the landmark"""


class BacktestDocument(Shape):
    """
    Estimates against the truth, beside the utility's own and plain medians.

    `gridtwin erm backtest`
    """

    schema: Literal[DocumentTag.ERM_BACKTEST]
    model: str
    """version of the model"""
    scores: list[BacktestScoreRecord]
