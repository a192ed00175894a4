/**
 * The networks a measurement runs in, made anew for each so that no TIME_WAIT of one subject weighs on the next:
 *
 *     till 198.51.100.20 ---- 198.51.100.10 gateway 172.17.240.2 ---- 172.17.240.1 depot, every 172.17.N.Y
 *
 * The gateway's kernel forwards, which is the way of the subject `direct`. Without namespaces everything lies on
 * 127.0.0.0/8 of this host, and nothing is made.
 */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { DEPOTS, publicPortOf, TERMINALS } from "../src/inventory/numbering.ts";
import { gatewayCore, loadCore, type Isolation } from "./isolate.ts";
import type { Door } from "./subjects/subject.ts";

export type Place = "till" | "gateway" | "depot";

const PLACES: readonly Place[] = ["till", "gateway", "depot"];
const FIRST_HOST = 10;
const TERMINAL_PORT = 8888;
const STRANGERS = 16;

export class Network implements AsyncDisposable {
  readonly isolation: Isolation;
  readonly gateway: string;
  /** The address the gateway sees its client come from. */
  readonly till: string;
  /** More addresses of the till's host, which nothing allows in. */
  readonly strangers: readonly string[];
  /** Every terminal's address begins with it. */
  readonly #terminals: string;
  /** A process in each namespace keeps it alive; it ends with its stdin, which we hold. */
  readonly #holders: ReadonlyMap<Place, ChildProcess>;

  private constructor(isolation: Isolation, holders: ReadonlyMap<Place, ChildProcess>) {
    this.isolation = isolation;
    this.#holders = holders;
    const apart = isolation === "namespaces";
    this.gateway = apart ? "198.51.100.10" : "127.18.0.10";
    this.till = apart ? "198.51.100.20" : "127.0.0.1";
    this.strangers = Array.from(
      { length: STRANGERS },
      (_, index) => `${apart ? "198.51.100" : "127.0.0"}.${100 + index}`,
    );
    this.#terminals = apart ? "172.17" : "127.17";
  }

  /** `steered`: each host's own processor handles what comes in; takes namespaces. Throws where the kernel cannot do that. */
  static async create(isolation: Isolation, steered: boolean): Promise<Network> {
    if (isolation === "loopback") return new Network(isolation, new Map());
    const holders = await Promise.all(PLACES.map(async (place) => [place, await hold()] as const));
    const network = new Network(isolation, new Map(holders));
    network.#connect();
    if (steered) network.#steer();
    return network;
  }

  /** Words to put before a command so that it runs in a place. */
  enter(place: Place): readonly string[] {
    const holder = this.#holders.get(place);
    return holder ? ["nsenter", `--net=/proc/${holder.pid ?? 0}/ns/net`, "--"] : [];
  }

  /** All doors of the numbering plan, in the order of their ports. */
  allDoors(): readonly Door[] {
    const positions = Array.from({ length: DEPOTS * TERMINALS }, (_, index) => ({
      depot: Math.floor(index / TERMINALS) + 1,
      terminal: (index % TERMINALS) + 1,
    }));
    return positions.map((position) => ({
      ...position,
      port: publicPortOf(position),
      target: {
        address: `${this.#terminals}.${position.depot}.${FIRST_HOST + position.terminal - 1}`,
        port: TERMINAL_PORT,
      },
    }));
  }

  /** What the backend listens on to stand in for these doors' terminals: in a namespace of its own, on everything. */
  backendAddresses(doors: readonly Door[]): readonly string[] {
    return this.isolation === "namespaces" ? ["0.0.0.0"] : doors.map((door) => door.target.address);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const holder of this.#holders.values()) {
      const ended = once(holder, "exit");
      holder.stdin?.end();
      await ended;
    }
  }

  #connect(): void {
    const pid = (place: Place): number => this.#holders.get(place)?.pid ?? 0;
    ip(
      [],
      [
        `link add till0 netns ${pid("till")} type veth peer name gate0 netns ${pid("gateway")}`,
        `link add depot0 netns ${pid("depot")} type veth peer name gate1 netns ${pid("gateway")}`,
      ],
    );
    ip(this.enter("till"), [
      ...up("till0", "198.51.100.20/24"),
      ...this.strangers.map((address) => `address add ${address}/24 dev till0`),
      "route add default via 198.51.100.10",
    ]);
    ip(this.enter("gateway"), [
      ...up("gate0", "198.51.100.10/24"),
      ...up("gate1", "172.17.240.2/24"),
      "route add 172.17.0.0/16 via 172.17.240.1",
    ]);
    run([...this.enter("gateway"), "sysctl", "-q", "-w", "net.ipv4.ip_forward=1"]);
    ip(this.enter("depot"), [
      ...up("depot0", "172.17.240.1/24"),
      "route add default via 172.17.240.2",
      // Depots 1..72 in one line: every address of 172.17.0.0/17 is this host.
      "route add local 172.17.0.0/17 dev lo",
    ]);
  }

  /** As between machines. Left alone, a veth has the sender's processor do it. */
  #steer(): void {
    const devices = { till: ["till0"], gateway: ["gate0", "gate1"], depot: ["depot0"] };
    for (const place of PLACES) {
      const mask = 1 << (place === "gateway" ? gatewayCore() : loadCore());
      const lines = devices[place].map(
        (device) => `echo ${mask.toString(16)} | tee /sys/class/net/${device}/queues/rx-*/rps_cpus`,
      );
      // The kernel shows a network's devices to a file system that was mounted in it.
      run([
        ...this.enter(place),
        "unshare",
        "--mount",
        "sh",
        "-ec",
        ["mount -t sysfs sysfs /sys", ...lines].join("\n"),
      ]);
    }
  }
}

async function hold(): Promise<ChildProcess> {
  const holder = spawn("unshare", ["--net", "sh", "-c", "echo ready; exec cat"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await once(holder.stdout, "data");
  return holder;
}

function up(device: string, address: string): readonly string[] {
  return ["link set lo up", `address add ${address} dev ${device}`, `link set ${device} up`];
}

function ip(enter: readonly string[], lines: readonly string[]): void {
  run([...enter, "ip", "-batch", "-"], lines.join("\n"));
}

function run([command = "", ...words]: readonly string[], input = ""): void {
  const { status, stderr } = spawnSync(command, words, { input, encoding: "utf8" });
  if (status !== 0) throw new Error(`${[command, ...words].join(" ")}: ${stderr || "failed"}`);
}
