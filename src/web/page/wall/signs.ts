/**
 * The sign of each state, as the outline of a shape in a unit square: told apart by form, not by colour alone.
 *
 * In session: a full square. Free: a ring. Down: a cross. Door blocked: a full triangle. Closed: a bar. Draining: a half
 * disc. Not heard of: a dot.
 */
import { type ComponentChild, h } from "preact";
import { useMemo } from "preact/hooks";
import type { FlowState } from "../answers.ts";

/** In the order of a legend: what goes on, what is wrong, what was done by hand, what is quiet. */
export const STATES: readonly FlowState[] = ["in-session", "down", "blocked", "draining", "closed", "free", "unheard"];

/** Each cell is 10 by 10, the sign within 1 to 9. */
const CELL = 10;

type Shape = (x: number, y: number) => string;

const SHAPES: Readonly<Record<FlowState, Shape>> = {
  "in-session": (x, y) => `M${x + 1} ${y + 1}h8v8h-8z`,
  free: (x, y) => `M${x + 5} ${y + 2}a3 3 0 1 1 0 6a3 3 0 1 1 0-6zm0 1.3a1.7 1.7 0 1 0 0 3.4a1.7 1.7 0 1 0 0-3.4z`,
  down: (x, y) =>
    `M${x + 2.6} ${y + 1}l2.4 2.4l2.4-2.4l1.6 1.6l-2.4 2.4l2.4 2.4l-1.6 1.6l-2.4-2.4l-2.4 2.4l-1.6-1.6l2.4-2.4l-2.4-2.4z`,
  blocked: (x, y) => `M${x + 5} ${y + 0.8}l4.5 8.2h-9z`,
  closed: (x, y) => `M${x + 1} ${y + 3.6}h8v2.8h-8z`,
  draining: (x, y) =>
    `M${x + 1} ${y + 5}h8a4 4 0 1 1-8 0zm4-4a4 4 0 0 1 4 4h-1.2a2.8 2.8 0 0 0-5.6 0h-1.2a4 4 0 0 1 4-4z`,
  unheard: (x, y) => `M${x + 5} ${y + 3.8}a1.2 1.2 0 1 1 0 2.4a1.2 1.2 0 1 1 0-2.4z`,
};

/** A sign by itself, as large as the text; decorative: the words stand beside it. */
export function Sign({ state }: { readonly state: FlowState }): ComponentChild {
  return h(
    "svg",
    { class: `sign state-${state}`, viewBox: "0 0 10 10", "aria-hidden": "true" },
    h("path", { d: SHAPES[state](0, 0) }),
  );
}

/**
 * Many signs as one picture, drawn so that a change changes little: rings stand everywhere, once; what is not free is
 * covered and drawn over, with one path for each state.
 */
export function SignGrid({ states, columns }: SignGridProps): ComponentChild {
  const rows = Math.ceil(states.length / columns);
  const rings = useMemo(() => outline(states, columns, () => SHAPES.free), [states.length, columns]);
  return h(
    "svg",
    { class: "grid", viewBox: `0 0 ${columns * CELL} ${rows * CELL}`, "aria-hidden": "true" },
    h("path", { class: "state-free", d: rings }),
    h("path", { class: "grid-cover", d: outline(states, columns, (each) => (each === "free" ? undefined : cover)) }),
    COVERING.map((state) =>
      h("path", {
        key: state,
        class: `state-${state}`,
        d: outline(states, columns, (each) => (each === state ? SHAPES[state] : undefined)),
      }),
    ),
  );
}

export interface SignGridProps {
  readonly states: readonly FlowState[];
  readonly columns: number;
}

const COVERING = STATES.filter((state) => state !== "free");

const cover: Shape = (x, y) => `M${x} ${y}h10v10h-10z`;

function outline(
  states: readonly FlowState[],
  columns: number,
  shapeOf: (state: FlowState) => Shape | undefined,
): string {
  let path = "";
  states.forEach((state, index) => {
    const shape = shapeOf(state);
    if (shape !== undefined) path += shape((index % columns) * CELL, Math.floor(index / columns) * CELL);
  });
  return path;
}
