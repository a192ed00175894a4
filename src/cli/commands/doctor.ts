/** `ecluse doctor`: the traps of this host, with what was read, why it matters and what to do. */
import { auditedOf } from "../../audit/audited.ts";
import type { HostFacts } from "../../audit/facts.ts";
import { collect } from "../../audit/host/collect.ts";
import { askingsFor } from "../../audit/readings.ts";
import { CHECKED } from "../../diagnose/catalogue.ts";
import type { Diagnosis } from "../../diagnose/diagnosis.ts";
import { diagnose, doctorAskings } from "../../diagnose/doctor.ts";
import { EcluseError } from "../../errors.ts";
import type { Inventory } from "../../inventory/model.ts";
import { compile } from "../../policy/compile.ts";
import type { Invocation, Run } from "../command.ts";
import { checkedInventory } from "../checked-inventory.ts";
import { readBundle } from "../facts-bundle.ts";

const HOST = "gateway";

export const run: Run = async (invocation) => {
  const { options, io } = invocation;
  const { inventory, files } = checkedInventory(invocation, "examine this host by");
  const facts = await factsOf(invocation, { inventory, files: files.map(({ file }) => file) });
  const found = diagnose(auditedOf(facts, { inventory, policy: compile(inventory), at: Date.now() }));
  if (options["json"] !== undefined) io.out(`${JSON.stringify(found.map(explained), null, 2)}\n`);
  else io.out(asText(found, options["all"] !== undefined));
  return found.some(({ state }) => state === "trouble" || state === "unknown") ? 1 : 0;
};

async function factsOf(
  { options }: Invocation,
  { inventory, files }: { readonly inventory: Inventory; readonly files: readonly string[] },
): Promise<HostFacts> {
  const bundle = options["facts"];
  if (typeof bundle !== "string") {
    const askings = [...askingsFor(inventory, HOST), ...doctorAskings(files)];
    return collect({ host: HOST, askings, shell: ["sh"], now: Date.now });
  }
  const facts = readBundle(bundle).find(({ host }) => host === HOST);
  if (facts !== undefined) return facts;
  throw new EcluseError("usage", `Cannot examine ${HOST} by ${bundle}: that host is not in it`, {
    hint: "read it on the gateway: ecluse facts --out FILE",
  });
}

function explained(diagnosis: Diagnosis) {
  return { ...diagnosis, why: CHECKED[diagnosis.code] };
}

const STATES: Readonly<Record<Diagnosis["state"], string>> = {
  ok: "ok",
  trouble: "TROUBLE",
  unknown: "unknown",
  absent: "not here",
};

function asText(found: readonly Diagnosis[], all: boolean): string {
  const shown = found.filter(({ state }) => all || state === "trouble" || state === "unknown");
  const troubles = found.filter(({ state }) => state === "trouble").length;
  const unknown = found.filter(({ state }) => state === "unknown").length;
  const last = `${found.length} checks: ${troubles} in trouble, ${unknown} unknown\n`;
  return `${shown.map(block).join("")}${last}`;
}

function block({ code, state, what, evidence: { source, line }, fix }: Diagnosis): string {
  if (state === "ok" || state === "absent") return `${STATES[state]}: ${what} [${code}]\n\n`;
  const read = line === "" ? source : `${source}\n        ${line.replaceAll("\n", "\n        ")}`;
  return `${STATES[state]}: ${what} [${code}]\n  read: ${read}\n  why:  ${CHECKED[code]}\n  fix:  ${fix}\n\n`;
}
