"""Name the JSON documents: the word that each carries as its `schema`, with its version."""

from enum import StrEnum


class DocumentTag(StrEnum):
    """What a document is; the file of its JSON Schema is called so, as in ``trace-1``."""

    AMI_HISTORY = "gridtwin.ami_history/1"
    AMI_LOAD = "gridtwin.ami_load/1"
    AMI_ROLL_UP = "gridtwin.ami_roll_up/1"
    AMI_SERIES = "gridtwin.ami_series/1"
    AMI_VOLTAGE = "gridtwin.ami_voltage/1"
    BLAST = "gridtwin.blast/1"
    CHECK = "gridtwin.check/1"
    CONFLICTS = "gridtwin.conflicts/1"
    DEAD_LETTERS = "gridtwin.dead_letters/1"
    ERM_BACKTEST = "gridtwin.erm-backtest/1"
    ERM_RUN = "gridtwin.erm_run/1"
    EXPLAIN = "gridtwin.explain/1"
    FIND = "gridtwin.find/1"
    INDICES = "gridtwin.indices/1"
    INFERENCE = "gridtwin.inference/1"
    INTERSECT = "gridtwin.intersect/1"
    LIVE = "gridtwin.live/1"
    LOADS = "gridtwin.loads/1"
    LOAD_AGAIN = "gridtwin.load_again/1"
    MAP_CHECK = "gridtwin.map_check/1"
    MAP_INIT = "gridtwin.map_init/1"
    ODIN = "gridtwin.odin/1"
    OUTAGE = "gridtwin.outage/1"
    OUTAGES = "gridtwin.outages/1"
    PLAN = "gridtwin.plan/1"
    PULL = "gridtwin.pull/1"
    REPLAY = "gridtwin.replay/1"
    SCORES = "gridtwin.scores/1"
    SIMULATED = "gridtwin.simulated/1"
    STATES = "gridtwin.states/1"
    STORM = "gridtwin.storm/1"
    STREAM_RUN = "gridtwin.stream_run/1"
    SWEEP = "gridtwin.sweep/1"  # its lines are many, and do not carry it
    SWITCH = "gridtwin.switch/1"
    SYNC = "gridtwin.sync/1"
    TILES = "gridtwin.tiles/1"
    TRACE = "gridtwin.trace/1"
    VEGETATION = "gridtwin.vegetation/1"
    WHAT_IF = "gridtwin.what_if/1"

    @property
    def file_stem(self) -> str:
        """The id of its JSON Schema, and the name of its file: ``trace-1``."""
        return self.removeprefix("gridtwin.").replace("/", "-")
