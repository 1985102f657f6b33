"""Customers: the words for who they are, what sources say of them, and what the law adds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

# What a source says of a customer, all of it text; empty = it does not say.
RECORD_COLUMNS = {
    "record": "What names the record in all sources: SOURCE:KEY",
    "source": "System that keeps it, such as cis, crm or ami",
    "kind": "person or organization",
    "given_name": "Given name of a person",
    "surname": "Surname of a person, with a suffix such as Jr",
    "organization": "Name of an organization",
    "birth_date": "Date of birth, YYYY-MM-DD",
    "identity_number": "Number that one person or firm has: of a license, for taxes; best hashed",
    "phone": "Phone number, as it was written",
    "email": "E-mail address",
    "address": "Number, street and unit in one line",
    "city": "City",
    "zip": "ZIP or postal code",
    "esi_id": "Id of the service delivery point: ESI ID, MPAN",
    "account": "Account of a retailer or of the utility",
    "retailer": "Retailer of the account",
    "valid_from": "First day it holds, YYYY-MM-DD",
    "valid_to": "First day it holds no longer; empty = it still holds",
}
# Where power is delivered: the premise, its id in the market, and the usage point of the network.
SERVICE_POINT_COLUMNS = {
    "esi_id": "Id of the service delivery point: ESI ID, MPAN",
    "premise": "Id of the premise",
    "usage_point": "mRID of the usage point",
    "address": "Number, street and unit in one line",
    "city": "City",
    "zip": "ZIP or postal code",
    "valid_from": "First day it holds, YYYY-MM-DD",
    "valid_to": "First day it holds no longer; empty = it still holds",
}
DESIGNATION_COLUMNS = {
    "designation": "Id of the designation",
    "kind": "Kind, one of the four of 16 TAC 25.497",
    "esi_id": "Id of the service delivery point it is for",
    "source": "Who said so",
    "contact": "Phone number to call when its supply is lost",
    "second_contact": "Phone number of somebody else to call",
    "valid_from": "First day it holds, YYYY-MM-DD",
    "valid_until": "Last day it holds, YYYY-MM-DD",
}
# What a customer complained of, as the call center took it down; no words of theirs.
COMPLAINT_COLUMNS = {
    "complaint": "Id of the complaint",
    "kind": "low_voltage, high_voltage, flicker, voltage or other",
    "source": "System that keeps it, such as call-center",
    "esi_id": "Id of the service delivery point: ESI ID, MPAN",
    "account": "Account of a retailer or of the utility, where the ESI ID is not said",
    "received_at": "When it was received, ISO 8601 with its time zone",
}
# What was billed: energy of a period, as a retailer's transaction tells it (867_03).
USAGE_COLUMNS = {
    "esi_id": "Id of the service delivery point: ESI ID, MPAN",
    "meter": "Number of the meter; empty = not metered",
    "period_start": "First day, YYYY-MM-DD",
    "period_end": "First day that is not of the period, YYYY-MM-DD",
    "kwh": "Energy, kWh; below zero = delivered to the grid",
    "demand_kw": "Highest demand, kW; empty = not measured",
    "reading": "actual or estimated",
    "retailer": "Retailer that is billed",
    "source": "System that keeps it",
}
READING_KINDS = ("actual", "estimated")
# What a retailer's transaction does to who holds the account of a service point (814).
ENROLLMENT_COLUMNS = {
    "action": "move_in, switch, move_out, change, cancel or none",
    "esi_id": "Id of the service delivery point: ESI ID, MPAN",
    "effective_date": "Day from which it holds, YYYY-MM-DD",
    "customer_name": "Name in one text, where it does not stand in three",
    **{
        name: RECORD_COLUMNS[name]
        for name in (
            *("kind", "given_name", "surname", "organization", "phone", "email"),
            *("address", "city", "zip", "account", "retailer"),
        )
    },
}
SAID_BY_SOMEBODY = "somebody said so"  # why a pair is decided against the model
LONGEST_CUSTOMER_TEXT = (
    500  # characters: what is longer is no name, and comparing it takes its square
)


class ComplaintKind(StrEnum):
    """What a customer complains of."""

    LOW_VOLTAGE = "low_voltage"
    HIGH_VOLTAGE = "high_voltage"
    FLICKER = "flicker"
    VOLTAGE = "voltage"  # which, is not said
    OTHER = "other"


VOLTAGE_COMPLAINTS = frozenset(ComplaintKind) - {ComplaintKind.OTHER}


class EnrollmentAction(StrEnum):
    """What a retailer's transaction does to who holds an account."""

    MOVE_IN = "move_in"  # another customer
    SWITCH = "switch"  # the same customer, another retailer
    MOVE_OUT = "move_out"
    CHANGE = "change"  # of name or contact
    CANCEL = "cancel"  # of the move-in or switch of that day
    NONE = "none"  # a response, a notice: nothing comes of it


class PartyKind(StrEnum):
    """What a party is."""

    PERSON = "person"
    ORGANIZATION = "organization"


class DesignationKind(StrEnum):
    """What a customer is designated as, the most urgent first; after 16 TAC 25.497."""

    PUBLIC_SAFETY = "critical_load_public_safety"
    CRITICAL_CARE = "critical_care_residential"
    CHRONIC_CONDITION = "chronic_condition_residential"
    INDUSTRIAL = "critical_load_industrial"


CONTACT_ORDER = tuple(DesignationKind)
# How long a designation holds at most, in days; None = until it is withdrawn.
LONGEST_DESIGNATION_DAYS: dict[DesignationKind, int | None] = {
    DesignationKind.PUBLIC_SAFETY: None,
    DesignationKind.CRITICAL_CARE: 731,  # two years
    DesignationKind.CHRONIC_CONDITION: 366,  # 90 days, or up to a year
    DesignationKind.INDUSTRIAL: None,
}


@dataclass(frozen=True, slots=True)
class Designation:
    """That a customer depends on power more than others, and until when."""

    designation: str
    kind: DesignationKind
    esi_id: str
    source: str
    contact: str
    second_contact: str
    valid_from: date
    valid_until: date | None  # the last day; None = until it is withdrawn

    def holds_on(self, day: date) -> bool:
        """Say whether it holds on a day."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)
