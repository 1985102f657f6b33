"""Hold the shape of every document by its tag: what their JSON Schemas are generated from."""

from types import MappingProxyType, UnionType

from gridtwin.results.documents.access_documents import AuditDocument, TokensDocument
from gridtwin.results.documents.analytics_documents import (
    ConflictsDocument,
    PullDocument,
    ScoresDocument,
)
from gridtwin.results.documents.ask_documents import AskDocument
from gridtwin.results.documents.customer_documents import (
    AddressesDocument,
    CareCallsDocument,
    CustomerCardDocument,
    CustomerMatchDocument,
    CustomerReviewDocument,
    CustomersDocument,
    PartyIndicesDocument,
    VoltageComplaintsDocument,
)
from gridtwin.results.documents.document_tags import DocumentTag
from gridtwin.results.documents.drafting_documents import MapInitDocument
from gridtwin.results.documents.edition_documents import EditionDocument, NetworkLoadsDocument
from gridtwin.results.documents.element_documents import ElementDocument
from gridtwin.results.documents.estimate_documents import BacktestDocument, ErmRunDocument
from gridtwin.results.documents.feed_documents import (
    FeedLettersDocument,
    FeedMapDocument,
    FeedRunDocument,
    FeedStatusDocument,
    MeasurementsDocument,
)
from gridtwin.results.documents.inference_documents import InferenceDocument
from gridtwin.results.documents.inside_documents import InsideDocument, PrioritySitesDocument
from gridtwin.results.documents.loss_documents import (
    BlastDocument,
    CriticalDocument,
    SweepLine,
    WhatIfDocument,
)
from gridtwin.results.documents.manual_documents import (
    ManualIngestDocument,
    ManualLinksDocument,
    ManualReportDocument,
    ManualsDocument,
    ManualSearchDocument,
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
from gridtwin.results.documents.operating_documents import (
    CrewsDocument,
    OperationPreviewDocument,
    OrdersDocument,
    TagsDocument,
)
from gridtwin.results.documents.outage_board_documents import (
    EstimateDocument,
    OutageBoardDocument,
    OutageReportDocument,
)
from gridtwin.results.documents.outage_documents import OutageDocument, OutagesDocument
from gridtwin.results.documents.outage_map_documents import OutageMapDocument
from gridtwin.results.documents.overview_documents import OverviewDocument
from gridtwin.results.documents.planned_documents import PlannedOutagesDocument
from gridtwin.results.documents.reading_documents import (
    HistoryDocument,
    LoadDocument,
    RollUpDocument,
    SeriesDocument,
    VoltageDocument,
)
from gridtwin.results.documents.reliability_documents import IndicesDocument
from gridtwin.results.documents.schematic_documents import SchematicDocument
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
from gridtwin.results.documents.webhook_documents import LettersDocument, WebhooksDocument

SHAPES: MappingProxyType[DocumentTag, type | UnionType] = MappingProxyType(
    {
        DocumentTag.ADDRESSES: AddressesDocument,
        DocumentTag.AMI_HISTORY: HistoryDocument,
        DocumentTag.AMI_LOAD: LoadDocument,
        DocumentTag.AMI_ROLL_UP: RollUpDocument,
        DocumentTag.AMI_SERIES: SeriesDocument,
        DocumentTag.AMI_VOLTAGE: VoltageDocument,
        DocumentTag.ASK: AskDocument,
        DocumentTag.AUDIT: AuditDocument,
        DocumentTag.BLAST: BlastDocument,
        DocumentTag.CARE_CALLS: CareCallsDocument,
        DocumentTag.CHECK: CheckDocument,
        DocumentTag.CONFLICTS: ConflictsDocument,
        DocumentTag.CREWS: CrewsDocument,
        DocumentTag.CRITICAL: CriticalDocument,
        DocumentTag.CUSTOMERS: CustomersDocument,
        DocumentTag.CUSTOMER_CARD: CustomerCardDocument,
        DocumentTag.CUSTOMER_MATCH: CustomerMatchDocument,
        DocumentTag.CUSTOMER_REVIEW: CustomerReviewDocument,
        DocumentTag.DEAD_LETTERS: DeadLettersDocument,
        DocumentTag.ELEMENT: ElementDocument,
        DocumentTag.ERM_BACKTEST: BacktestDocument,
        DocumentTag.ERM_RUN: ErmRunDocument,
        DocumentTag.ESTIMATE: EstimateDocument,
        DocumentTag.EXPLAIN: ExplainDocument,
        DocumentTag.FEED_LETTERS: FeedLettersDocument,
        DocumentTag.FEED_MAP: FeedMapDocument,
        DocumentTag.FEED_RUN: FeedRunDocument,
        DocumentTag.FEED_STATUS: FeedStatusDocument,
        DocumentTag.FIND: FindDocument,
        DocumentTag.INDICES: IndicesDocument,
        DocumentTag.INFERENCE: InferenceDocument,
        DocumentTag.INSIDE: InsideDocument,
        DocumentTag.INTERSECT: IntersectDocument,
        DocumentTag.LIVE: LiveDocument,
        DocumentTag.LOADS: NetworkLoadsDocument,
        DocumentTag.LOAD_AGAIN: EditionDocument,
        DocumentTag.MANUALS: ManualsDocument,
        DocumentTag.MANUAL_INGEST: ManualIngestDocument,
        DocumentTag.MANUAL_LINKS: ManualLinksDocument,
        DocumentTag.MANUAL_REPORT: ManualReportDocument,
        DocumentTag.MANUAL_SEARCH: ManualSearchDocument,
        DocumentTag.MAP_CHECK: MapCheckDocument,
        DocumentTag.MAP_INIT: MapInitDocument,
        DocumentTag.MEASUREMENTS: MeasurementsDocument,
        DocumentTag.MOMENTS: MomentsDocument,
        DocumentTag.ODIN: OdinDocument,
        DocumentTag.OPERATION_PREVIEW: OperationPreviewDocument,
        DocumentTag.ORDERS: OrdersDocument,
        DocumentTag.OUTAGE: OutageDocument,
        DocumentTag.OUTAGES: OutagesDocument,
        DocumentTag.OUTAGE_BOARD: OutageBoardDocument,
        DocumentTag.OUTAGE_MAP: OutageMapDocument,
        DocumentTag.OUTAGE_REPORT: OutageReportDocument,
        DocumentTag.OVERVIEW: OverviewDocument,
        DocumentTag.PARTY_INDICES: PartyIndicesDocument,
        DocumentTag.PLAN: PlanDocument,
        DocumentTag.PLANNED_OUTAGES: PlannedOutagesDocument,
        DocumentTag.PULL: PullDocument,
        DocumentTag.PRIORITY_SITES: PrioritySitesDocument,
        DocumentTag.REPLAY: ReplayDocument,
        DocumentTag.SCHEMATIC: SchematicDocument,
        DocumentTag.SCORES: ScoresDocument,
        DocumentTag.SIMULATED: SimulatedDocument,
        DocumentTag.STATES: StatesDocument,
        DocumentTag.STORM: StormDocument,
        DocumentTag.STREAM_RUN: StreamRunDocument,
        DocumentTag.SWEEP: SweepLine,
        DocumentTag.SWITCH: SwitchDocument,
        DocumentTag.SYNC: SyncDocument,
        DocumentTag.TAGS: TagsDocument,
        DocumentTag.TILES: TilesDocument,
        DocumentTag.TOKENS: TokensDocument,
        DocumentTag.TRACE: TraceDocument,
        DocumentTag.VEGETATION: VegetationDocument,
        DocumentTag.VOLTAGE_COMPLAINTS: VoltageComplaintsDocument,
        DocumentTag.WEBHOOKS: WebhooksDocument,
        DocumentTag.WEBHOOK_LETTERS: LettersDocument,
        DocumentTag.WHAT_IF: WhatIfDocument,
    }
)
