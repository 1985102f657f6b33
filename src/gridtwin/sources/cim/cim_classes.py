"""Name the classes and properties of CIM that a network is made of; all else is skipped."""

from __future__ import annotations

CIM_SWITCH_KINDS = {
    "Breaker": "breaker",
    "Cut": "jumper",
    "Disconnector": "disconnector",
    "DisconnectingCircuitBreaker": "breaker",
    "Fuse": "fuse",
    "Jumper": "jumper",
    "LoadBreakSwitch": "load_break_switch",
    "ProtectedSwitch": "breaker",
    "Recloser": "recloser",
    "Sectionaliser": "sectionaliser",
    "Switch": "disconnector",  # nothing says that it may break load
}
CIM_PAIR_KINDS = {
    **CIM_SWITCH_KINDS,
    "ACLineSegment": "ac_line_segment",
    "EquivalentBranch": "ac_line_segment",
    "SeriesCompensator": "series_reactor",
}
GROUNDING_CLASSES = frozenset({"GroundDisconnector"})  # between whose ends nothing flows
CONSUMER_CLASSES = frozenset({"ConformLoad", "EnergyConsumer", "NonConformLoad", "StationSupply"})
GRID_CLASSES = frozenset({"ExternalNetworkInjection"})
SOURCE_CLASSES = frozenset({"EnergySource"})
GENERATING_CLASSES = frozenset(
    {"AsynchronousMachine", "EquivalentInjection", "PowerElectronicsConnection"}
    | {"SynchronousMachine"}
)
FEEDING_CLASSES = GRID_CLASSES | SOURCE_CLASSES | GENERATING_CLASSES
SINGLE_NODE_CLASSES = frozenset(  # joins nothing and serves nobody
    {"BusbarSection", "Clamp", "Connector", "EquivalentShunt"}
    | {"Ground", "GroundingImpedance", "Junction", "LinearShuntCompensator"}
    | {"NonlinearShuntCompensator", "PetersenCoil", "ShuntCompensator", "StaticVarCompensator"}
)
FEEDER_CLASSES = ("Feeder", "Line")
PHASE_OWNERS = ("ACLineSegment", "EnergyConsumer", "EnergySource", "PowerElectronicsConnection")

# Beside CIM, what this program writes that CIM has no word for: property, and column of a frame.
OWN_NAMESPACE = "urn:gridtwin:cim#"
OWN_COLUMNS = {
    "own:kind": "kind",
    "own:control": "control",
    "own:phases": "phases",
    "own:open": "normal_open",
    "own:placement": "placement",
    "own:length": "length_m",
    "own:ratedCurrent": "rated_a",
    "own:ratedPower": "rated_va",
    "own:vectorGroup": "vector_group",
    "own:serviceClass": "service_class",
    "own:priority": "priority",
    "own:transformer": "transformer",
}

_RESOURCE = ("name", "Location")
_EQUIPMENT = (
    *_RESOURCE, "EquipmentContainer", "BaseVoltage", "inService", "normallyInService",
    "normalOpen", "open", "length", "ratedCurrent", "ratedS", "p", "activePower",
    "customerCount", "vectorGroup", "WireSpacingInfo", "ACLineSegment",
    *OWN_COLUMNS,
)  # fmt: skip
# Of each table: its columns. A property is told by what follows the last dot of its name.
CIM_COLUMNS: dict[str, tuple[str, ...]] = {
    "model": ("profile", "DependentOn"),
    "equipment": _EQUIPMENT,
    "terminal": (
        "ConductingEquipment", "ConnectivityNode", "TopologicalNode", "sequenceNumber",
        "connected", "phases", "OperationalLimitSet",
    ),
    "connectivity_node": ("ConnectivityNodeContainer", "TopologicalNode"),
    "topological_node": ("ConnectivityNodeContainer", "BaseVoltage"),
    "phase": (
        *PHASE_OWNERS, "Switch", "phase", "phaseSide1", "phaseSide2", "normalOpen", "closed", "p",
        "WireInfo",
    ),
    "tank": ("name", "PowerTransformer", "TransformerTankInfo"),
    "end": (
        "PowerTransformer", "TransformerTank", "endNumber", "Terminal", "BaseVoltage", "phases",
        "orderedPhases", "ratedS", "ratedU",
    ),
    "tap_changer": ("TransformerEnd",),
    "end_info": ("TransformerTankInfo", "endNumber", "ratedS"),
    "base_voltage": ("nominalVoltage",),
    "container": (
        *_RESOURCE, "Substation", "VoltageLevel", "EquipmentContainer", "BaseVoltage",
        "NormalEnergizingSubstation", "NormalHeadTerminal", "own:ratedPower",
    ),
    "location": ("CoordinateSystem", "PowerSystemResources"),
    "position": ("Location", "sequenceNumber", "xPosition", "yPosition"),
    "coordinate_system": ("crsUrn",),
    "current_limit": ("OperationalLimitSet", "value"),
    "limit_set": ("Terminal", "Equipment"),
    "usage_point": ("name", "Equipments", "phaseCode", "UsagePointLocation"),
    "wire": ("isCable",),
}  # fmt: skip
ENUMERATED_COLUMNS = frozenset(
    {"orderedPhases", "phase", "phaseCode", "phaseSide1", "phaseSide2", "phases"}
)

