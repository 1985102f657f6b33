"""Write small GridLAB-D and CYME models that hold a little of everything."""

from __future__ import annotations

from pathlib import Path

GLM = """\
// a feeder
# written by hand
clock { timezone EST+5EDT; starttime '2000-01-01 0:00:00'; };
#set profiler=1
#define KV=7200
module powerflow { solver_method NR; };
schedule office { * 8-17 * * 1-5 1.0; * 18-7 * * * 0.2 }
class house { double x; }

object transformer_configuration:1 {
  connect_type SINGLE_PHASE_CENTER_TAPPED; power_rating 25 kVA;
  primary_voltage ${KV} V; secondary_voltage 120 V;
}
object overhead_line_conductor { name wire; rating.summer.continuous 340 A; }
object node:10 {
  name src; phases ABCN; bustype SWING; nominal_voltage ${KV}; /* where
  it is fed */ latitude 29.7; longitude -95.4;
}
object node { name n1; phases ABCN; nominal_voltage 7200 V; latitude 29N42; longitude -95.39; }
object overhead_line:7 {
  phases "ABCN"; from node:10; to n1; length 1000;
  configuration object line_configuration { name lc; conductor_A wire; conductor_N wire; };
}
object switch { name sw; phases ABC; from n1; to n2; status CLOSED; phase_B_state OPEN; }
object node { name n2; phases ABCN; nominal_voltage 7200; }
object fuse { name f; phases BN; from n2; to n3; current_limit 40 A; }
object node { name n3; phases BN; nominal_voltage 7200; }
object transformer { name t; phases BS; from n3; to tn; configuration transformer_configuration:1; }
object triplex_node { name tn; phases BS; nominal_voltage 120; }
object triplex_line { name tl; phases BS; from tn; to tm; length 30 ft; }
object triplex_meter { name tm; phases BS; nominal_voltage 120;
  object triplex_node { name home; phases BS; nominal_voltage 120; power_12 3000+500j; };
  object house { name villa; };
}
object load { name shop; parent n2; phases ABCN; nominal_voltage 7200;
  constant_power_A 1000; constant_current_A 1+0j; constant_impedance_A 7200+0j; load_class C; }
object load { name mill; parent n1; phases ABD; nominal_voltage 7200; constant_power_A 5 kW; }
object solar { name roof; parent inv; }
object inverter { name inv; parent tm; phases BS; rated_power 4000; }
object underground_line { name tie; phases ABC; from n1; to n4; length 0.5 km; status OPEN; }
object node { name n4; phases ABC; nominal_voltage 7200; }
object recorder { parent sw; property status; file out.csv; };
#include "more.glm"
"""
MORE_GLM = """\
object regulator { name reg; phases ABC; from n2; to n5; configuration regs; }
object node { name n5; phases ABC; nominal_voltage 7200; }
object regulator_configuration { name regs; connect_type WYE_WYE; }
object load { name farm; parent n5; phases AN; nominal_voltage 7200; constant_power_A office*5; }
"""

