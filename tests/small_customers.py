"""A few customers of two small feeders, matched by a model of plain weights."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

import gridtwin
from gridtwin.customers.matching_model import write_settings
from networks import two_feeders_with_a_tie

if TYPE_CHECKING:
    from pathlib import Path

    from gridtwin.twin import Twin

HOME = {"address": "12 Oak St", "city": "Fairmont", "zip": "77002", "valid_from": "2015-01-01"}
COMPLAINED_AT = datetime(2026, 7, 1, 12, tzinfo=UTC)
RECORDS = (
    {"record": "cis:1", "given_name": "Margaret", "surname": "Winward", "phone": "713-234-5678",
     "email": "m@home.example", "esi_id": "104437", "account": "A1", "retailer": "R1"} | HOME,
    {"record": "crm:1", "given_name": "Peggy", "surname": "Winward", "phone": "713 234 5678",
     "email": "m@home.example"} | HOME,
    {"record": "crm:2", "given_name": "Steven", "surname": "Winward", "phone": "713 234 5678",
     "email": "m@home.example"} | HOME,
    {"record": "crm:3", "given_name": "Margaret", "surname": "Winwarden", "zip": "77002"},
    {"record": "cis:2", "given_name": "Margaret", "surname": "Winwarden", "zip": "77002"},
)  # fmt: skip


def make_plain_model() -> dict[str, Any]:
    """Return a model whose weights nobody estimated: what agrees counts, what differs too."""
    model = write_settings()
    for comparison in model["comparisons"]:
        _, *levels, other = comparison["comparison_levels"]
        for level in levels:
            level |= {"m_probability": 0.9 / len(levels), "u_probability": 0.001}
        other |= {"m_probability": 0.1, "u_probability": 0.99}
    model["probability_two_random_records_match"] = 1e-4
    return model | {"frequencies": {name: {"": 1e-4} for name in ("given", "name")}, "assumed": []}


def save_customers(path: Path | str) -> Twin:
    """Keep two feeders, their few customers and an open outage in a folder or a database."""
    twin = gridtwin.open(two_feeders_with_a_tie()).save(path)
    fill_customers(twin, "M3", "L1")
    return twin


def fill_customers(twin: Twin, usage_point: str, device: str) -> None:
    """Keep the few customers of a twin, one of them at a usage point that a device left out."""
    customers, today = twin.customers, datetime.now(UTC).date()
    records = pd.DataFrame(RECORDS)
    customers.loading.load_records(records.assign(source=records["record"].str[:3]))
    point = {"esi_id": "104437", "premise": "P1", "usage_point": usage_point} | HOME
    customers.loading.load_points(pd.DataFrame([point]))
    designation = {
        "designation": "D1", "kind": "critical_care_residential", "esi_id": "104437",
        "source": "R1", "contact": "7132345678", "valid_from": str(today),
        "valid_until": str(today + timedelta(days=90)),
    }  # fmt: skip
    customers.loading.load_designations(pd.DataFrame([designation]))
    complaint = {
        "complaint": "T1", "kind": "low_voltage", "source": "call-center", "account": "A1",
        "received_at": COMPLAINED_AT.isoformat(),
    }  # fmt: skip
    customers.loading.load_complaints(pd.DataFrame([complaint]))
    usage = {
        "esi_id": "104437", "meter": "M-1", "period_start": "2026-06-01",
        "period_end": "2026-07-01", "kwh": "1234.5", "reading": "estimated", "retailer": "R1",
    }  # fmt: skip
    customers.loading.load_usage(pd.DataFrame([usage]))
    twin.store.customers.write_model(json.dumps(make_plain_model()), "2026-01-01T00:00:00+00:00")
    customers.matching.match(actor="tests", retrain=False)
    began = datetime.now(UTC) - timedelta(hours=2)
    twin.outages.open(device, usage_points=[usage_point], at=began, cause="tree")
