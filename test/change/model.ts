/**
 * What a gateway must be like after changes, sessions and crashes: the rules as plain data, without a socket or a clock.
 *
 * Written from the documents, not from the code: who may enter is looked up in lists, one by one.
 */
import { hashOf } from "../../src/change/history-entry.ts";
import { type Site, type SiteFlow, inventoryOf } from "./changing.ts";

export interface ModelGrant {
  readonly id: string;
  readonly source: string;
  readonly flow: string;
}

/** What the gateway has acknowledged, or is about to. */
export interface Model {
  readonly site: Site;
  /** Its number in the history. */
  readonly number: number;
  /** Everything that was ever applied, by number. */
  readonly history: ReadonlyMap<number, Site>;
  /** Where it goes back to unless it is confirmed. */
  readonly rollbackTo?: number;
  readonly grants: readonly ModelGrant[];
  /** The number of the next grant: none is given twice. */
  readonly nextGrant: number;
  readonly standing: ReadonlyMap<string, "closed" | "draining">;
}

export function applied(model: Model, site: Site, confirm: boolean): Model {
  const number = model.number + 1;
  const { rollbackTo = model.number, ...rest } = model;
  return {
    ...without(rest),
    ...{ site, number, history: new Map([...model.history, [number, site]]) },
    ...(confirm ? { rollbackTo } : {}),
  };
}

export function rolledBack(model: Model, to: number): Model {
  return applied(model, model.history.get(to) ?? model.site, false);
}

export function confirmed(model: Model): Model {
  return without(model);
}

/** What was not confirmed is gone. */
export function restarted(model: Model): Model {
  return model.rollbackTo === undefined ? model : rolledBack(model, model.rollbackTo);
}

function without({ rollbackTo: _, ...rest }: Model): Model {
  return rest;
}

export function flowOf({ site }: Model, name: string): SiteFlow | undefined {
  return site.flows.find((flow) => flow.name === name);
}

/** Whether somebody new may enter, if there is a place. */
export function admits(model: Model, name: string, from: string): boolean {
  return !model.standing.has(name) && hasRight(model, name, from);
}

function hasRight(model: Model, name: string, from: string): boolean {
  const flow = flowOf(model, name);
  if (flow === undefined) return false;
  const named = flow.allow.some((source) => model.site.sources[source]?.includes(from));
  return named || model.grants.some((grant) => grant.flow === name && grant.source === from);
}

/** A session: the flow as it was when its right last held. */
export interface Inside {
  readonly name: string;
  readonly from: string;
  right: SiteFlow;
}

/** What a change does to a session: it has a right, maybe another than before; it may finish; or it is cut. */
export function judged(model: Model, { name, from, right }: Inside): "stays" | "leaves" | "cut" {
  const flow = flowOf(model, name);
  const elsewhere = flow?.target.host !== right.target.host || flow.target.port !== right.target.port;
  if (!elsewhere && model.standing.get(name) !== "closed" && hasRight(model, name, from)) return "stays";
  return (elsewhere ? right : flow).onRevoke === "cut" ? "cut" : "leaves";
}

/** Sessions at once at a target: the least of what leads there. */
export function placesAt({ site }: Model, { host, port }: SiteFlow["target"]): number {
  const there = site.flows.filter(({ target }) => target.host === host && target.port === port);
  return Math.min(...there.map(({ sessions }) => sessions ?? Infinity), Infinity);
}

/** As much of the gateway's state as tells one model from another. */
export function fingerprint({ site, number, rollbackTo, grants, standing }: Model): string {
  return JSON.stringify({
    ...{ number, hash: hashOf([{ file: "", text: inventoryOf(site) }]), rollbackTo: rollbackTo ?? null },
    grants: grants.map(({ id }) => id).sort(),
    standing: [...standing].sort(),
  });
}
