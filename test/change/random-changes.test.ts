/**
 * Changes, connections and crashes in any order: a real gateway beside a model of it, driven by a seed.
 *
 * After every step: nobody entered whom the last acknowledged rules shut out, nobody was refused whom they let in, who
 * should be inside is inside and answered, no port that stays was ever without its listener, and no terminal had more
 * sessions than places. ECLUSE_SEED=N repeats a run as far as timing allows; ECLUSE_LONG=SECONDS makes it longer.
 */
import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { connect } from "node:net";
import { test } from "node:test";
import { type Peer, type Place, ending, freePort, listenerAt, loopbackAddress, until } from "../support/loopback.ts";
import { type Changing, type Site, type SiteFlow, changing, inventoryOf } from "./changing.ts";
import * as rules from "./model.ts";
import type { Model } from "./model.ts";
import { ANSWER_BYTES, answerTo, answering, requestFor } from "./visitors.ts";

const SEED = Number(process.env["ECLUSE_SEED"] ?? Math.floor(Math.random() * 1e9));
const SECONDS = Number(process.env["ECLUSE_LONG"] ?? 30);
/** How much longer it may take until enough have come, in milliseconds. */
const MORE = 60_000;
const DOORS = 6;
/** The promise of `cut`, with room for a busy machine. In milliseconds. */
const SOON = 20_000;
/** Between two visits to the port that is never changed, in milliseconds. */
const BETWEEN = 20;
/** Who may finish is not cut while the test runs. */
const LIMITS = "drain: 1h";
const RULES = ["cut", "drain", "keep"] as const;

test(
  `${SECONDS} s of random changes, connections and crashes, seed ${SEED}`,
  { timeout: (SECONDS + 120) * 1_000 },
  async (context) => {
    await using world = await World.create(random(SEED));
    const end = performance.now() + SECONDS * 1_000;
    try {
      // On a busy machine few come within the time, and by some seeds.
      while (performance.now() < end || (!world.isTelling && performance.now() < end + MORE)) await world.step();
      await world.verify();
    } catch (error) {
      throw new Error(`seed ${SEED}, after ${world.trace.slice(-12).join("; ")}`, { cause: error });
    }
    context.diagnostic(`seed ${SEED}: ${JSON.stringify(world.counts)}`);
    assert.ok(world.isTelling, "too few came for this to mean anything");
  },
);

/** mulberry32: numbers from 0 to 1 that a seed decides. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Session extends rules.Inside {
  readonly socket: Socket;
  readonly target: Place;
  /** How it ended; absent: it has not. */
  ended?: string;
}

interface Visitor {
  readonly index: number;
  readonly from: string;
}

/** What a change says when it is acknowledged, and what it then was. */
type Change = (before: Model) => { readonly after: Model; readonly ask: () => Promise<unknown> };

class World implements AsyncDisposable {
  readonly trace: string[] = [];
  readonly counts = { changes: 0, entered: 0, refused: 0, crashes: 0, visits: 0 };
  readonly #random: () => number;
  readonly #pool = Array.from({ length: 5 }, loopbackAddress);
  readonly #anchorFrom = loopbackAddress();
  #terminals: readonly Peer[] = [];
  #ports: readonly Place[] = [];
  #anchor: Place = { host: "", port: 0 };
  #gateway: Changing | undefined;
  #model!: Model;
  #sessions: Session[] = [];
  /** Counts the gateway's lives; a visit that saw two of them proves nothing. */
  #life = 0;
  #alive = false;
  #visiting = true;
  #visits: Promise<void> = Promise.resolve();
  #missed: string | undefined;
  #number = 0;

  private constructor(random: () => number) {
    this.#random = random;
  }

  static async create(random: () => number): Promise<World> {
    const world = new World(random);
    await world.#start();
    return world;
  }