CYME_NETWORK = """\
[GENERAL]
DATE=October 02, 2017 at 16:42:15
CYME_VERSION=8.00

[IMPERIAL]

[NODE]
FORMAT_NODE=NodeID,CoordX,CoordY,TagText
S,0,0,"a, b"
N1,100,0,
N2,200,0,
N3,300,0,
FORMAT_NODE=NodeID,CoordX1,CoordY1,CoordX2,CoordY2,Width
N4,390,0,410,0,20

[HEADNODES]
FORMAT_HEADNODES=NodeID,NetworkID
S,F1

[SOURCE]
FORMAT_SOURCE=SourceID,DeviceNumber,NodeID,NetworkID,DesiredVoltage
SUB,S-1,S,F1,12.47

[OVERHEADLINE SETTING]
FORMAT_OVERHEADLINESETTING=DeviceNumber,SectionID,LineCableID,Length,ConnectionStatus
L1,S1,ACSR,1000,0
L2,S2,DEFAULT,2000,0

[UNDERGROUNDLINE SETTING]
FORMAT_UNDERGROUNDLINESETTING=SectionID,DeviceNumber,LineCableID,Length
S3,L1,CU,500

[BREAKER SETTING]
FORMAT_BREAKERSETTING=SectionID,Location,EqID,DeviceNumber,ClosedPhase
S1,S,BIG,B1,ABC

[FUSE SETTING]
FORMAT_FUSESETTING=SectionID,Location,EqID,DeviceNumber,ClosedPhase
S2,S,K40,FU,AC
S1,L,K40,FU2,ABC

[SWITCH SETTING]
FORMAT_SWITCHSETTING=SectionID,Location,EqID,DeviceNumber,ClosedPhase
TIE,M,DEFAULT,TIE,NONE

[TRANSFORMER SETTING]
FORMAT_TRANSFORMERSETTING=SectionID,Location,EqID,DeviceNumber,FromNodeID
S3,L,T500,T1,N2

[SHUNT CAPACITOR SETTING]
FORMAT_SHUNTCAPACITORSETTING=SectionID,DeviceNumber,Location
S2,C1,L

[PHOTOVOLTAIC SETTINGS]
FORMAT_PHOTOVOLTAICSETTING=SectionID,Location,DeviceNumber,EqID
S2,L,PV1,DEFAULT

[SECTION]
FORMAT_SECTION=ZoneID,SectionID,FromNodeID,ToNodeID,Phase
FORMAT_FEEDER=NetworkID,HeadNodeID,CoordSet
FEEDER=F1,S,1
,S1,S,N1,ABC
,S2,N1,N2,ABC
,S3,N2,N3,ABC
,TIE,N3,N4,ABC
,SPOT,N3,U1,AB

[INTERMEDIATE NODES]
FORMAT_INTERMEDIATENODE=SectionID,SeqNumber,CoordX,CoordY
S2,1,150,50
"""
CYME_EQUIPMENT = """\
[GENERAL]
CYME_VERSION=8.00

[BREAKER]
FORMAT_BREAKER=ID,Amps
BIG,600

[FUSE]
FORMAT_FUSE=ID,Amps
K40,40

[LINE]
FORMAT_LINE=ID,PhaseCondID,Amps
ACSR,A,340
DEFAULT,A,100

[CABLE]
FORMAT_CABLE=ID,Amps
CU,250

[TRANSFORMER]
FORMAT_TRANSFORMER=ID,Type,KVA,KVLLprim,KVLLsec
T500,1,500,12.47,0.48
"""
CYME_LOAD = """\
[LOADS]
FORMAT_LOADS=SectionID,DeviceNumber,LoadType,Connection,Location
SPOT,U1,SPOT,0,0
S2,U2,DISTRIBUTED,2,2

[CUSTOMER LOADS]
FORMAT_CUSTOMERLOADS=SectionID,DeviceNumber,CustomerNumber,CustomerType,ValueType,LoadPhase,Value1,Value2,NumberOfCustomer
SPOT,U1,U1,Residential,0,A,10,5,3
SPOT,U1,U1,Residential,0,B,0,0,2
SPOT,U1,U9,Commercial,1,B,100,90,1
S2,U2,U2,PQ,2,A,20,90,
"""


def write_glm(folder: Path, text: str = GLM, more: str = MORE_GLM) -> Path:
    """Return the GridLAB-D model that is written into a folder."""
    (folder / "more.glm").write_text(more, encoding="utf-8")
    path = folder / "feeder.glm"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    return path


def write_cyme(
    folder: Path,
    network: str = CYME_NETWORK,
    load: str = CYME_LOAD,
    equipment: str = CYME_EQUIPMENT,
) -> Path:
    """Return the folder that CYME text is written into."""
    for name, text in (("network", network), ("load", load), ("equipment", equipment)):
        (folder / f"{name}.txt").write_text(text, encoding="utf-8", errors="surrogatepass")
    return folder
