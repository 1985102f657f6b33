"""Hold the shape of every document by its tag: what their JSON Schemas are generated from."""

from types import MappingProxyType, UnionType

from gridtwin.results.documents.analytics_documents import (
    ConflictsDocument,
    PullDocument,
    ScoresDocument,
)
from gridtwin.results.documents.ask_documents import AskDocument
from gridtwin.results.documents.document_tags import DocumentTag
from gridtwin.results.documents.drafting_documents import MapInitDocument
from gridtwin.results.documents.edition_documents import EditionDocument, NetworkLoadsDocument
from gridtwin.results.documents.element_documents import ElementDocument
from gridtwin.results.documents.estimate_documents import BacktestDocument, ErmRunDocument
from gridtwin.results.documents.inference_documents import InferenceDocument
from gridtwin.results.documents.inside_documents import InsideDocument, PrioritySitesDocument
from gridtwin.results.documents.loss_documents import (
    BlastDocument,
    CriticalDocument,
    SweepLine,
    WhatIfDocument,
)
from gridtwin.results.documents.moment_documents import MomentsDocument
from gridtwin.results.documents.network_documents import (
    CheckDocument,
    FindDocument,
    IntersectDocument,
    MapCheckDocument,
    SyncDocument,
    TilesDocument,
)
from gridtwin.results.documents.odin_documents import OdinDocument
from gridtwin.results.documents.outage_board_documents import (
    EstimateDocument,
    OutageBoardDocument,
    OutageReportDocument,
)
from gridtwin.results.documents.outage_documents import OutageDocument, OutagesDocument
from gridtwin.results.documents.overview_documents import OverviewDocument
from gridtwin.results.documents.reading_documents import (
    HistoryDocument,
    LoadDocument,
    RollUpDocument,
    SeriesDocument,
    VoltageDocument,
)
from gridtwin.results.documents.reliability_documents import IndicesDocument
from gridtwin.results.documents.storm_documents import StormDocument
from gridtwin.results.documents.stream_documents import (
    DeadLettersDocument,
    LiveDocument,
    SimulatedDocument,
    StreamRunDocument,
)
from gridtwin.results.documents.switching_documents import (
    PlanDocument,
    ReplayDocument,
    StatesDocument,
    SwitchDocument,
)
from gridtwin.results.documents.trace_documents import ExplainDocument, TraceDocument
from gridtwin.results.documents.vegetation_documents import VegetationDocument

SHAPES: MappingProxyType[DocumentTag, type | UnionType] = MappingProxyType(
    {
        DocumentTag.AMI_HISTORY: HistoryDocument,
        DocumentTag.AMI_LOAD: LoadDocument,
        DocumentTag.AMI_ROLL_UP: RollUpDocument,
        DocumentTag.AMI_SERIES: SeriesDocument,
        DocumentTag.AMI_VOLTAGE: VoltageDocument,
        DocumentTag.ASK: AskDocument,
        DocumentTag.BLAST: BlastDocument,
        DocumentTag.CHECK: CheckDocument,
        DocumentTag.CONFLICTS: ConflictsDocument,
        DocumentTag.CRITICAL: CriticalDocument,
        DocumentTag.DEAD_LETTERS: DeadLettersDocument,
        DocumentTag.ELEMENT: ElementDocument,
        DocumentTag.ERM_BACKTEST: BacktestDocument,
        DocumentTag.ERM_RUN: ErmRunDocument,
        DocumentTag.ESTIMATE: EstimateDocument,
        DocumentTag.EXPLAIN: ExplainDocument,
        DocumentTag.FIND: FindDocument,
        DocumentTag.INDICES: IndicesDocument,
        DocumentTag.INFERENCE: InferenceDocument,
        DocumentTag.INSIDE: InsideDocument,
        DocumentTag.INTERSECT: IntersectDocument,
        DocumentTag.LIVE: LiveDocument,
        DocumentTag.LOADS: NetworkLoadsDocument,
        DocumentTag.LOAD_AGAIN: EditionDocument,
        DocumentTag.MAP_CHECK: MapCheckDocument,
        DocumentTag.MAP_INIT: MapInitDocument,
        DocumentTag.MOMENTS: MomentsDocument,
        DocumentTag.ODIN: OdinDocument,
        DocumentTag.OUTAGE: OutageDocument,
        DocumentTag.OUTAGES: OutagesDocument,
        DocumentTag.OUTAGE_BOARD: OutageBoardDocument,
        DocumentTag.OUTAGE_REPORT: OutageReportDocument,
        DocumentTag.OVERVIEW: OverviewDocument,
        DocumentTag.PLAN: PlanDocument,
        DocumentTag.PULL: PullDocument,
        DocumentTag.PRIORITY_SITES: PrioritySitesDocument,
        DocumentTag.REPLAY: ReplayDocument,
        DocumentTag.SCORES: ScoresDocument,
        DocumentTag.SIMULATED: SimulatedDocument,
        DocumentTag.STATES: StatesDocument,
        DocumentTag.STORM: StormDocument,
        DocumentTag.STREAM_RUN: StreamRunDocument,
        DocumentTag.SWEEP: SweepLine,
        DocumentTag.SWITCH: SwitchDocument,
        DocumentTag.SYNC: SyncDocument,
        DocumentTag.TILES: TilesDocument,
        DocumentTag.TRACE: TraceDocument,
        DocumentTag.VEGETATION: VegetationDocument,
        DocumentTag.WHAT_IF: WhatIfDocument,
    }
)
