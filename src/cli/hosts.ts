/** The hosts of an inventory, read: this one by itself, the others over the system's own ssh. */
import { collect } from "../audit/host/collect.ts";
import type { HostFacts } from "../audit/facts.ts";
import { askingsFor } from "../audit/readings.ts";
import { formatAddress } from "@ecluse/guard/address";
import { EcluseError } from "../errors.ts";
import type { Inventory } from "../inventory/model.ts";
import type { Invocation } from "./command.ts";
import { shellOver } from "./ssh.ts";

/** How many hosts are asked at once. */
const AT_ONCE = 8;

/** Which hosts a command line means: those named, all with `--all`, else the one this is. */
export function hostsMeant({ operands, options }: Invocation, inventory: Inventory): readonly string[] {
  const known = ["gateway", ...inventory.machines.map(({ name }) => name)];
  const unknown = operands.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new EcluseError("usage", `Cannot ask ${JSON.stringify(unknown)}: the inventory has no such host`, {
      hint: `it has ${known.join(", ")}`,
    });
  }
  if (options["all"] !== undefined) return known;
  return operands.length > 0 ? operands : [here(options)];
}

/** Reads them, a few at a time; `told` is called as each is done. */
export async function readHosts(
  { options }: Invocation,
  {
    inventory,
    hosts,
    told,
  }: { readonly inventory: Inventory; readonly hosts: readonly string[]; readonly told: (host: string) => void },
): Promise<readonly HostFacts[]> {
  const facts = new Map<string, HostFacts>();
  const waiting = [...hosts];
  const work = async (): Promise<void> => {
    for (let host = waiting.shift(); host !== undefined; host = waiting.shift()) {
      const shell = host === here(options) ? ["sh"] : shellOver(addressOf(inventory, host), "sh");
      facts.set(host, await collect({ host, askings: askingsFor(inventory, host), shell, now: Date.now }));
      told(host);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, hosts.length) }, work));
  return hosts.flatMap((host) => facts.get(host) ?? []);
}

/** The inventory's name of this host. */
function here(options: Invocation["options"]): string {
  const given = options["here"];
  return typeof given === "string" ? given : "gateway";
}

function addressOf({ gateway, machines }: Inventory, host: string): string {
  return formatAddress(machines.find(({ name }) => name === host)?.address ?? gateway.address);
}
