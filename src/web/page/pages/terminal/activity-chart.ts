/** The picture of the last day: bars for sessions, those in trouble on top, and dots for refusals. */
import { type ComponentChild, h } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import type { Activity } from "../../answers.ts";
import { useSpoken } from "../../words/use-words.ts";

export interface ActivityChartProps {
  readonly activity: Activity;
  readonly ended: readonly number[];
  readonly failed: readonly number[];
}

const HEIGHT = 170;

export function ActivityChart({ activity, ended, failed }: ActivityChartProps): ComponentChild {
  const { words } = useSpoken();
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const { from, to, step, refusals } = activity;
    const middles = refusals.map((_, index) => (from + (index + 0.5) * step) / 1_000);
    const all = ended.map((count, index) => count + (failed[index] ?? 0));
    let chart: uPlot | undefined;
    const draw = (): void => {
      chart?.destroy();
      const size = { width: Math.max(200, element.clientWidth), height: HEIGHT };
      chart = new uPlot(
        { ...optionsOf(element, words.terminal.chartSeries, [from / 1_000, to / 1_000]), ...size },
        [middles, all, [...failed], [...refusals]],
        element,
      );
    };
    draw();
    const sized = new ResizeObserver(() =>
      chart?.setSize({ width: Math.max(200, element.clientWidth), height: HEIGHT }),
    );
    sized.observe(element);
    const stop = onColours(draw);
    return () => {
      stop();
      sized.disconnect();
      chart?.destroy();
    };
  }, [activity, words]);
  return h("div", { class: "chart", ref: place, "aria-hidden": "true" });
}

type Names = Readonly<Record<"ended" | "failed" | "refused", string>>;

function optionsOf(
  element: HTMLElement,
  names: Names,
  stretch: [number, number],
): Omit<uPlot.Options, "width" | "height"> {
  const colour = (name: string): string => colourOf(element, name);
  const paths = uPlot.paths.bars?.({ size: [0.72, 26, 1], align: 0 });
  const bars = { ...(paths && { paths }), points: { show: false } };
  const axis = {
    stroke: colour("--soft"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui",
  };
  return {
    legend: { show: true, live: false },
    cursor: { show: false },
    scales: {
      x: { range: () => stretch },
      y: { range: (_chart, _least, most) => [0, Math.max(4, Math.ceil(most * 1.1))] },
    },
    axes: [
      { ...axis, values: (_chart, splits) => splits.map(hour) },
      { ...axis, size: 34, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000] },
    ],
    series: [
      {},
      { label: names.ended, fill: colour("--accent"), stroke: colour("--accent"), width: 0, ...bars },
      { label: names.failed, fill: colour("--bad"), stroke: colour("--bad"), width: 0, ...bars },
      {
        label: names.refused,
        stroke: colour("--warn"),
        width: 2,
        paths: () => null,
        points: { show: true, size: 8, width: 2, fill: colour("--surface"), filter: someRefused },
      },
    ],
  };
}

/** No dot where nobody was refused. */
function someRefused(chart: uPlot, series: number): number[] {
  return [...(chart.data[series] ?? [])].flatMap((count, index) => ((count ?? 0) > 0 ? [index] : []));
}

function hour(seconds: number): string {
  const at = new Date(seconds * 1_000);
  return `${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}`;
}

/** A canvas knows no `light-dark()`: what the stylesheet makes of it for an element is asked. */
function colourOf(element: HTMLElement, name: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** Called when the reader, or the system, chooses other colours; returns how to stop. */
function onColours(draw: () => void): () => void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const chosen = new MutationObserver(draw);
  system.addEventListener("change", draw);
  chosen.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  return () => {
    system.removeEventListener("change", draw);
    chosen.disconnect();
  };
}
