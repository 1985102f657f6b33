"""Invent what several systems say of the customers of a world, with the truth beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from gridtwin.customers.simulation.customer_world import (
    LANDLORD_SHARE,
    CustomerWorld,
    build_world,
    draw_phones,
)
from gridtwin.customers.simulation.record_noise import (
    change_some,
    cut_initial,
    mishear_name,
    slip_date,
    slip_finger,
    take_nickname,
    write_address,
    write_phone,
)
from gridtwin.model.customers import RECORD_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

RETAILERS = ("R01", "R02", "R03", "R04", "R05", "R06", "R07", "R08")
ACCOUNTS_A_LANDLORD = 25
TRADING_AS, FORM_SAID, SUFFIX_SAID = 0.15, 0.6, 0.6  # shares of firms, and of persons with one


@dataclass(frozen=True, slots=True)
class RecordNoise:
    """How often something is missing or wrong; shares of records."""

    nickname: float = 0.16
    initial: float = 0.03
    slip: float = 0.06
    misheard: float = 0.04
    maiden: float = 0.03
    stale: float = 0.06  # accounts of tenants who are gone
    moved: float = 0.04  # portal records that show another address
    no_esi: float = 0.70  # of the portal
    wrong_esi: float = 0.01
    no_birth: tuple[float, float] = (0.55, 0.80)  # of accounts, of the portal
    wrong_birth: float = 0.03
    no_phone: tuple[float, float] = (0.08, 0.15)
    other_phone: float = 0.12  # a number of work, or of before
    no_email: tuple[float, float] = (0.45, 0.10)
    other_email: float = 0.10
    no_unit: float = 0.20
    member: float = 0.22  # portal records of another member of the household
    twice: float = 0.05  # portal records that repeat another


class SimulatedRecords(NamedTuple):
    """Records, the truth beside them, and what lies behind."""

    accounts: pd.DataFrame  # of the CIS
    portal: pd.DataFrame  # of the CRM
    truth: pd.DataFrame  # record, party, premise: that of the account, that the portal shows
    world: CustomerWorld


def simulate_records(
    premises: int,
    portal: int,
    *,
    seed: int = 1,
    noise: RecordNoise | None = None,
    usage_points: Sequence[str] | None = None,
) -> SimulatedRecords:
    """
    Invent accounts of a CIS, and records of a portal.

    Parameters
    ----------
    premises
        How many premises there are, each with one account.
    portal
        How many records the portal has.
    seed
        The same seed makes the same records.
    noise
        How often something is missing or wrong.
    usage_points
        mRIDs of the usage points of the premises, if there are any.
    """
    rng, noise = np.random.default_rng(seed), noise or RecordNoise()
    world = build_world(premises, rng, usage_points)
    holders = _choose_holders(world, noise, rng)
    accounts = _write_accounts(world, holders, noise, rng)
    records = _write_portal(world, holders, portal, noise, rng)
    told = ["record", "party", "premise"]
    truth = pd.concat([accounts[told], records[told]])
    columns = list(RECORD_COLUMNS)
    return SimulatedRecords(
        accounts[columns], records[columns], truth.reset_index(drop=True), world
    )


class _Holders(NamedTuple):
    """Who has the account of each premise: a row of the people, or of the firms."""

    person: NDArray[np.int64]  # -1 = a firm
    firm: NDArray[np.int64]  # -1 = a person
    stale: NDArray[np.bool_]


def _choose_holders(world: CustomerWorld, noise: RecordNoise, rng: np.random.Generator) -> _Holders:
    count = len(world.premises)
    person, firm = np.full(count, -1), np.full(count, -1)
    homes = world.people["home"].to_numpy()
    first = np.flatnonzero(np.diff(homes, prepend=-1))
    person[homes[first]] = first
    firm[world.firms["site"].to_numpy()] = np.arange(len(world.firms))
    lived = np.flatnonzero(person >= 0)
    let = rng.choice(lived, int(len(lived) * LANDLORD_SHARE), replace=False)
    landlords = rng.choice(first, max(1, len(let) // ACCOUNTS_A_LANDLORD), replace=False)
    person[let] = landlords[rng.integers(0, len(landlords), len(let))]
    stale = (person >= 0) & (rng.random(count) < noise.stale)
    stale[let] = False
    return _Holders(person, firm, stale)


def _write_accounts(
    world: CustomerWorld, holders: _Holders, noise: RecordNoise, rng: np.random.Generator
) -> pd.DataFrame:
    """Write what the CIS says: one account for each premise."""
    count = len(world.premises)
    rows = _describe_parties(world, holders.person, holders.firm)
    gone = np.flatnonzero(holders.stale)  # the account still names a tenant of before
    former = np.roll(gone, 1)
    for name in ("party", "given_name", "surname", "birth_date", "phone", "email", "suffix"):
        rows.loc[gone, name] = rows[name].to_numpy()[former]
    rows.loc[gone, "party"] = "gone-" + rows.loc[gone, "party"]
    rows.loc[gone, "phone"] = draw_phones(len(gone), rng)
    rows.loc[gone, "email"] = ""
    rows.loc[gone, "birth_date"] = ""
    rows["record"] = np.char.add("cis:", np.arange(1, count + 1).astype(str))
    rows["source"] = "cis"
    rows["account"] = np.char.add("A", np.arange(1, count + 1).astype(str))
    rows["retailer"] = np.array(RETAILERS)[rng.integers(0, len(RETAILERS), count)]
    begun = np.datetime64("2012-01-01") + rng.integers(0, 5_000, count)
    rows["valid_from"], rows["valid_to"] = begun.astype(str), ""
    rows["esi_id"] = world.premises["esi_id"].to_numpy()
    _spoil_records(rows, world, np.arange(count), noise, rng, which=0)
    return rows


def _write_portal(
    world: CustomerWorld,
    holders: _Holders,
    count: int,
    noise: RecordNoise,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Write what the CRM says: who registered, with which of their homes."""
    premise = rng.integers(0, len(world.premises), count)
    person, firm = holders.person[premise].copy(), holders.firm[premise].copy()
    homes = world.people["home"].to_numpy()
    starts = np.searchsorted(homes, np.arange(len(world.premises)))
    sizes = np.searchsorted(homes, np.arange(len(world.premises)), side="right") - starts
    member = (person >= 0) & (rng.random(count) < noise.member) & (sizes[premise] > 0)
    drawn = starts[premise] + (rng.random(count) * sizes[premise]).astype(int)
    person[member] = drawn[member]
    rows = _describe_parties(world, person, firm)
    shown = np.where(rng.random(count) < noise.moved, rng.integers(0, len(homes), count), -1)
    place = np.where(shown >= 0, homes[shown], premise)
    rows["record"] = np.char.add("crm:", np.arange(1, count + 1).astype(str))
    rows["source"] = "crm"
    rows["account"], rows["retailer"], rows["valid_to"] = "", "", ""
    rows["valid_from"] = (np.datetime64("2018-01-01") + rng.integers(0, 3_000, count)).astype(str)
    esi = world.premises["esi_id"].to_numpy()[premise]
    drawn_esi = world.premises["esi_id"].to_numpy()[rng.integers(0, len(world.premises), count)]
    esi = np.where(rng.random(count) < noise.wrong_esi, drawn_esi, esi)
    rows["esi_id"] = np.where(rng.random(count) < noise.no_esi, "", esi)
    again = np.flatnonzero(rng.random(count) < noise.twice)
    again = again[again > 0]
    kept = [name for name in rows.columns if name != "record"]
    rows.loc[again, kept] = rows.loc[again - 1, kept].to_numpy()
    place[again] = place[again - 1]
    _spoil_records(rows, world, place, noise, rng, which=1)
    return rows


