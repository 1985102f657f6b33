"""Hold every store to the same rules: names, what an overlay keeps, how a refusal is told."""

from __future__ import annotations

import difflib
import time
from datetime import UTC
from typing import TYPE_CHECKING, Any

from gridtwin.errors import InputError, NotFoundError, StoreError
from gridtwin.model import phases
from gridtwin.model.findings import Finding
from gridtwin.model.operation import resolve_operation
from gridtwin.model.operation_request import RequestStatus
from gridtwin.model.state import CURRENT, NORMAL, State
from gridtwin.model.tables import encode_texts
from gridtwin.store.store_versions import Changes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from gridtwin.model.findings import Acceptance
    from gridtwin.model.network import Network
    from gridtwin.model.operation_request import OperationRequest
    from gridtwin.store.store_versions import Versions

LOOK_EVERY_S = 0.05


def find_close_names(name: str, names: Sequence[str]) -> list[str]:
    """Return the few names closest to one that was not found."""
    return difflib.get_close_matches(name, names, n=3, cutoff=0.5)


def build_state_error(name: str, overlays: Sequence[str]) -> NotFoundError:
    """Return the error for a state that is not there."""
    return NotFoundError("state", name, find_close_names(name, [NORMAL, CURRENT, *overlays]))


def build_spec_error(name: str, names: Sequence[str]) -> NotFoundError:
    """Return the error for a trace spec that is not there."""
    return NotFoundError("trace spec", name, find_close_names(name, names))


def build_acceptance_error(rule: str, key: str, kept: Sequence[Acceptance]) -> NotFoundError:
    """Return the error for a finding that nobody accepted."""
    names = [f"{each.rule} {each.key}" for each in kept]
    return NotFoundError(
        "accepted finding", f"{rule} {key}", find_close_names(f"{rule} {key}", names)
    )


def build_conflict_error(name: str, key: str, keys: Sequence[str]) -> NotFoundError:
    """Return the error for a row of a pulled table that is in no conflict."""
    return NotFoundError("conflict", f"{name} {key}", find_close_names(key, keys))


def make_finding_row(finding: Finding) -> tuple[Any, ...]:
    """Return a finding as a row: without who accepted it, its place as two numbers."""
    rule, severity, mrid, place, evidence, mend, layer, key, _ = finding
    return (rule, severity, mrid, *(place or (None, None)), evidence, mend, layer, key)


def make_finding(row: Sequence[Any]) -> Finding:
    """Return the finding of such a row."""
    rule, severity, mrid, x, y, *texts = row
    return Finding(rule, severity, mrid, None if x is None else (x, y), *texts)


def build_outage_error(outage: str, ids: Sequence[str]) -> NotFoundError:
    """Return the error for an outage that is not there."""
    return NotFoundError("outage", outage, find_close_names(outage, ids))


def build_lock_error(twin: str) -> StoreError:
    """Return the error for live operations that another process does."""
    return StoreError(
        f"live operations of {twin} are done by another process already: stop it first"
    )


def build_sender_error(twin: str) -> StoreError:
    """Return the error for a second process that sends the webhooks of a twin."""
    return StoreError(f"another process sends the webhooks of {twin}: one does at a time")


def build_webhook_error(webhook: str, ids: Sequence[str]) -> NotFoundError:
    """Return the error for a subscription of webhooks that is not there."""
    return NotFoundError("webhook", webhook, find_close_names(webhook, ids))


def build_token_error(token: str, ids: Sequence[str]) -> NotFoundError:
    """Return the error for a token of a program that is not there."""
    return NotFoundError("token", token, find_close_names(token, ids))


def build_read_only_error(when: datetime) -> InputError:
    """Return the error for writing to a twin of the past."""
    return InputError(f"the twin as it was at {when.isoformat()} is only read: write to the twin")


def build_layer_error(source: str, names: Sequence[str]) -> NotFoundError:
    """Return the error for a source of vegetation risk that is not there."""
    return NotFoundError("source of vegetation risk", source, find_close_names(source, names))


def build_changed_error() -> StoreError:
    """Return the error for vegetation risk that somebody else loaded meanwhile."""
    return StoreError("other areas of vegetation risk were loaded meanwhile: load these again")


def build_member_error(usage_point: str, outage: str) -> InputError:
    """Return the error for a usage point that is in another open outage."""
    return InputError(
        f"{usage_point} is out in outage {outage} already: nest it there, or restore it first"
    )


def read_utc(at: datetime | None) -> Any:
    """Return a time of a database in UTC; None of none."""
    return None if at is None else at.astimezone(UTC)


def check_waiting(request: OperationRequest) -> None:
    """Refuse, as InputError, to decide on a request that waits no more."""
    if request.status is not RequestStatus.WAITING:
        msg = f"request {request.id} is {request.status} by {request.decided_by} already"
        raise InputError(msg)


def check_overlay_name(name: str) -> None:
    """Refuse, as InputError, the names that an overlay cannot have."""
    if name in {NORMAL, CURRENT} or not name:
        msg = f"an overlay cannot be called {name!r}: choose another name"
        raise InputError(msg)


def list_deviations(network: Network, deviations: Mapping[str, str]) -> dict[str, str]:
    """
    Return what an overlay keeps: mRID to open phases, of equipment that differs from the design.

    Raises
    ------
    NotFoundError
        If equipment is not there.
    InputError
        If equipment has no such phase.
    """
    kept = {}
    for mrid, open_phases in deviations.items():
        operation = resolve_operation(network, mrid, open_phases)
        if operation.open != operation.normal:
            kept[mrid] = phases.format_phases(operation.open)
    return kept


def rebuild_past_state(
    network: Network, current: State, found: Mapping[str, str], last: int | None
) -> State:
    """
    Return a past state, from the current one.

    Parameters
    ----------
    network
        The network.
    current
        The state as operated.
    found
        What was operated after that moment, and the phases its first operation then found open.
    last
        Version of the last operation until that moment; None if the log has none.
    """
    if not found:
        return current
    deviations = dict(current.deviations)
    equipment, ids = network.data.equipment, network.ids.tables["equipment"]
    rows = ids.find_rows(encode_texts(found))
    for (mrid, open_phases), row in zip(found.items(), rows.tolist(), strict=True):
        deviations.pop(mrid, None)
        if row >= 0 and phases.parse_phases(open_phases) != equipment.normal_open[row]:
            deviations[mrid] = open_phases
    return State(CURRENT, last or 0, deviations)


def poll_until(moved: Callable[[], bool], *, timeout_s: float) -> bool:
    """Look again and again whether something has moved; False if it has not within the time."""
    end = time.monotonic() + timeout_s
    while not moved():
        left = end - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(left, LOOK_EVERY_S))
    return True


def poll_changes(read: Callable[[], Versions], since: Versions, *, timeout_s: float) -> Changes:
    """Look again and again whether a twin has changed since some versions."""
    newest = [since]

    def has_changed() -> bool:
        newest[0] = read()
        return newest[0] != since

    poll_until(has_changed, timeout_s=timeout_s)
    return Changes(newest[0], newest[0].find_changed(since))
