/**
 * Where both engines are tried: a till, a gateway and a depot, each a host of its own.
 *
 *     tills                        gateway                         depot
 *     192.0.2.44 (may enter)       198.51.100.10 | 172.17.240.9    172.17.1.10 ...
 *     203.0.113.9 (a stranger) ------------------|---------------- (its way back is the gateway)
 */
import { type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { KernelSettings } from "../../../src/engine/kernel/settings.ts";
import type { Probed } from "../../../src/engine/records.ts";
import type { Limits } from "../../../src/inventory/model.ts";
import { ipv4 } from "../../support/loopback.ts";
import { Host, cable } from "../../support/namespaces.ts";
import type { FlowSpec } from "../../support/relay.ts";
import type { EngineAnswer, EngineOrder, EngineState } from "./engine-process.ts";
import type { PeerEvent, PeerOrder } from "./peer-process.ts";

export const TILL = "192.0.2.44";
export const STRANGER = "203.0.113.9";
export const GATEWAY = "198.51.100.10";
export const TOWARDS_DEPOTS = "172.17.240.9";
export const TERMINALS = ["172.17.1.10", "172.17.1.11", "172.17.1.12"] as const;
export const PORT = 8_888;

export type Kind = "relay" | "kernel";

/** How often something is looked at until it is as expected, in milliseconds; the test's own time limit bounds it. */
const GLANCE = 20;

export class Crossing implements AsyncDisposable {
  readonly kind: Kind;
  readonly tills: Host;
  readonly gateway: Host;
  readonly depot: Host;
  readonly till: Peer;
  readonly terminal: Peer;

  private constructor(kind: Kind, [tills, gateway, depot]: readonly [Host, Host, Host]) {
    this.kind = kind;
    this.tills = tills;
    this.gateway = gateway;
    this.depot = depot;
    this.till = new Peer(tills);
    this.terminal = new Peer(depot);
  }

  static async create(kind: Kind): Promise<Crossing> {
    const [tills, gateway, depot] = await Promise.all([
      Host.create("tills"),
      Host.create("gateway"),
      Host.create("depot"),
    ]);
    cable(tills, gateway);
    cable(gateway, depot);
    tills.address("gateway", "198.51.100.20/24", `${TILL}/32`, `${STRANGER}/32`);
    gateway.address("tills", `${GATEWAY}/24`);
    gateway.address("depot", `${TOWARDS_DEPOTS}/16`);
    depot.address("gateway", ...TERMINALS.map((address) => `${address}/16`));
    tills.route("172.17.0.0/16", "via", GATEWAY);
    gateway.route(`${TILL}/32`, "dev", "tills");
    gateway.route(`${STRANGER}/32`, "dev", "tills");
    depot.route("default", "via", TOWARDS_DEPOTS);
    if (kind === "kernel") gateway.forward();
    const crossing = new Crossing(kind, [tills, gateway, depot]);
    for (const address of TERMINALS) await crossing.terminal.listen(address, PORT);
    return crossing;
  }

  /** Starts the engine; more than one may be started, one after another. */
  start(settings: Partial<KernelSettings> = {}, pace = 1): EngineProcess {
    const given: KernelSettings = { source: ipv4(TOWARDS_DEPOTS), keepRules: false, ...settings };
    return new EngineProcess(this.gateway, { kind: this.kind, settings: given, pace });
  }

  /** A till's connection to a door, until it is through to the terminal: both ends. */
  async enter(name: string, port: number, from = TILL): Promise<Entered> {
    this.till.tell({ do: "connect", name, from, to: GATEWAY, port });
    await this.till.event("connected", name);
    const accepted = await this.terminal.event("accepted");
    return { name, there: accepted.name, from: accepted.from };
  }

  /** Whether a connection is refused by RST, and no terminal hears of it. */
  async knock(
    name: string,
    { port, from, to = GATEWAY }: { port: number; from: string; to?: string },
  ): Promise<string> {
    this.till.tell({ do: "connect", name, from, to, port });
    const refused = await this.till.event("failed", name);
    return refused.code;
  }

  /** What one end says, the other hears. */
  async exchange({ name, there }: Entered, text = "payment"): Promise<void> {
    this.till.tell({ do: "say", name, text });
    await this.terminal.hear(there, text);
    this.terminal.tell({ do: "say", name: there, text: `${text}: done` });
    await this.till.hear(name, `${text}: done`);
  }

  /** Both ends close, that one first. */
  async leave({ name, there }: Entered, first: "till" | "terminal"): Promise<void> {
    const ends = [
      [this.till, name],
      [this.terminal, there],
    ] as const;
    for (const [index, [peer, its]] of (first === "till" ? ends : ends.toReversed()).entries()) {
      if (index === 1) await peer.event("ended", its);
      peer.tell({ do: "end", name: its });
    }
    await Promise.all(ends.map(([peer, its]) => peer.event("closed", its)));
  }

  /** Knocks until it is refused; those let in until then go again. */
  async refusedSoon({ port, from }: { readonly port: number; readonly from: string }): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      const name = `attempt-${attempt}`;
      this.till.tell({ do: "connect", name, from, to: GATEWAY, port });
      const event = await Promise.race([this.till.event("connected", name), this.till.event("failed", name)]);
      if (event.what === "failed") return;
      this.till.tell({ do: "reset", name });
    }
  }

  /** Looks until the kernel engine's table stands again. */
  async tableIsBack(): Promise<void> {
    while (!this.gateway.run("nft", "list", "tables").includes("ecluse"))
      await new Promise((resolve) => setTimeout(resolve, GLANCE));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.tills, this.gateway, this.depot].map((host) => host[Symbol.asyncDispose]()));
  }
}

