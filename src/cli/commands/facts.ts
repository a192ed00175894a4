/** `ecluse facts`: reads hosts and prints what was read, for `ecluse audit --facts` here or elsewhere. */
import { writeDurably } from "../../change/durable.ts";
import type { Run } from "../command.ts";
import { checkedInventory } from "../checked-inventory.ts";
import { hostsMeant, readHosts } from "../hosts.ts";

export const run: Run = async (invocation) => {
  const { options, io } = invocation;
  const { inventory } = checkedInventory(invocation, "ask the hosts of");
  const hosts = hostsMeant(invocation, inventory);
  const facts = await readHosts(invocation, { inventory, hosts, told: (host) => io.err(`${host}: read\n`) });
  const text = `${JSON.stringify(facts, null, 2)}\n`;
  const out = options["out"];
  // What a host does is for its administrators: nobody else reads the file.
  if (typeof out === "string") await writeDurably(out, text, { mode: 0o600 });
  else io.out(text);
  return facts.some(({ readings }) => readings.some(({ id }) => id === "host")) ? 1 : 0;
};
