/** Flows as a table: public endpoint, target, who may enter, limits. */
import { formatAddress } from "@ecluse/guard/address";
import type { Endpoint, Grant } from "../inventory/model.ts";
import type { Flow } from "../policy/policy.ts";
import { formatTable } from "./table.ts";

/** One flow as data: what `--json` prints. */
export interface FlowRow {
  readonly id: string;
  readonly kind: "relayed" | "local";
  readonly endpoints: readonly string[];
  readonly target?: string;
  /** `until` is an instant in UTC. */
  readonly grants: readonly { readonly source: string; readonly until?: string; readonly reason?: string }[];
  readonly sessions?: number;
  readonly onRevoke?: string;
}

export function flowRow(flow: Flow): FlowRow {
  const facts = {
    id: flow.id,
    kind: flow.kind,
    endpoints: flow.endpoints.map(formatEndpoint),
    grants: flow.grants.map(right),
  };
  if (flow.kind === "local") return facts;
  const limit = flow.sessions === undefined ? {} : { sessions: flow.sessions };
  return { ...facts, target: formatEndpoint(flow.target), onRevoke: flow.onRevoke, ...limit };
}

export function formatEndpoint({ address, port }: Endpoint): string {
  return `${formatAddress(address)}:${port}`;
}

export function formatFlowTable(rows: readonly FlowRow[]): string {
  return formatTable(["FLOW", "ENTERED ON", "LEADS TO", "WHO MAY ENTER", "LIMITS"], rows.map(cellsOf));
}

function cellsOf(row: FlowRow): readonly string[] {
  const who = row.grants.map(({ source, until }) => (until === undefined ? source : `${source} until ${until}`));
  const limits = [row.sessions === undefined ? "" : `sessions ${row.sessions}`, row.onRevoke ?? ""].filter(
    (text) => text !== "",
  );
  return [
    row.id,
    row.endpoints.join(" "),
    row.target ?? "(listens itself)",
    who.length === 0 ? "nobody" : who.join(", "),
    limits.join(", "),
  ];
}

function right({ source, until, reason }: Grant): FlowRow["grants"][number] {
  return {
    source,
    ...(until === undefined ? {} : { until: new Date(until).toISOString() }),
    ...(reason === undefined ? {} : { reason }),
  };
}
