/**
 * A dashboard of Grafana (its JSON model, schema version 39: Grafana 10.4 and later; older ones migrate it).
 *
 * It names no data source and no server: both are variables of the dashboard.
 */
import type { Depot } from "../../inventory/model.ts";
import type { RenderedFile } from "../rendered-file.ts";
import type { Subject } from "../subject.ts";
import { PANELS, type Panel } from "./panels.ts";

type Language = Subject["inventory"]["language"];

/** Grafana knows the dashboard by it: rendered anew, it is replaced and not doubled. */
const UID = "ecluse";
const SCHEMA_VERSION = 39;
const COLUMNS = 24;
const HEIGHTS: Readonly<Record<Panel["kind"], number>> = { stat: 4, timeseries: 8, table: 8 };
const DATA_SOURCE = { type: "prometheus", uid: "${datasource}" };

const WORDS = {
  en: { title: "Ecluse", source: "Data source", depot: "Depot" },
  fr: { title: "Écluse", source: "Source de données", depot: "Dépôt" },
} as const;

export function render({ inventory: { language, depots }, version }: Subject): readonly RenderedFile[] {
  const { title, source, depot } = WORDS[language];
  const dashboard = {
    uid: UID,
    title,
    description: `Ecluse, inventory ${version.slice(0, 12)}`,
    tags: ["ecluse"],
    schemaVersion: SCHEMA_VERSION,
    editable: true,
    refresh: "30s",
    time: { from: "now-6h", to: "now" },
    templating: {
      list: [
        { name: "datasource", label: source, type: "datasource", query: "prometheus" },
        depotVariable(depot, depots),
      ],
    },
    panels: placed(PANELS).map(({ panel, at }, index) => panelModel(panel, { id: index + 1, at, language })),
  };
  return [{ path: "grafana/ecluse.json", body: `${JSON.stringify(dashboard, null, 2)}\n`, comment: "none" }];
}

/** By the names that people know; what is asked for is the number. */
function depotVariable(label: string, depots: readonly Depot[]): unknown {
  const named = depots.map(({ number, name }) => ({
    text: name === undefined ? `${number}` : `${number} ${name}`,
    value: `${number}`,
  }));
  return {
    ...{ name: "depot", label, type: "custom", multi: true, includeAll: true },
    // Flows that are no terminals have no depot: all of them, too.
    allValue: ".*",
    query: named.map(({ text, value }) => `${text} : ${value}`).join(", "),
    options: [{ text: "All", value: "$__all", selected: true }, ...named.map((each) => ({ ...each, selected: false }))],
    current: { text: "All", value: "$__all" },
  };
}

interface At {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** From left to right, and on in the next row where there is no room left. */
function placed(panels: readonly Panel[]): readonly { readonly panel: Panel; readonly at: At }[] {
  let [x, y, height] = [0, 0, 0];
  return panels.map((panel) => {
    const [w, h] = [panel.width, HEIGHTS[panel.kind]];
    if (x + w > COLUMNS) [x, y, height] = [0, y + height, 0];
    const at = { x, y, w, h };
    [x, height] = [x + w, Math.max(height, h)];
    return { panel, at };
  });
}

function panelModel(
  { title, kind, unit, queries, red, stacked = false }: Panel,
  { id, at, language }: { readonly id: number; readonly at: At; readonly language: Language },
): unknown {
  return {
    id,
    type: kind,
    title: title[language],
    gridPos: at,
    datasource: DATA_SOURCE,
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode(65 + index),
      datasource: DATA_SOURCE,
      expr,
      ...(legend === "" ? {} : { legendFormat: legend }),
      ...(kind === "timeseries"
        ? { range: true }
        : { instant: true, ...(kind === "table" ? { format: "table" } : {}) }),
    })),
    fieldConfig: { defaults: { unit, min: 0, ...thresholds(red), ...drawn(kind, stacked) }, overrides: [] },
    ...(kind === "stat"
      ? { options: { colorMode: "background", graphMode: "none", reduceOptions: { calcs: ["lastNotNull"] } } }
      : {}),
  };
}

function thresholds(red: Panel["red"]): object {
  const [usual, from1] = red === "below-1" ? ["red", "green"] : ["green", "red"];
  const steps = [{ color: usual, value: null }, ...(red === undefined ? [] : [{ color: from1, value: 1 }])];
  return { thresholds: { mode: "absolute", steps } };
}

function drawn(kind: Panel["kind"], stacked: boolean): object {
  if (kind !== "timeseries") return {};
  return {
    custom: { fillOpacity: 10, showPoints: "never", stacking: { mode: stacked ? "normal" : "none", group: "A" } },
  };
}