  async #start(): Promise<void> {
    this.#terminals = await Promise.all(Array.from({ length: 4 }, answering));
    const host = loopbackAddress();
    const ports = new Set<number>();
    while (ports.size < DOORS + 1) ports.add(await freePort(host));
    const [anchor, ...others] = Array.from(ports, (port): Place => ({ host, port }));
    this.#anchor = anchor ?? assert.fail();
    this.#ports = others;
    const sources = { always: [this.#anchorFrom], one: [this.#address()], two: [this.#address()] };
    const site: Site = { host, limits: LIMITS, sources, flows: [this.#anchorFlow(), this.#flow(0), this.#flow(1)] };
    this.#model = { site, number: 1, history: new Map([[1, site]]), grants: [], nextGrant: 1, standing: new Map() };
    this.#gateway = await changing(site);
    this.#alive = true;
    this.#visits = this.#visit();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#visiting = false;
    await this.#visits;
    for (const { socket } of this.#sessions) socket.destroy();
    await this.#gateway?.[Symbol.asyncDispose]();
    for (const terminal of this.#terminals) await terminal[Symbol.asyncDispose]();
  }

  get isTelling(): boolean {
    return this.counts.visits > 100 && this.counts.entered > 10;
  }

  async step(): Promise<void> {
    const dice = this.#random();
    if (dice < 0.5) await this.#come();
    else if (dice < 0.6) await this.#leave();
    else if (dice < 0.65) await this.#crash();
    else await this.#change(this.#someChange());
    await this.verify();
  }

  /** The gateway is as the model says. */
  async verify(): Promise<void> {
    assert.equal(this.#missed, undefined, "the port that is never changed");
    for (const session of this.#sessions) await this.#settle(session);
    this.#sessions = this.#sessions.filter(({ ended }) => ended === undefined);
    const expected = this.#sessions.map(({ name, from }) => `${name} ${from}`).sort();
    let seen: readonly string[] = [];
    const late = performance.now() + SOON;
    do seen = await this.#inside();
    while (seen.join() !== expected.join() && performance.now() < late);
    assert.deepEqual(seen, expected, "who is inside");
    const most = this.#terminals[0]?.count.most ?? 0;
    assert.ok(most <= 1, `${most} sessions at once at a terminal that takes one`);
  }

  async #inside(): Promise<readonly string[]> {
    const sessions = (await this.#asked("sessions")) as readonly { flow: string; source: string }[];
    const others = sessions.filter(({ flow }) => flow !== "flow/anchor");
    return others.map(({ flow, source }) => `${flow.slice("flow/".length)} ${source}`).sort();
  }

  /** By the model: cut before long, or still there and answered. */
  async #settle(session: Session): Promise<void> {
    const fate = rules.judged(this.#model, session);
    if (fate === "stays") session.right = rules.flowOf(this.#model, session.name) ?? session.right;
    if (fate === "cut") {
      await until(() => session.ended !== undefined, `${session.name} ${session.from} cut`, SOON);
      assert.equal(session.ended, "ECONNRESET");
    } else {
      const how = await exchange(session.socket, this.#next());
      assert.equal(how, "answered", `${session.name} ${session.from} ${fate}`);
    }
  }

  /** Somebody comes to a door, perhaps to one that is not there. */
  async #come(): Promise<void> {
    const { index, from } = this.#somebody();
    this.#trace(`come to door${index} from ${from}`);
    const model = this.#model;
    const how = await this.#enter(index, from, model);
    const flow = rules.flowOf(model, `door${index}`);
    if (flow === undefined) assert.equal(how, "ECONNREFUSED");
    else if (!rules.admits(model, flow.name, from)) assert.equal(how, "ECONNRESET", "shut out");
    else {
      // The one that came has been counted already.
      const there =
        this.#sessions.filter(({ target }) => same(target, flow.target)).length - (how === "answered" ? 1 : 0);
      assert.equal(how, there < rules.placesAt(model, flow.target) ? "answered" : "ECONNRESET", `beside ${there}`);
    }
  }

  /** Every other one is somebody who may enter, if there is any. */
  #somebody(): Visitor {
    const all = this.#ports.flatMap((_, index) => this.#pool.map((from): Visitor => ({ index, from })));
    const welcome = all.filter(({ index, from }) => rules.admits(this.#model, `door${index}`, from));
    const some = this.#random() < 0.5 && welcome.length > 0 ? welcome : all;
    return some[this.#pick(some.length)] ?? assert.fail();
  }

  async #enter(index: number, from: string, model: Model): Promise<string> {
    const socket = connect({ ...(this.#ports[index] ?? assert.fail()), localAddress: from, allowHalfOpen: true });
    const end = ending(socket);
    const how = await exchange(socket, this.#next());
    this.counts[how === "answered" ? "entered" : "refused"] += 1;
    const flow = rules.flowOf(model, `door${index}`);
    if (how !== "answered" || flow === undefined) socket.destroy();
    else {
      const session: Session = { name: flow.name, from, right: flow, socket, target: flow.target };
      void end.then(({ by }) => (session.ended = by));
      this.#sessions.push(session);
    }
    return how;
  }

  async #leave(): Promise<void> {
    const session = this.#sessions[this.#pick(this.#sessions.length)];
    if (session === undefined) return;
    this.#trace(`leave ${session.name} from ${session.from}`);
    session.socket.resetAndDestroy();
    this.#sessions = this.#sessions.filter((each) => each !== session);
    await until(() => session.socket.closed, "closed");
  }

  /** Carries a change out, while others come; they are judged by the rules before it or by those after. */
  async #change(change: Change | undefined): Promise<void> {
    if (change === undefined) return;
    const before = this.#model;
    const { after, ask } = change(before);
    const stay = [this.#anchor, ...this.#ports.filter((_, index) => staysAt(index, before, after))];
    const listening = stay.map(listenerAt);
    const crowd = Promise.all(Array.from({ length: 3 }, () => this.#comeMeanwhile(before, after)));
    await ask();
    await crowd;
    assert.deepEqual(stay.map(listenerAt), listening, "the listeners of ports that stay");
    this.#model = after;
    this.counts.changes += 1;
  }

  async #comeMeanwhile(before: Model, after: Model): Promise<void> {
    const { index, from } = this.#somebody();
    const [was, is] = [before, after].map((model) => rules.flowOf(model, `door${index}`));
    // Who finds a place depends on who came first, and which terminal is behind the door on which rules were met.
    const limited = [before, after].some((model) => {
      const flow = rules.flowOf(model, `door${index}`);
      return flow !== undefined && rules.placesAt(model, flow.target) < Infinity;
    });
    if (limited || (was !== undefined && is !== undefined && !same(was.target, is.target))) return;
    const may = [before, after].map((model) => rules.admits(model, `door${index}`, from));
    const how = await this.#enter(index, from, may[0] === true ? before : after);
    if (was !== undefined && is !== undefined) assert.notEqual(how, "ECONNREFUSED", `door${index} stays`);
    if (may.every(Boolean)) assert.equal(how, "answered", `${from} may enter door${index} before and after`);
    if (!may.some(Boolean)) assert.notEqual(how, "answered", `${from} may not enter door${index} before or after`);
  }

  /** SIGKILL, perhaps in the middle of a change: then it has happened or it has not, and nothing older is in force. */
  async #crash(): Promise<void> {
    const change = this.#random() < 0.6 ? this.#someChange() : undefined;
    const made = change?.(this.#model);
    this.#trace(made === undefined ? "crash" : "crash meanwhile");
    const asked = made?.ask().then(
      () => true,
      () => false,
    );
    if (asked !== undefined) await Promise.race([asked, pauseAtMost(this.#random() * 600)]);
    this.#alive = false;
    this.#life += 1;
    const { serving } = this.#gateway ?? assert.fail();
    serving.signal("SIGKILL");
    await serving.exited;
    const acknowledged = (await asked) === true;
    await until(() => this.#sessions.every(({ ended }) => ended !== undefined), "everybody out");
    this.#sessions = [];
    await until(() => this.#terminals.every(({ count }) => count.open === 0), "nobody at the terminals");
    await this.#gateway?.start();
    this.#alive = true;
    this.counts.crashes += 1;
    const possible = [...(acknowledged ? [] : [this.#model]), ...(made === undefined ? [] : [made.after])];
    this.#model = await this.#recognised(possible.map(rules.restarted));
  }

  /** Which of these the gateway is. Of those that look the same, either. */
  async #recognised(possible: readonly Model[]): Promise<Model> {
    const { inventory, pending, grants, operations } = (await this.#asked("status")) as Status;
    const seen = JSON.stringify({
      ...{ number: inventory.number, hash: inventory.hash, rollbackTo: pending?.rollbackTo ?? null },
      grants: [...grants.list, ...grants.aside.map(({ grant }) => grant)]
        .map(({ id }) => id)
        .filter(once)
        .sort(),
      standing: operations.map(({ flow, state }) => [flow.slice("flow/".length), state]).sort(),
    });
    const found = possible.find((model) => rules.fingerprint(model) === seen);
    assert.ok(found, `${seen} is none of ${possible.map(rules.fingerprint).join(" ")}`);
    return found;
  }

  #someChange(): Change | undefined {
    const kinds = [
      () => this.#applying(this.#editedSite()),
      () => this.#applying(this.#editedSite()),
      () => this.#applying(this.#editedSite()),
      () => this.#applying(this.#editedSite(), true),
      () => this.#confirming(),
      () => this.#rollingBack(),
      () => this.#granting(),
      () => this.#granting(),
      () => this.#revoking(),
      () => this.#operating(),
      () => this.#operating(),
    ];
    return kinds[this.#pick(kinds.length)]?.();
  }

  #applying(site: Site, confirm = false): Change | undefined {
    const before = this.#model;
    const unchanged = inventoryOf(site) === inventoryOf(before.site);
    // The same once more is no application.
    if (unchanged && !confirm && before.rollbackTo === undefined) return undefined;
    this.#trace(`apply ${before.number + 1}${confirm ? " on probation" : ""}`);
    return () => ({
      after: rules.applied(before, site, confirm),
      ask: async () => {
        this.#gateway?.write(site);
        const { number } = (await this.#asked("apply", confirm ? { confirm: 3_600_000 } : {})) as { number: number };
        assert.equal(number, before.number + 1);
      },
    });
  }

  #confirming(): Change | undefined {
    if (this.#model.rollbackTo === undefined) return undefined;
    this.#trace("confirm");
    return (before) => ({ after: rules.confirmed(before), ask: () => this.#asked("confirm") });
  }

  #rollingBack(): Change {
    // The history keeps the last 200.
    const number = this.#model.number - this.#pick(Math.min(this.#model.number, 150));
    this.#trace(`roll back to ${number}`);
    return (before) => ({ after: rules.rolledBack(before, number), ask: () => this.#asked("rollback", { number }) });
  }

  #granting(): Change | undefined {
    const flows = this.#model.site.flows.filter(({ name }) => name !== "anchor");
    const flow = flows[this.#pick(flows.length)];
    if (flow === undefined) return undefined;
    const source = this.#address();
    this.#trace(`grant ${source} at ${flow.name}`);
    return (before) => ({
      after: {
        ...{ ...before, nextGrant: before.nextGrant + 1 },
        grants: [...before.grants, { id: `g${before.nextGrant}`, source, flow: flow.name }],
      },
      ask: () => this.#asked("grant", { source, select: `flow/${flow.name}`, for: 3_600_000, reason: "a test" }),
    });
  }

  #revoking(): Change | undefined {
    const grant = this.#model.grants[this.#pick(this.#model.grants.length)];
    if (grant === undefined) return undefined;
    this.#trace(`revoke ${grant.id}`);
    return (before) => ({
      after: { ...before, grants: before.grants.filter(({ id }) => id !== grant.id) },
      ask: () => this.#asked("revoke", { id: grant.id }),
    });
  }

  #operating(): Change | undefined {
    const flows = this.#model.site.flows.filter(({ name }) => name !== "anchor");
    const flow = flows[this.#pick(flows.length)];
    const to = (["closed", "draining", "open", "open"] as const)[this.#pick(4)] ?? "open";
    if (flow === undefined) return undefined;
    this.#trace(`${to} ${flow.name}`);
    return (before) => {
      const standing = new Map(before.standing);
      if (to === "open") standing.delete(flow.name);
      else standing.set(flow.name, to);
      return { after: { ...before, standing }, ask: () => this.#asked("operate", { select: `flow/${flow.name}`, to }) };
    };
  }

  #editedSite(): Site {
    const { site } = this.#model;
    const index = this.#pick(DOORS);
    const has = site.flows.some(({ name }) => name === `door${index}`);
    const others = site.flows.filter(({ name }) => name !== `door${index}`);
    const source = (["one", "two"] as const)[this.#pick(2)] ?? "one";
    const edits = [
      () => ({ ...site, flows: has ? others : [...others, this.#flow(index)] }),
      () => ({ ...site, flows: has ? [...others, this.#flow(index)] : site.flows }),
      () => ({ ...site, sources: { ...site.sources, [source]: [this.#address()] } }),
      () => ({ ...site, sources: { ...site.sources, [source]: [...this.#pool.slice(this.#pick(4))] } }),
      () => ({ ...site, limits: `${LIMITS}, idle: ${300 + this.#pick(100)}s` }),
    ];
    return edits[this.#pick(edits.length)]?.() ?? site;
  }

  /** The first terminal takes one session at a time, whatever leads to it; the second takes two. */
  #flow(index: number): SiteFlow {
    const at = this.#pick(4);
    const allow = [["one"], ["two"], ["one", "two"]][this.#pick(3)] ?? [];
    return {
      ...{ name: `door${index}`, listen: this.#ports[index] ?? assert.fail(), allow },
      target: this.#terminals[at] ?? assert.fail(),
      onRevoke: RULES[this.#pick(3)] ?? "cut",
      ...(at < 2 ? { sessions: at + 1 } : {}),
    };
  }

  #anchorFlow(): SiteFlow {
    return { name: "anchor", listen: this.#anchor, target: this.#terminals[3] ?? assert.fail(), allow: ["always"] };
  }

  /** One after another comes to a port that no change concerns, as long as there is a gateway. */
  async #visit(): Promise<void> {
    while (this.#visiting) {
      const life = this.#life;
      const from = this.#alive;
      const socket = connect({ ...this.#anchor, localAddress: this.#anchorFrom });
      const how = await exchange(socket, this.#next());
      socket.destroy();
      if (from && life === this.#life) {
        this.counts.visits += 1;
        if (how !== "answered") this.#missed ??= how;
      }
      await pauseAtMost(BETWEEN);
    }
  }

  #asked(...[name, given]: Parameters<Changing["ask"]>): Promise<unknown> {
    return (this.#gateway ?? assert.fail()).ask(name, given);
  }

  #trace(what: string): void {
    this.trace.push(what);
  }

  #address(): string {
    return this.#pool[this.#pick(this.#pool.length)] ?? assert.fail();
  }

  #pick(count: number): number {
    return Math.floor(this.#random() * count);
  }

  #next(): number {
    this.#number += 1;
    return this.#number;
  }
}

interface Status {
  readonly inventory: { readonly number: number; readonly hash: string };
  readonly pending: { readonly rollbackTo: number } | null;
  readonly grants: {
    readonly list: readonly { readonly id: string }[];
    readonly aside: readonly { readonly grant: { readonly id: string } }[];
  };
  readonly operations: readonly { readonly flow: string; readonly state: string }[];
}

function once<T>(value: T, index: number, all: readonly T[]): boolean {
  return all.indexOf(value) === index;
}

function staysAt(index: number, before: Model, after: Model): boolean {
  return [before, after].every((model) => rules.flowOf(model, `door${index}`) !== undefined);
}

function same(a: Place, b: Place): boolean {
  return a.host === b.host && a.port === b.port;
}

/** Asks, and says how that went: `answered`, or the error's code. */
function exchange(socket: Socket, number: number): Promise<string> {
  const request = requestFor(number);
  return new Promise((resolve) => {
    let heard = Buffer.alloc(0);
    const settle = (how: string): void => {
      socket.off("data", onData).off("error", onError).off("close", onClose);
      resolve(how);
    };
    const onData = (chunk: Buffer): void => {
      heard = Buffer.concat([heard, chunk]);
      if (heard.length >= ANSWER_BYTES) settle(heard.equals(answerTo(request)) ? "answered" : "a wrong answer");
    };
    const onError = (error: NodeJS.ErrnoException): void => settle(error.code ?? error.name);
    const onClose = (): void => settle("close");
    socket.on("data", onData).on("error", onError).on("close", onClose);
    if (socket.closed) settle("close");
    else socket.write(request);
  });
}

function pauseAtMost(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