def _describe_parties(
    world: CustomerWorld, person: NDArray[np.int64], firm: NDArray[np.int64]
) -> pd.DataFrame:
    """Return what is true of the party of each record."""
    people, firms = world.people, world.firms
    is_person = person >= 0
    row = np.where(is_person, person, 0)
    site = np.where(firm >= 0, firm, 0)

    def choose(of_people: str, of_firms: str) -> NDArray[np.object_]:
        mine = people[of_people].to_numpy()[row] if of_people else ""
        theirs = firms[of_firms].to_numpy()[site] if of_firms and len(firms) else ""
        return np.where(is_person, mine, theirs).astype(object)

    return pd.DataFrame(
        {
            "party": choose("party", "party"),
            "kind": np.where(is_person, "person", "organization"),
            "given_name": choose("given", ""),
            "surname": choose("surname", ""),
            "maiden": choose("maiden", ""),
            "suffix": choose("suffix", ""),
            "organization": choose("", "name"),
            "trading_as": choose("", "trading_as"),
            "form": choose("", "form"),
            "birth_date": choose("birth", ""),
            "phone": choose("phone", "phone"),
            "email": choose("email", "email"),
        }
    )


def _spoil_records(
    rows: pd.DataFrame,
    world: CustomerWorld,
    place: NDArray[np.int64],
    noise: RecordNoise,
    rng: np.random.Generator,
    *,
    which: int,
) -> None:
    """Let records go wrong as those of a system do."""
    rows["identity_number"] = ""
    person = rows["kind"].to_numpy() == "person"
    _spoil_names(rows, person, noise, rng)
    _spoil_firms(rows, ~person, noise, rng)
    _spoil_contacts(rows, noise, rng, which=which)
    _spoil_places(rows, world.premises.iloc[place], noise, rng, which=which)


