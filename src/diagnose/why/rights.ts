/** The first steps: whether the flow is carried at all, who may enter, and what an operator said. */
import { type Ipv4, type Network, contains, formatAddress, parseNetwork } from "@ecluse/guard/address";
import { formatEndpoint } from "../../audit/compare/listeners.ts";
import type { Inventory } from "../../inventory/model.ts";
import { escapeControls } from "../../inventory/quote.ts";
import { judge } from "../../policy/decide.ts";
import { type LiveFlow, type Step, type Walk, breaks, passed, unknown } from "./step.ts";

export function inventoryStep({ flow, name, gateway }: Walk): Step {
  const doors = flow.endpoints.map(formatEndpoint).join(" and ");
  const evidence = { source: "ecluse check --show", line: `${flow.id}: ${doors} -> ${formatEndpoint(flow.target)}` };
  if (gateway.kind !== "not-applied") return passed("inventory", `${name} is entered by ${doors}`, evidence);
  return breaks("inventory", {
    what: `${flow.id} is in the inventory, and the running gateway does not have it`,
    evidence: { source: `ecluse status ${flow.id}`, line: "no-such-flow" },
    said: `${name} was written down, and is not open yet: the change was not applied.`,
    fix: "ecluse plan; ecluse apply",
  });
}

export function grantStep(walk: Walk): Step {
  return walk.from === undefined ? somebodyMay(walk) : thisOneMay(walk, walk.from);
}

function somebodyMay({ flow, name, audited, gateway }: Walk): Step {
  const held = flow.grants.filter(({ until }) => until === undefined || audited.at < until);
  const sources = [...held.map(({ source }) => source), ...live(gateway).grants.map(({ source }) => source)];
  const evidence = {
    source: `ecluse check --show ${flow.id}`,
    line: flow.grants.map(({ source }) => source).join(" "),
  };
  if (sources.length > 0) return passed("grant", `${[...new Set(sources)].join(", ")} may enter`, evidence);
  return breaks("grant", {
    what: "nobody may enter: no grant holds",
    evidence,
    said: `Nobody is allowed to reach ${name} at present.`,
    fix: "list who may enter under allow, then: ecluse apply",
  });
}

function thisOneMay({ flow, name, audited, gateway }: Walk, from: Ipv4): Step {
  const text = formatAddress(from);
  const verdict = judge(flow, from, audited.at);
  const source = `ecluse check --show ${flow.id}`;
  if (verdict.permit)
    return passed("grant", `${text} may enter, as ${verdict.grant.source}`, { source, line: verdict.grant.source });
  const temporary = live(gateway).grants.find(
    (grant) => audited.at < grant.until && names(grant.source, from, audited.inventory),
  );
  if (temporary !== undefined) {
    const line = `${temporary.id}: ${temporary.source}`;
    return passed("grant", `${text} may enter for a while, by ${temporary.id}`, { source: "ecluse grants", line });
  }
  const isOver = verdict.reason === "expired";
  return breaks("grant", {
    what: isOver ? `the right of ${text} has ended` : `${text} is not listed`,
    evidence: { source, line: flow.grants.map((grant) => grant.source).join(" ") },
    said: isOver
      ? `This till (${text}) was allowed to reach ${name}, and its time is over.`
      : `This till (${text}) is not allowed to reach ${name}: it is refused at the door.`,
    fix: `ecluse grant ${text} ${flow.id} --for 2h --reason "...", or list it under allow`,
  });
}

function names(source: string, from: Ipv4, inventory: Inventory): boolean {
  return networksNamed(source, inventory).some((each) => contains(each, from));
}

/** A temporary grant names a source of the inventory, an address or a network. */
export function networksNamed(source: string, { sources }: Inventory): readonly Network[] {
  const network = parseNetwork(source);
  const listed = sources.find(({ name }) => name === source)?.networks;
  return listed ?? ("kind" in network ? [] : [network]);
}

export function operatorStep({ flow, name, gateway }: Walk): Step {
  const source = `ecluse status ${flow.id}`;
  if (gateway.kind === "silent") {
    return unknown("operator", "whether somebody has closed it could not be asked", { source, line: gateway.message });
  }
  const { operation } = live(gateway);
  if (operation === undefined) return passed("operator", "nobody has closed it", { source, line: "open" });
  const { state, by, reason } = operation;
  const why = reason === undefined ? "" : `: ${escapeControls(reason)}`;
  return breaks("operator", {
    what: `it is ${state} by ${escapeControls(by)}${why}`,
    evidence: { source, line: `${state} by ${escapeControls(by)}${why}` },
    said: `${name} was closed on purpose by ${escapeControls(by)}${why}.`,
    fix: `ecluse open ${flow.id}`,
  });
}

const NOTHING: LiveFlow = { blocked: [], grants: [], sessions: [] };

function live(gateway: Walk["gateway"]): LiveFlow {
  return gateway.kind === "answered" ? gateway.flow : NOTHING;
}
