/** Lines along which pulses run: a LineLayer that knows its distance from the start. */

import type { Accessor, DefaultProps, UpdateParameters } from "@deck.gl/core";
import { LineLayer, type LineLayerProps } from "@deck.gl/layers";

interface FlowProps<Data> {
  getDistances?: Accessor<Data, [number, number]>;
  time?: number; // in periods
  period?: number; // distance between two pulses
}

const uniforms = {
  name: "flow",
  fs: `\
layout(std140) uniform flowUniforms {
  float time;
  float period;
} flow;
`,
  uniformTypes: { time: "f32", period: "f32" },
} as const;

export class FlowLayer<Data = unknown> extends LineLayer<Data, FlowProps<Data>> {
  static override layerName = "FlowLayer";
  static override defaultProps: DefaultProps<FlowProps<unknown> & LineLayerProps> = {
    getDistances: { type: "accessor", value: [0, 0] },
    time: 0,
    period: 1,
  };

  override getShaders() {
    const shaders = super.getShaders();
    return {
      ...shaders,
      modules: [...shaders.modules, uniforms],
      inject: {
        "vs:#decl": "in vec2 instanceDistances;\nout float flowDistance;",
        "vs:#main-end":
          "flowDistance = mix(instanceDistances.x, instanceDistances.y, positions.x);",
        "fs:#decl": "in float flowDistance;",
        // A comet: bright head, tail that fades over the period behind it.
        "fs:DECKGL_FILTER_COLOR": `
          float phase = fract(flow.time - flowDistance / flow.period);
          color.a *= pow(1.0 - phase, 5.0);
        `,
      },
    };
  }

  override initializeState() {
    super.initializeState();
    this.getAttributeManager()?.addInstanced({
      instanceDistances: { size: 2, accessor: "getDistances" },
    });
  }

  override updateState(params: UpdateParameters<this>) {
    super.updateState(params);
  }

  override draw(options: { uniforms: unknown }) {
    const { time = 0, period = 1 } = this.props;
    this.state.model?.shaderInputs.setProps({ flow: { time, period } });
    super.draw(options as never);
  }
}
