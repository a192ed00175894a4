/**
 * What a Prometheus needs of a gateway: where to read its metrics, when to raise an alarm, and which terminals there are.
 *
 * The rules use only metrics that a gateway has (docs/metrics.md); a test holds them against each other.
 */
import { formatAddress } from "@ecluse/guard/address";
import type { Endpoint } from "../../inventory/model.ts";
import type { RenderedFile } from "../rendered-file.ts";
import type { Subject } from "../subject.ts";
import { alertRules } from "./alert-rules.ts";
import { terminalTargets } from "./terminal-targets.ts";

export function render(subject: Subject): readonly RenderedFile[] {
  const files: readonly RenderedFile[] = [
    { path: "prometheus/scrape.yaml", body: scrape(subject), comment: "#" },
    { path: "prometheus/alerts.yaml", body: alertRules(subject), comment: "#" },
  ];
  const terminals = terminalTargets(subject);
  if (terminals === undefined) return files;
  return [...files, { path: "prometheus/terminals.json", body: terminals, comment: "none" }];
}

/** Nothing but `scrape_configs`: so it can be a `scrape_config_files` of Prometheus 2.43 as well as a configuration. */
function scrape(subject: Subject): string {
  const { at, how } = source(subject);
  return `${how.map((line) => `# ${line}\n`).join("")}scrape_configs:
  - job_name: "ecluse"
    scrape_interval: 15s
    static_configs:
      - targets: ["${written(at)}"]
        labels: { gateway: "${formatAddress(subject.inventory.gateway.address)}" }
`;
}

interface Source {
  readonly at: Endpoint;
  /** How to get there. */
  readonly how: readonly string[];
}

/** Where another host gets at the metrics, if one may; else where this one does. */
function source({ inventory: { gateway }, policy }: Subject): Source {
  const at = gateway.metrics ?? USUAL;
  const flow = policy.flows.find(
    (each) => each.kind === "relayed" && each.target.address === at.address && each.target.port === at.port,
  );
  const [door] = flow?.endpoints ?? [];
  if (flow !== undefined && door !== undefined) {
    return { at: door, how: [`For the hosts that ${flow.id} lets in.`] };
  }
  const how = ["For a Prometheus, or an agent that forwards, on the gateway's host; elsewhere by an SSH tunnel to it."];
  return { at, how: gateway.metrics === undefined ? [NOT_SERVED, ...how] : how };
}

const NOT_SERVED = `Nothing answers there yet: write gateway.metrics into the inventory.`;

/** What `gateway.metrics` is unless it says otherwise. */
const USUAL: Endpoint = { address: 0x7f_00_00_01 as Endpoint["address"], port: 9_464 };

function written({ address, port }: Endpoint): string {
  return `${formatAddress(address)}:${port}`;
}
