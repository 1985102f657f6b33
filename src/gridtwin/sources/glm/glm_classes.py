"""Name the classes of GridLAB-D that a network is made of, and those it can do without."""

from __future__ import annotations

GLM_SWITCH_KINDS = {
    "fuse": "fuse",
    "recloser": "recloser",
    "sectionalizer": "sectionaliser",
    "switch": "load_break_switch",
    "relay": "recloser",
}
GLM_LINK_KINDS = {
    **GLM_SWITCH_KINDS,
    "line": "ac_line_segment",
    "overhead_line": "ac_line_segment",
    "regulator": "voltage_regulator",
    "series_reactor": "series_reactor",
    "transformer": "power_transformer",
    "triplex_line": "ac_line_segment",
    "underground_line": "ac_line_segment",
}
GLM_PLACEMENTS = {"overhead_line": "overhead", "underground_line": "underground"}
# A link may end at any of these: all of them are nodes to the program.
GLM_NODE_CLASSES = frozenset(
    {"capacitor", "load", "meter", "motor", "node", "pqload", "substation", "triplex_load"}
    | {"triplex_meter", "triplex_node"}
)
GLM_LOAD_CLASSES = frozenset({"load", "motor", "pqload", "triplex_load"})  # customers always
GLM_TRIPLEX_CLASSES = frozenset({"triplex_load", "triplex_meter", "triplex_node"})
GLM_HOUSE_CLASSES = frozenset({"house", "house_e"})
GLM_GENERATORS = frozenset(
    {"battery", "central_dg_control", "diesel_dg", "energy_storage", "inverter", "inverter_dyn"}
    | {"microturbine", "solar", "windturb_dg"}
)
# What a network can do without: how things are built, measured, controlled, and what they are in.
GLM_PASSED_CLASSES = frozenset(
    {
        "auction", "billdump", "cc_controller", "climate", "collector", "complex_assert",
        "controller", "controller_dg", "csv_reader", "currdump", "current_recorder",
        "dishwasher", "double_assert", "double_controller", "dryer", "emissions", "enum_assert",
        "evcharger", "evcharger_det", "eventgen", "fault_check", "fncs_msg", "freezer",
        "frequency_gen", "group_recorder", "helics_msg", "histogram", "impedance_dump",
        "int_assert", "jsondump", "lights", "line_configuration", "line_sensor", "line_spacing",
        "load_tracker", "metrics", "metrics_collector", "metrics_collector_writer",
        "microwave", "multi_recorder", "occupantload", "overhead_line_conductor",
        "passive_controller", "player", "plugload", "power_metrics", "powerdump", "range",
        "recorder", "refrigerator", "regulator_configuration", "residential_enduse",
        "restoration", "shaper", "stub_bidder", "stubauction", "supervisory_control",
        "sync_check", "thermal_storage", "transformer_configuration", "triplex_line_conductor",
        "triplex_line_configuration", "underground_line_conductor", "violation_recorder",
        "volt_var_control", "voltdump", "waterheater", "weather", "zipload",
    }
)  # fmt: skip
