/** What the dashboard shows: each panel's question to Prometheus, and its title in the inventory's language. */

export interface Panel {
  readonly title: Readonly<Record<"en" | "fr", string>>;
  readonly kind: "stat" | "timeseries" | "table";
  /** Columns of the dashboard's 24; panels follow each other from left to right. */
  readonly width: number;
  readonly unit: "short" | "s" | "Bps" | "cps" | "percentunit";
  readonly queries: readonly Query[];
  /** Of a stat: red from 1 on, or below it. Absent: never. */
  readonly red?: "from-1" | "below-1";
  /** Whether the values of one moment add up to something. */
  readonly stacked?: boolean;
}

export interface Query {
  /** PromQL, with Grafana's variables: `$depot`, `$__rate_interval`. */
  readonly expr: string;
  /** `{{label}}` stands for a label's value. */
  readonly legend: string;
}

const GATEWAY = 'job="ecluse"';
const DEPOTS = `${GATEWAY}, depot=~"$depot"`;

export const PANELS: readonly Panel[] = [
  stat({ en: "Sessions now", fr: "Sessions en cours" }, `sum(ecluse_flow_sessions{${DEPOTS}})`),
  stat({ en: "Gateway answers", fr: "La passerelle répond" }, `min(up{${GATEWAY}})`, "below-1"),
  stat({ en: "Doors blocked", fr: "Portes bloquées" }, `sum(ecluse_doors{${GATEWAY}, state="blocked"})`, "from-1"),
  stat({ en: "Waiting in line", fr: "En file d’attente" }, `sum(ecluse_sessions{${GATEWAY}, phase="waiting"})`),
  stat(
    { en: "Rights that end today", fr: "Droits qui finissent sous 24 h" },
    `sum(ecluse_grants_expiring{${GATEWAY}})`,
  ),
  stat(
    { en: "Journal: rows lost", fr: "Journal : lignes perdues" },
    `sum(ecluse_journal_dropped_total{${GATEWAY}})`,
    "from-1",
  ),
  {
    title: { en: "Sessions now, by depot", fr: "Sessions en cours, par dépôt" },
    ...{ kind: "timeseries", width: 12, unit: "short", stacked: true },
    queries: [{ expr: `sum by (depot) (ecluse_flow_sessions{${DEPOTS}})`, legend: "{{depot}}" }],
  },
  {
    title: { en: "Sessions ended, by depot", fr: "Sessions terminées, par dépôt" },
    ...{ kind: "timeseries", width: 12, unit: "cps", stacked: true },
    queries: [
      {
        expr: `sum by (depot) (rate(ecluse_flow_sessions_ended_total{${DEPOTS}}[$__rate_interval]))`,
        legend: "{{depot}}",
      },
    ],
  },
  {
    title: { en: "How sessions end", fr: "Comment les sessions se terminent" },
    ...{ kind: "timeseries", width: 12, unit: "cps", stacked: true },
    queries: [
      {
        expr: `sum by (outcome) (rate(ecluse_sessions_ended_total{${GATEWAY}}[$__rate_interval])) > 0`,
        legend: "{{outcome}}",
      },
    ],
  },
  {
    title: { en: "Refusals", fr: "Refus" },
    ...{ kind: "timeseries", width: 12, unit: "cps", stacked: true },
    queries: [
      {
        expr: `sum by (outcome, reason) (rate(ecluse_refusals_total{${GATEWAY}}[$__rate_interval])) > 0`,
        legend: "{{outcome}}: {{reason}}",
      },
    ],
  },
  durations({ en: "How long sessions last", fr: "Durée des sessions" }, "ecluse_session_duration_seconds"),
  durations(
    { en: "How long terminals take to answer", fr: "Délai de réponse des terminaux" },
    "ecluse_dial_duration_seconds",
  ),
  {
    title: { en: "Flows by state", fr: "Flux par état" },
    ...{ kind: "timeseries", width: 12, unit: "short", stacked: true },
    queries: [{ expr: `count by (state) (ecluse_flow_state{${DEPOTS}})`, legend: "{{state}}" }],
  },
  {
    title: { en: "Flows that are not open", fr: "Flux qui ne sont pas ouverts" },
    ...{ kind: "table", width: 12, unit: "short" },
    queries: [{ expr: `ecluse_flow_state{${DEPOTS}, state!="open"}`, legend: "{{flow}}" }],
  },
  {
    title: { en: "Bytes", fr: "Octets" },
    ...{ kind: "timeseries", width: 8, unit: "Bps" },
    queries: [
      {
        expr: `sum by (direction) (rate(ecluse_relayed_bytes_total{${GATEWAY}}[$__rate_interval]))`,
        legend: "{{direction}}",
      },
    ],
  },
  {
    title: { en: "Delay of the event loop", fr: "Retard de la boucle d’événements" },
    ...{ kind: "timeseries", width: 8, unit: "s" },
    queries: [quantile(0.5, "ecluse_event_loop_delay_seconds"), quantile(0.99, "ecluse_event_loop_delay_seconds")],
  },
  {
    title: { en: "Share of what there is", fr: "Part de ce qu’il y a" },
    ...{ kind: "timeseries", width: 8, unit: "percentunit" },
    queries: [
      {
        expr: `max(ecluse_descriptors_open{${GATEWAY}} / ecluse_descriptors_limit{${GATEWAY}})`,
        legend: "descriptors",
      },
      {
        expr: `sum(ecluse_sessions{${GATEWAY}}) / sum(ecluse_sessions_limit{${GATEWAY}})`,
        legend: "limits.sessions",
      },
    ],
  },
  {
    title: { en: "Journal", fr: "Journal" },
    ...{ kind: "timeseries", width: 12, unit: "short" },
    queries: [
      { expr: `sum by (kind) (ecluse_journal_waiting{${GATEWAY}})`, legend: "waiting: {{kind}}" },
      {
        expr: `sum by (kind) (increase(ecluse_journal_dropped_total{${GATEWAY}}[$__rate_interval]))`,
        legend: "dropped: {{kind}}",
      },
      { expr: `max(ecluse_journal_failing{${GATEWAY}})`, legend: "failing" },
    ],
  },
  {
    title: { en: "What runs", fr: "Ce qui tourne" },
    ...{ kind: "table", width: 12, unit: "short" },
    queries: [
      { expr: `ecluse_inventory_info{${GATEWAY}}`, legend: "{{number}} ({{hash}})" },
      { expr: `ecluse_build_info{${GATEWAY}}`, legend: "{{version}}" },
    ],
  },
];

function stat(title: Panel["title"], expr: string, red?: Panel["red"]): Panel {
  return {
    ...{ title, kind: "stat", width: 4, unit: "short", queries: [{ expr, legend: "" }] },
    ...(red === undefined ? {} : { red }),
  };
}

function durations(title: Panel["title"], metric: string): Panel {
  return { title, kind: "timeseries", width: 12, unit: "s", queries: [quantile(0.5, metric), quantile(0.95, metric)] };
}

function quantile(share: number, metric: string): Query {
  const expr = `histogram_quantile(${share}, sum by (le) (rate(${metric}_bucket{${GATEWAY}}[$__rate_interval])))`;
  return { expr, legend: `p${share * 100}` };
}
