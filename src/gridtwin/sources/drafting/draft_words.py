"""
Know the words by which utilities call layers, kinds of equipment, positions and phases.

English, Portuguese, Spanish, German and French. A word says what something probably is; whoever
asks writes it down as evidence beside the guess.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

# What rows are called, the more particular first: a unit of a transformer is no transformer.
ROLE_PATTERNS = (
    ("unit", r"(transformer|regulator|switch|fuse|capacitor|device|recloser)units?$"
             r"|^eq[a-z]{2,4}$"),
    ("association", r"association|asociacion|associacao|verknuepfung"),
    ("feeder", r"circuitsource|subnetwork|feeders?$|circuits?$|alimentador|circuito|^ct[am]t$"
               r"|speiseleitung|abgang|departs?$"),
    ("structure", r"structure|^poles?$|poste|mast(en)?$|support|ponnot|apoio|apoyo|tower|duct"
                  r"|trench"),
    ("lamp", r"lamp|light|^pip$|iluminacao|alumbrado|leuchte|eclairage"),
    ("generator", r"generator|gerador|generador|erzeug|^ug[abm]t|solar|photovolt|storage"),
    ("capacitor", r"capacitor|kondensator|condensa|^uncr[abm]t"),
    ("regulator", r"regulator|regulador|spannungsregler|regulateur|^unre[abm]t"),
    ("transformer", r"transform|trafo|umspanner|transfo|xfmr|^untr[abm]t"),
    ("service", r"service(line|drop|lateral)|ramlig|ramal|acometida|hausanschlussleitung"
                r"|branchement"),
    ("fuse", r"fuses?$|fusivel|fusible|sicherung|cutout|elofusivel"),
    ("recloser", r"recloser|religador|reconectador|dynamicprotective|reenclench"),
    ("breaker", r"breaker|disjuntor|disyuntor|leistungsschalter|disjoncteur"),
    ("sectionaliser", r"sectionali[sz]er|seccionalizador"),
    ("switch", r"switch|chave|seccion|secciona|trenn|schalter|sectionneur|interrupt|^unse[abm]t"
               r"|openpoint|isolator|disconnect|jumper|elbow"),
    ("customer", r"servicepoint|usagepoint|deliverypoint|customer|consumer|meters?$|cliente"
                 r"|consumidor"
                 r"|^uc[abm]t|^loads?$|cargas?$|suministro|zaehler|kunden|hausanschluss|abonne"
                 r"|clients?$|compteur"),
    ("substation", r"substation|^sub$|subesta|umspannwerk|postesource|station$|poste$"),
    ("node", r"^bus(es|bars?)?$|nodes?$|knoten|junction|^nos?$|nodos?$|noeud|barra"),
    ("line", r"line|segment|conductor|cable|tramo|trecho|leitung|kabel|ligne|linea|linha|conducteur"
             r"|^ssd[abm]t"),
    ("device", r"device|dispositiv|equip|geraet|appareil"),
)  # fmt: skip
KIND_OF_ROLE = {
    "line": "ac_line_segment",
    "service": "service_drop",
    "transformer": "power_transformer",
    "regulator": "voltage_regulator",
    "fuse": "fuse",
    "recloser": "recloser",
    "breaker": "breaker",
    "sectionaliser": "sectionaliser",
    "switch": "disconnector",
}
SWITCH_ROLES = ("switch", "fuse", "recloser", "breaker", "sectionaliser")
# What the words of a domain call a kind of equipment; the more particular first.
KIND_PATTERNS = (
    ("service_drop", r"service (line|drop|lateral)|low voltage.*(line|conductor)|^low voltage$"
                     r"|ramal"),
    ("voltage_regulator", r"regulator|regulador|regler|regulateur"),
    ("power_transformer", r"transform|trafo|umspanner"),
    ("fuse", r"\bfuse|fusivel|fusible|sicherung|cutout"),
    ("recloser", r"recloser|religador|reconectador"),
    ("sectionaliser", r"sectionali[sz]|seccionalizador"),
    ("breaker", r"breaker|disjuntor|disyuntor|leistungsschalter|disjoncteur"),
    ("load_break_switch", r"load.?break|lasttrenn|gang operated|medium voltage switch"),
    ("jumper", r"jumper|elbow|\bcut\b"),
    ("disconnector", r"disconnect|switch|chave|seccion|trenn|schalter|sectionneur|isolator"),
    ("ac_line_segment", r"line|conductor|cable|^medium voltage$|^high voltage$|primary|overhead"
                        r"|underground|leitung|kabel|linha|linea|ligne"),
)  # fmt: skip
CUSTOMER_WORDS = r"service|customer|consumer|meter|usage point|cliente|consumidor|anschluss"
LINE_CLASSES = (
    ("primary", r"^pri|primar|^mv|medium|^mt|mittelspann|^hv|^ssdmt|media|moyenne|\bmv\b"),
    (
        "secondary",
        r"^sec|secondar|secundar|^lv|low|^bt|niederspann|^ssdbt|baja|baixa|basse|service",
    ),
)
PLACEMENT_WORDS = (
    (
        "underground",
        r"underground|^ug|[a-z]ug[a-z]|\bug\b|subterr|_sub|unterird|kabel|cable|souterr",
    ),
    ("overhead", r"overhead|^oh|[a-z]oh[a-z]|\boh\b|aereo|aere|_aer|freileitung|aerien"),
)


class PositionPair(NamedTuple):
    """Two words of one language that say how a switch stands."""

    open: str
    closed: str
    language: str


POSITION_PAIRS = (
    PositionPair("open", "closed", "English"),
    PositionPair("open", "close", "English"),
    PositionPair("opened", "closed", "English"),
    PositionPair("normally open", "normally closed", "English"),
    PositionPair("no", "nc", "English: normally open, normally closed"),
    PositionPair("o", "c", "English: open, closed"),
    PositionPair("a", "f", "Portuguese: aberto, fechado"),
    PositionPair("aberto", "fechado", "Portuguese"),
    PositionPair("aberta", "fechada", "Portuguese"),
    PositionPair("na", "nf", "Portuguese: normalmente aberto, fechado"),
    PositionPair("a", "c", "Spanish: abierto, cerrado"),
    PositionPair("abierto", "cerrado", "Spanish"),
    PositionPair("abierta", "cerrada", "Spanish"),
    PositionPair("na", "nc", "Spanish: normalmente abierto, cerrado"),
    PositionPair("o", "f", "French: ouvert, ferme"),
    PositionPair("ouvert", "ferme", "French"),
    PositionPair("offen", "geschlossen", "German"),
    PositionPair("aus", "ein", "German"),
    PositionPair("auf", "zu", "German"),
    PositionPair("off", "on", "English"),
)
ABSENT_WORDS = r"not applicable|n/?a|not present|none|absent|no existe|nao aplicavel|entfaellt"
IN_SERVICE_PAIRS = (
    ("in service", ("retired", "removed", "proposed", "out of service", "abandoned", "design")),
    ("active", ("inactive", "retired")),
    ("at", ("ds",)),
    ("ativo", ("inativo", "desativado")),
    ("ativa", ("inativa", "desativada")),
    ("activo", ("inactivo", "baja")),
    ("en service", ("hors service",)),
    ("in betrieb", ("ausser betrieb", "stillgelegt")),
)
IN_SERVICE_WORDS = (
    r"^(in service|active|energized|em servico|ativ[oa]|activ[oa]|en service|in betrieb)$"
)
ACTIVE_NAMES = r"sit|ativ|activ|status|estado|state|zustand|etat|lifecycle|service"
PHASE_NAMES = r"phase|^fas|fase|phas"
POSITION_NAMES = (
    r"(normal|^n|nrm|norm|^p_?n_?).*(pos|stat|open|ope)|^pos|posi|open|state|stellung|schalt|estado"
    r"|p_n_ope|devicestatus"
)
CURRENT_NAMES = r"present|current|actual|atual|aktuell|^ist"
POWER_NAMES = (
    r"kva|pot_?nom|ratedpower|power_?rating|potencia|leistung|puissance|s_nom|mva|(?<!ope)rating"
)
LENGTH_NAMES = r"length|^comp$|compriment|longitud|laenge|lange|longueur|^len$"
NAME_NAMES = ("name", "nome", "nombre", "bezeichnung", "nom", "label", "facilityid", "assetid")
FEEDER_NAMES = r"feeder|circuit|ctmt|alimentador|circuito|subnetworkname|abgang|depart"
_ID_TEXT = """
id guid uuid globalid mrid key cod code codigo facilityid assetid name nr no num nummer kennung
numero
"""
ID_WORDS = frozenset(_ID_TEXT.split())
# Ends of a line in names of columns, first and second.
SIDE_PAIRS = (
    ("1", "2"), ("0", "1"), ("a", "b"), ("from", "to"), ("start", "end"), ("begin", "end"),
    ("source", "target"), ("i", "j"), ("de", "para"), ("origem", "destino"), ("origen", "destino"),
    ("ini", "fim"), ("ini", "fin"), ("von", "nach"), ("anfang", "ende"), ("desde", "hasta"),
    ("debut", "fin"), ("closed", "open"), ("up", "down"), ("upstream", "downstream"),
)  # fmt: skip


def fold_text(text: object) -> str:
    """
    Return a text in lower case and without accents.

    Examples
    --------
    >>> fold_text("Posição"), fold_text("Fermé")
    ('posicao', 'ferme')
    """
    apart = unicodedata.normalize("NFKD", str(text).strip().casefold())
    return "".join(each for each in apart if not unicodedata.combining(each))


def squash_layer(name: str) -> str:
    """Return the name of a layer without schema, joints and what writers leave to taste."""
    bare = re.sub(r"(_tab|_table|_layer)$", "", fold_text(name).rpartition(".")[2])
    return re.sub(r"[\W_]+", "", bare)


def find_role(layer: str) -> str:
    """
    Return what the rows of a layer probably are; empty if its name does not tell.

    Examples
    --------
    >>> [find_role(name) for name in ("PriOHElectricLineSegment", "TRANSFORMERUNIT", "Kabel")]
    ['line', 'unit', 'line']
    >>> [find_role(name) for name in ("UCBT_tab", "trecho_mt", "Trennschalter", "zoning")]
    ['customer', 'line', 'switch', '']
    """
    text = squash_layer(layer)
    return next((role for role, pattern in ROLE_PATTERNS if re.search(pattern, text)), "")


def find_kind(words: str) -> str:
    """Return the kind of equipment that the words of a domain call; empty if none."""
    text = fold_text(words)
    return next((kind for kind, pattern in KIND_PATTERNS if re.search(pattern, text)), "")


def find_line_class(*texts: str) -> str:
    """Return ``"primary"`` or ``"secondary"`` as a name says of lines; empty if it does not."""
    for text in texts:
        for word, pattern in LINE_CLASSES:
            if re.search(pattern, fold_text(text)):
                return word
    return ""


def find_placement(text: str) -> str:
    """Return where lines run, as a name or a word says; empty if it does not."""
    folded = fold_text(text)
    return next((word for word, each in PLACEMENT_WORDS if re.search(each, folded)), "")


def find_position_pair(words: Iterable[str]) -> PositionPair | None:
    """
    Return the pair of words that all of these belong to; None where one cannot be sure.

    One letter alone belongs to several languages, so both must be there; a whole word needs no
    other.

    Examples
    --------
    >>> find_position_pair(["A", "F"]).open, find_position_pair(["closed"]).open
    ('a', 'open')
    >>> find_position_pair(["C"]), find_position_pair(["0", "1"])
    (None, None)
    """
    folded = {fold_text(word) for word in words if fold_text(word)}
    fitting = [pair for pair in POSITION_PAIRS if folded and folded <= {pair.open, pair.closed}]
    if len(folded) == 2 and len(fitting) == 1:
        return fitting[0]
    if len(folded) == 1 and len(next(iter(folded))) > 2 and fitting:
        return fitting[0]
    return None


def says_not_there(word: str) -> bool:
    """Return whether a word of a domain says that there is no such pole."""
    return re.fullmatch(ABSENT_WORDS, fold_text(word)) is not None
