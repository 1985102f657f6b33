"""Name the device tables of CYME text, and what each becomes."""

from __future__ import annotations

from typing import NamedTuple


class CymeDeviceTable(NamedTuple):
    """What the devices of one table become."""

    word: str  # before the number of a device, in its id
    kind: str
    placement: str = ""
    rated_in: str = ""  # the table of equipment that holds its rating, by EqID


_CYME_SWITCHES = {
    "breaker": "breaker",
    "fuse": "fuse",
    "lvcb": "breaker",
    "networkprotector": "breaker",
    "recloser": "recloser",
    "sectionalizer": "sectionaliser",
    "switch": "load_break_switch",
}
_CYME_LINES = {
    "busway": "",
    "overheadbyphase": "overhead",
    "overheadline": "overhead",
    "overheadlineunbalanced": "overhead",
    "undergroundline": "underground",
}
_TRANSFORMERS = (
    "autotransformer", "phaseshiftertransformer", "threewindingautotransformer",
    "threewindingtransformer", "transformer", "transformerbyphase",
)  # fmt: skip
_OTHERS = {
    "miscellaneous": "ac_line_segment",
    "regulator": "voltage_regulator",
    "seriecapacitor": "series_reactor",
    "seriereactor": "series_reactor",
    "seriescapacitor": "series_reactor",
    "seriesreactor": "series_reactor",
}
LINE_CONFIGURATION = "lineconfiguration"  # of later versions: one table for cables too
SERIES_DEVICES: dict[str, CymeDeviceTable] = {
    **{name: CymeDeviceTable(name, kind, "", name) for name, kind in _CYME_SWITCHES.items()},
    **{
        name: CymeDeviceTable(
            "cable" if placement == "underground" else "line", "ac_line_segment", placement
        )
        for name, placement in _CYME_LINES.items()
    },
    LINE_CONFIGURATION: CymeDeviceTable("line", "ac_line_segment"),
    **{
        name: CymeDeviceTable("transformer", "power_transformer", "", name)
        for name in _TRANSFORMERS
    },
    **{name: CymeDeviceTable(name, kind, "", name) for name, kind in _OTHERS.items()},
}
GENERATOR_DEVICES = frozenset(
    {"bess", "chp", "electronicconvertergenerator", "inductiongenerator", "microturbine"}
    | {"photovoltaic", "sofc", "synchronousgenerator", "wecs"}
)
# At one node, they join nothing and serve nobody; or they are no devices of the current at all.
SHUNT_DEVICES = frozenset(
    {"arrester", "faultindicator", "groundingtransformer", "instrument", "meter", "potential"}
    | {"relay", "shuntcapacitor", "shuntreactor", "svc", "tag"}
)
MOTOR_DEVICES = frozenset({"inductionmotor", "synchronousmotor"})


def name_device_table(section: str) -> str:
    """
    Return the device that a section lists, by its name without blanks; empty where it lists none.

    Examples
    --------
    >>> name_device_table("switchsetting"), name_device_table("besssettings")
    ('switch', 'bess')
    >>> name_device_table("lineconfiguration"), name_device_table("node")
    ('lineconfiguration', '')
    """
    if section == LINE_CONFIGURATION:
        return section
    for ending in ("settings", "setting"):
        if section.endswith(ending):
            return section.removesuffix(ending)
    return ""
