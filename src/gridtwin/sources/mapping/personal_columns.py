"""
Recognize columns about persons: by what they are called, and by how their values look.

A column called so counts whatever it holds; a shape counts where most values have it. What is
recognized is left out wherever a mapping keeps all columns, and kept only where it is named.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_HAVE_IT = 0.6  # share of the values that must have a shape
FEWEST_VALUES = 3

# Words of a column's name, between its joints; English, Portuguese, Spanish, German, French.
_PERSONAL_TEXTS = {
    "a name of a person": (
        "customername consumername ownername accountname holdername contactname firstname lastname"
        " surname fullname custname membername subscriber occupant tenant nomecliente nometitular"
        " nomeconsumidor sobrenome titular nombrecliente nombretitular apellido apellidos"
        " propietario proprietario nachname vorname kundenname eigentuemer inhaber nomclient prenom"
        " titulaire abonne"
    ),
    "an address": (
        "address addr addressline street streetname housenumber houseno serviceaddress mailing"
        " mailingaddress premise premiseaddress postcode zip zipcode postalcode endereco"
        " logradouro lgrd bairro brr cep nrendereco direccion calle domicilio codigopostal adresse"
        " anschrift strasse hausnummer hausnr plz rue codepostal"
    ),
    "a phone number": (
        "phone phonenumber phoneno telephone tel mobile cellphone fax telefone celular telefono"
        " movil telefon handy handynummer telefonnummer portable"
    ),
    "an e-mail address": "email emailaddress mailaddress correo correoelectronico courriel",
    "a national id": (
        "ssn socialsecurity nationalid taxid passport cpf cnpj cpfcnpj rg nis pis cnh dni nif nie"
        " cedula rut ruc curp rfc steuernummer steuerid ausweis ausweisnummer nir siret siren insee"
    ),
    "a birth date": (
        "birth birthdate birthday dob dateofbirth nascimento datanascimento datnasc nacimiento"
        " fechanacimiento geburtsdatum geburtstag naissance datenaissance"
    ),
    "an account": (
        "accountnumber accountno account custaccount cisaccount bankaccount iban conta contacliente"
        " cuenta kontonummer numerocompte"
    ),
}
REASON_OF_NAME = {word: what for what, words in _PERSONAL_TEXTS.items() for word in words.split()}
_CUSTOMER_TEXT = "name nome nombre nom names customer cliente kunde client"
NAMES_OF_CUSTOMERS = frozenset(_CUSTOMER_TEXT.split())
# Words that turn a name into that of a thing: a street lamp, an address of a device.
_THING_TEXT = """
ip mac modbus dnp device equipment feeder circuit substation station switch bus light lamp lighting
"""
_OF_THINGS = frozenset(_THING_TEXT.split())
_SHAPES = {
    "an e-mail address": r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}",
    "a national id": (
        r"\d{3}\.\d{3}\.\d{3}-\d{2}|\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}|\d{3}-\d{2}-\d{4}"
        r"|[XYZ]?\d{7,8}-?[A-HJ-NP-TV-Z]|\d{1,2}\.\d{3}\.\d{3}-[\dkK]"
    ),
    "a phone number": (
        r"\+\d[\d\s()./-]{7,17}|\(\d{2,4}\)\s?\d{3,5}[\s-]?\d{3,5}|\d{3}[.-]\d{3}[.-]\d{4}"
        r"|0\d{2,4}[\s/-]\d{4,9}"
    ),
    "a postal code": r"\d{5}-\d{3}|[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}|[A-Z]\d[A-Z] \d[A-Z]\d",
    "an address": (
        r"(?i:\d{1,6}\s+\w[\w .']+\s"
        r"(?:st|street|ave|avenue|rd|road|dr|drive|ln|lane|blvd|ct|way)\.?"
        r"|(?:rua|r\.|av\.?|avenida|travessa|calle|c/|carrera|rue|chemin|all[ée]e)\s+\S.*\d.*"
        r"|\w[\w .-]*(?:stra(?:ß|ss)e|str\.|weg|gasse|platz)\s+\d+\s?\w?)"
    ),
}
_PATTERNS = {what: re.compile(pattern) for what, pattern in _SHAPES.items()}


def tell_personal(column: str, values: Sequence[object] = (), *, of_customers: bool = False) -> str:
    """
    Return what a column seems to say of persons, and how one can tell; empty if nothing.

    Parameters
    ----------
    column
        What it is called.
    values
        Some of its values; those that are empty say nothing.
    of_customers
        Whether its rows are customers, whose name is that of a person.

    Examples
    --------
    >>> tell_personal("CUST_NAME")
    'a name of a person, by what it is called'
    >>> tell_personal("REMARK", ["a@example.org", "b@example.org", "c@example.org", None])
    'an e-mail address, by how its values look'
    >>> tell_personal("FEEDER_NAME"), tell_personal("KVA", [25, 50, 75])
    ('', '')
    """
    what = _tell_by_name(column)
    if of_customers and column.casefold() in NAMES_OF_CUSTOMERS:
        what = "a name of a person"
    if what:
        return f"{what}, by what it is called"
    texts = {value.strip() for value in values if isinstance(value, str) and value.strip()}
    if len(texts) >= FEWEST_VALUES:
        for what, pattern in _PATTERNS.items():
            alike = sum(pattern.fullmatch(text) is not None for text in texts)
            if alike >= MOST_HAVE_IT * len(texts):
                return f"{what}, by how its values look"
    return ""


def split_words(name: str) -> list[str]:
    """
    Return the words of a name, in lower case, whichever way they are joined.

    Examples
    --------
    >>> split_words("PriOHLine_2"), split_words("normalOpen")
    (['pri', 'oh', 'line', '2'], ['normal', 'open'])
    """
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+|\d+", name)
    return [part.casefold() for part in parts]


def _tell_by_name(column: str) -> str:
    words = split_words(column)
    if _OF_THINGS & set(words):
        return ""
    whole = "".join(words)
    if whole in REASON_OF_NAME:
        return REASON_OF_NAME[whole]
    for start in range(len(words)):
        for stop in range(start + 1, min(start + 3, len(words)) + 1):
            what = REASON_OF_NAME.get("".join(words[start:stop]), "")
            if what:
                return what
    return ""