/** A connection from end to end: `name` at the till, `there` at the terminal, which sees it come `from`. */
export interface Entered {
  readonly name: string;
  readonly there: string;
  readonly from: string;
}

/** A flow in a line: from a public port to a terminal of the depot. */
export function flow(port: number, more: Partial<FlowSpec> = {}): FlowSpec {
  const address = ipv4(TERMINALS[(port - 10_101) % TERMINALS.length] ?? TERMINALS[0]);
  return {
    id: `flow/${port}`,
    listen: { address: ipv4(GATEWAY), port },
    target: { address, port: PORT },
    allow: [`${TILL}/32`],
    ...more,
  };
}

class Child<Order> {
  readonly child: ChildProcess;

  constructor(host: Host, file: string, ...words: readonly string[]) {
    const path = fileURLToPath(new URL(file, import.meta.url));
    this.child = host.converse(process.execPath, "--conditions=source", path, ...words);
  }

  tell(order: Order): void {
    this.child.stdin?.write(`${JSON.stringify(order)}\n`);
  }

  onLine(heard: (line: string) => void): void {
    if (this.child.stdout !== null) createInterface({ input: this.child.stdout }).on("line", heard);
  }
}

export class Peer extends Child<PeerOrder> {
  #events: PeerEvent[] = [];
  #arrived = Promise.withResolvers<undefined>();

  constructor(host: Host) {
    super(host, "peer-process.ts");
    this.onLine((line) => {
      this.#events.push(JSON.parse(line) as PeerEvent);
      this.#arrived.resolve(undefined);
      this.#arrived = Promise.withResolvers();
    });
  }

  async listen(address: string, port: number): Promise<void> {
    this.tell({ do: "listen", address, port });
    await this.event("listening");
  }

  /** The first event of its kind, of that connection, that nobody has been told of yet; waits for it. */
  async event<What extends PeerEvent["what"]>(what: What, name?: string): Promise<Extract<PeerEvent, { what: What }>> {
    for (;;) {
      const index = this.#events.findIndex(
        (event) => event.what === what && (name === undefined || ("name" in event && event.name === name)),
      );
      const [event] = index < 0 ? [] : this.#events.splice(index, 1);
      if (event !== undefined) return event as Extract<PeerEvent, { what: What }>;
      await this.#arrived.promise;
    }
  }

  /** Waits until it has heard exactly this, in however many pieces. */
  async hear(name: string, text: string): Promise<void> {
    for (let heard = ""; heard !== text;) {
      heard += (await this.event("heard", name)).text;
      if (!text.startsWith(heard)) throw new Error(`${name} heard ${heard} instead of ${text}`);
    }
  }

  /** What has happened of which nobody was told, of one kind. */
  unseen(what: PeerEvent["what"]): readonly PeerEvent[] {
    return this.#events.filter((event) => event.what === what);
  }
}

interface Running {
  readonly kind: Kind;
  readonly settings: KernelSettings;
  /** How many times as fast its clock goes. */
  readonly pace: number;
}

export class EngineProcess extends Child<EngineOrder> {
  readonly #lines: string[] = [];
  #arrived = Promise.withResolvers<undefined>();

  constructor(host: Host, { kind, settings, pace }: Running) {
    super(host, "engine-process.ts", kind, JSON.stringify(settings), String(pace));
    this.onLine((line) => {
      this.#lines.push(line);
      this.#arrived.resolve(undefined);
      this.#arrived = Promise.withResolvers();
    });
  }

  async apply(flows: readonly FlowSpec[], limits: Partial<Limits> = {}): Promise<void> {
    await this.#ask({ do: "apply", flows, limits });
  }

  async probe(flowId: string): Promise<Probed> {
    return (await this.#ask({ do: "probe", flow: flowId })) as Probed;
  }

  async drain(limit: number): Promise<{ readonly cut: number }> {
    return (await this.#ask({ do: "drain", limit })) as { readonly cut: number };
  }

  async state(): Promise<EngineState> {
    return (await this.#ask({ do: "tell" })) as EngineState;
  }

  /** Looks until the engine's state is as expected. */
  async until(isSo: (state: EngineState) => boolean): Promise<EngineState> {
    for (;;) {
      const state = await this.state();
      if (isSo(state)) return state;
      await new Promise((resolve) => setTimeout(resolve, GLANCE));
    }
  }

  async kill(): Promise<void> {
    const exited = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await exited;
  }

  async #ask(order: EngineOrder): Promise<EngineAnswer> {
    this.tell(order);
    for (;;) {
      const line = this.#lines.shift();
      if (line !== undefined) return JSON.parse(line) as EngineAnswer;
      await this.#arrived.promise;
    }
  }
}