_CLASSES: dict[str, tuple[str, ...]] = {
    "model": ("FullModel",),
    "equipment": (
        *CIM_PAIR_KINDS, *GROUNDING_CLASSES, *CONSUMER_CLASSES, *FEEDING_CLASSES,
        *SINGLE_NODE_CLASSES, "PowerTransformer",
    ),
    "terminal": ("Terminal",),
    "connectivity_node": ("ConnectivityNode",),
    "topological_node": ("TopologicalNode",),
    "phase": (
        "ACLineSegmentPhase", "EnergyConsumerPhase", "EnergySourcePhase", "SwitchPhase",
        "PowerElectronicsConnectionPhase",
    ),
    "tank": ("TransformerTank",),
    "end": ("PowerTransformerEnd", "TransformerTankEnd"),
    "tap_changer": (
        "RatioTapChanger", "PhaseTapChangerAsymmetrical", "PhaseTapChangerLinear",
        "PhaseTapChangerSymmetrical", "PhaseTapChangerTabular",
    ),
    "end_info": ("TransformerEndInfo",),
    "base_voltage": ("BaseVoltage",),
    "container": ("Bay", "Feeder", "Line", "Substation", "VoltageLevel"),
    "location": ("Location", "ServiceLocation", "UsagePointLocation"),
    "position": ("PositionPoint",),
    "coordinate_system": ("CoordinateSystem",),
    "current_limit": ("CurrentLimit",),
    "limit_set": ("OperationalLimitSet",),
    "usage_point": ("UsagePoint",),
    "wire": (
        "WireSpacingInfo", "OverheadWireInfo", "ConcentricNeutralCableInfo", "TapeShieldCableInfo",
    ),
}  # fmt: skip
TABLE_OF_CLASS = {name: table for table, names in _CLASSES.items() for name in names}
# What is there by the thousand and is no equipment; other unknown classes are kept by their class.
SKIPPED_CLASSES = frozenset(
    {
        "ActivePowerLimit", "Analog", "AnalogValue", "ApparentPowerLimit", "Asset",
        "ConnectivityNodeContainer", "ControlArea", "Curve", "CurveData", "Diagram",
        "DiagramObject", "DiagramObjectPoint", "Discrete", "GeographicalRegion",
        "IEC61970CIMVersion", "LinearShuntCompensatorPhase", "LoadResponseCharacteristic",
        "Name", "NameType", "NoLoadTest", "OperationalLimitType", "PerLengthPhaseImpedance",
        "PerLengthSequenceImpedance", "PhaseImpedanceData", "ReactiveCapabilityCurve",
        "RegulatingControl", "ShortCircuitTest", "SubGeographicalRegion", "SvPowerFlow",
        "SvShuntCompensatorSections", "SvStatus", "SvTapStep", "SvVoltage",
        "TapChangerControl", "TopologicalIsland", "TransformerCoreAdmittance",
        "TransformerMeshImpedance", "TransformerTankInfo", "VoltageLimit", "WirePosition",
    }
)  # fmt: skip
KNOWN_NAMESPACES = (
    "http://iec.ch/TC57/",
    "http://entsoe.eu/CIM/",
    "http://ucaiug.org/",
    "https://cim.ucaiug.io/",
    "https://cim4.eu/",
)
REFUSED_CLASSES = {
    "DifferenceModel": "it holds differences between two models: give the whole model",
    "DifferenceSet": "it holds differences between two models: give the whole model",
    "InstanceSet": "it is an instance set of the newer exchange standard: export the whole model",
}
