/** One sign of the legend on the screen. */

import { useEffect, useRef } from "react";
import type { Entry } from "../../map/legend";
import { drawSign } from "../../map/sign";

const WIDTH = 28;
const HEIGHT = 18;
const RATIO = 2;

export function Sign({ sign }: { sign: Entry["sign"] }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const pen = canvas.current?.getContext("2d");
    if (!pen) return;
    pen.setTransform(RATIO, 0, 0, RATIO, 0, 0);
    pen.clearRect(0, 0, WIDTH, HEIGHT);
    drawSign(pen, sign, WIDTH, HEIGHT);
  }, [sign]);
  return (
    <span className="sign" aria-hidden="true">
      <canvas ref={canvas} width={WIDTH * RATIO} height={HEIGHT * RATIO} />
    </span>
  );
}
