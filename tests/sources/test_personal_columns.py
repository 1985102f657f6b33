"""Columns about persons are recognized, and kept only where a mapping names them."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridtwin.sources.mapping.personal_columns import tell_personal
from mapped_sources import COLUMNS, read_street, street


@pytest.mark.parametrize(
    "name",
    [
        *("CUST_NAME", "FirstName", "nome_cliente", "Nachname", "prenom", "APELLIDOS", "OwnerName"),
        *(
            "ServiceAddress",
            "STREET",
            "endereco",
            "CEP",
            "BAIRRO",
            "Strasse",
            "PLZ",
            "rue",
            "calle",
        ),
        *("Phone_No", "telefone", "E-Mail", "EMAIL_ADDR_EMAIL", "CPF", "CNPJ", "cpf_cnpj", "SSN"),
        *("DNI", "data_nascimento", "Geburtsdatum", "date_of_birth", "IBAN", "CISAccount"),
    ],
)
def test_names_that_tell(name: str) -> None:
    assert tell_personal(name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "FEEDER_NAME",
            "SubstationName",
            "STREET_LIGHT",
            "IP_ADDRESS",
            "PAC_1",
            "FAS_CON",
            "NAME",
        ),
        *(
            "GlobalID",
            "PHASES",
            "RatedKVA",
            "DAT_CON",
            "CLAS_SUB",
            "weather_cell_id",
            "CONJ",
            "rating",
        ),
    ],
)
def test_names_that_do_not_tell(name: str) -> None:
    assert not tell_personal(name)


def test_a_customer_s_name_is_a_person_s() -> None:
    assert tell_personal("NAME", of_customers=True)
    assert not tell_personal("NAME", of_customers=False)


@pytest.mark.parametrize(
    ("values", "what"),
    [
        (["a@x.org", "b.c@y.com", "d@z.net"], "an e-mail address"),
        (["529.982.247-25", "111.444.777-35", "123.456.789-09"], "a national id"),
        (["11.222.333/0001-81", "45.997.418/0001-53", "00.000.000/0001-91"], "a national id"),
        (["+49 171 5550123", "+55 11 91234-5678", "+1 212-555-0100"], "a phone number"),
        (["(11) 91234-5678", "(21) 3456-7890", "(11) 5555-0000"], "a phone number"),
        (["12 Main Street", "7 Oak Ave", "1500 Elm Rd"], "an address"),
        (["Hauptstraße 5", "Bahnhofstr. 12", "Lindenweg 3a"], "an address"),
        (["Rua das Flores, 12", "Av. Brasil 100", "Travessa Nova 3"], "an address"),
        (["01310-100", "99950-000", "20040-002"], "a postal code"),
    ],
)
def test_values_that_tell(values: list[str], what: str) -> None:
    assert tell_personal("REMARK", values) == f"{what}, by how its values look"


@pytest.mark.parametrize(
    "values",
    [
        ["SW-1", "SW-2", "SW-3"],
        ["30/10/2006", "12/09/2007", "15/09/2011"],
        ["10741", "82181", "88561"],
        ["ACSR 4/0", "ACSR 336", "XLPE 500"],
        ["12.47 kV", "120/240 V", "115 kV"],
        ["a@x.org", "pole", "switch"],
        ["x@y.org", None, None],
    ],
)
def test_values_that_do_not_tell(values: list[str | None]) -> None:
    assert not tell_personal("REMARK", values)


def meters() -> dict:  # type: ignore[type-arg]
    layers = street()
    layers["METERS"] |= {
        "PHONE": ["+49 171 5550123", None],
        "CONTACT": ["a@example.org", "b@example.org"],
        "TARIFF": ["T1", "T2"],
    }
    return layers


def keep(text: str) -> str:
    return COLUMNS.replace('to = "usage_points"', f'to = "usage_points"\nkeep = {text}')


def test_all_columns_are_kept_but_those_about_persons(tmp_path: Path) -> None:
    network = read_street(tmp_path, meters(), keep('"*"'))
    assert {"CONTACT", "TARIFF", "ACTIVE"} <= set(network.usage_points)  # two values tell nothing
    assert "PHONE" not in network.usage_points
    (told,) = [notice for notice in network.notices if notice.rule == "personal_column"]
    assert "[[layer]] 3 (METERS), keep: columns of METERS" in told.evidence
    assert "PHONE (a phone number, by what it is called)" in told.evidence
    assert told.mend == 'name those that you may keep: keep = ["*", "PHONE"]'
    assert "5550123" not in str(told)


@pytest.mark.parametrize("text", ['["*", "PHONE"]', '["PHONE", "TARIFF"]'])
def test_columns_about_persons_are_kept_where_they_are_named(tmp_path: Path, text: str) -> None:
    network = read_street(tmp_path, meters(), keep(text))
    assert {"PHONE", "TARIFF"} <= set(network.usage_points)
    assert ("ACTIVE" in network.usage_points) == ("*" in text)
    assert not [notice for notice in network.notices if notice.rule == "personal_column"]


def test_columns_called_as_those_of_the_reader_do_not_take_their_place(tmp_path: Path) -> None:
    layers = street()
    layers["METERS"] |= {"KEY": ["(11) 91234-5678", "x"], "Layer": ["a", "b"], "block": ["c", "d"]}
    network = read_street(tmp_path, layers, keep('"*"'))
    assert network.usage_points["mrid"].tolist() == ["METERS:M1", "METERS:M2"]
    assert "ACTIVE" in network.usage_points
