/**
 * The terminals, for `file_sd_configs`: their addresses without a port.
 *
 * That is what a ping needs (blackbox_exporter's module `icmp`) and what a TCP probe refuses: one that connects would take
 * the only session of a terminal from a customer.
 */
import { formatAddress } from "@ecluse/guard/address";
import type { Depot, Terminal } from "../../inventory/model.ts";
import { terminalId } from "../../inventory/numbering.ts";
import type { Subject } from "../subject.ts";

/** Absent: there are none. */
export function terminalTargets({ inventory: { depots } }: Subject): string | undefined {
  const groups = depots.flatMap((depot) => depot.terminals.map((terminal) => group(depot, terminal)));
  if (groups.length === 0) return undefined;
  // One line each: 7,128 of them are still read by people.
  return `[\n${groups.map((each) => `  ${JSON.stringify(each)}`).join(",\n")}\n]\n`;
}

interface Group {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

function group({ number, name }: Depot, terminal: Terminal): Group {
  const labels = {
    flow: terminalId({ depot: number, terminal: terminal.number }),
    depot: String(number),
    terminal: String(terminal.number),
    ...(name === undefined ? {} : { depot_name: name }),
    ...(terminal.label === undefined ? {} : { label: terminal.label }),
  };
  return { targets: [formatAddress(terminal.address)], labels };
}