def _spoil_firms(
    rows: pd.DataFrame, is_firm: NDArray[np.bool_], noise: RecordNoise, rng: np.random.Generator
) -> None:
    count = len(rows)
    firm = rows["organization"].to_numpy().astype(object)
    trading = (rng.random(count) < TRADING_AS) & is_firm
    firm[trading] = rows["trading_as"].to_numpy()[trading]
    formed = (rng.random(count) < FORM_SAID) & is_firm
    firm[formed] = firm[formed] + " " + rows["form"].to_numpy()[formed]
    rows["organization"] = change_some(firm, noise.slip / 2, slip_finger, rng)


def _spoil_contacts(
    rows: pd.DataFrame, noise: RecordNoise, rng: np.random.Generator, *, which: int
) -> None:
    """Let dates of birth, phones and e-mails be missing, wrong, or others."""
    count = len(rows)
    birth = change_some(rows["birth_date"].to_numpy(), noise.wrong_birth, _slip_known, rng)
    rows["birth_date"] = np.where(rng.random(count) < noise.no_birth[which], "", birth)
    phone = rows["phone"].to_numpy().astype(object)
    other = rng.random(count) < noise.other_phone
    phone[other] = draw_phones(int(other.sum()), rng)
    phone[rng.random(count) < noise.no_phone[which]] = ""
    rows["phone"] = [write_phone(each, rng) for each in phone]
    email = rows["email"].to_numpy().astype(object)
    changed = (rng.random(count) < noise.other_email) & (email != "")
    email[changed] = [f"x{n}{which}.{each}" for n, each in enumerate(email[changed])]
    rows["email"] = np.where(rng.random(count) < noise.no_email[which], "", email)


def _spoil_places(
    rows: pd.DataFrame,
    homes: pd.DataFrame,
    noise: RecordNoise,
    rng: np.random.Generator,
    *,
    which: int,
) -> None:
    """Write the address of each record; of the portal units are left out, streets misspelt."""
    count = len(rows)
    rows["premise"] = homes["premise"].to_numpy()
    unit = homes["unit"].to_numpy().astype(object)
    unit[rng.random(count) < noise.no_unit * which] = ""
    street = homes["street"].to_numpy().astype(object)
    wrong = rng.random(count) < noise.slip / 2 * which
    street[wrong] = [_slip_street(each, rng) for each in street[wrong]]
    number = homes["number"].to_numpy()
    rows["address"] = [write_address(*each, rng) for each in zip(number, street, unit, strict=True)]
    rows["city"], rows["zip"] = homes["city"].to_numpy(), homes["zip"].to_numpy()


def _spoil_names(
    rows: pd.DataFrame, person: NDArray[np.bool_], noise: RecordNoise, rng: np.random.Generator
) -> None:
    count = len(rows)
    given = rows["given_name"].to_numpy().astype(object)
    given = change_some(given, noise.nickname, take_nickname, rng)
    given = change_some(given, noise.slip / 2, slip_finger, rng)
    given = change_some(given, noise.misheard / 2, _hear_known, rng)
    rows["given_name"] = np.where(person, change_some(given, noise.initial, cut_initial, rng), "")
    surname = rows["surname"].to_numpy().astype(object)
    maiden = rows["maiden"].to_numpy()
    earlier = (rng.random(count) < noise.maiden) & (maiden != "")
    surname[earlier] = maiden[earlier]
    surname = change_some(surname, noise.slip / 2, slip_finger, rng)
    surname = change_some(surname, noise.misheard / 2, _hear_known, rng)
    suffix = rows["suffix"].to_numpy()
    told = (suffix != "") & (rng.random(count) < SUFFIX_SAID)
    rows["surname"] = np.where(told, surname + " " + suffix, surname)


def _slip_known(text: str, rng: np.random.Generator) -> str:
    return slip_date(text, rng) if text else text


def _slip_street(text: str, rng: np.random.Generator) -> str:
    name, kind = text.rsplit(" ", 1)
    return f"{slip_finger(name, rng)} {kind}"


def _hear_known(text: str, rng: np.random.Generator) -> str:
    return mishear_name(text, rng) if len(text) > 2 else text
