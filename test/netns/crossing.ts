/**
 * A host with a firewall, and everybody else on the other end of its cable:
 *
 *   outside 10.255.0.1 ───── 10.255.0.2 host ───── 172.30.0.2 container (for what Docker would publish)
 *   every source of the tests            198.51.100.0/24, 192.168.1.105
 *
 * A local route makes a whole network somebody's own, so both ends have all their addresses at once (AnyIP). Two sets of
 * the host's kernel say which SYNs arrived, before any firewall, and which went on behind it: nobody has to wait for
 * silence to be long enough.
 */
import { Conversation } from "../support/conversation.ts";
import { until } from "../support/loopback.ts";
import { Host, cable } from "../support/namespaces.ts";
import type { ManyKnock, Place } from "./many-knocks.ts";

/** Where the sensor that says who went on stands: at the host's own door, or behind it at the container's. */
export type Behind = "input" | "forward";

const KEY: Readonly<Record<Behind, string>> = {
  input: "ip saddr . ip daddr . tcp dport",
  // What Docker translated is told by what it was sent to first.
  forward: "ct original ip saddr . ct original ip daddr . ct original proto-dst",
};

/** Where everything leads that is published. */
export const PUBLISHED: Place = { address: "172.30.0.2", port: 8888 };

export class Crossing implements AsyncDisposable {
  readonly outside: Host;
  readonly host: Host;
  readonly container: Host;
  readonly #knocks: Conversation;
  readonly #doors: Conversation;

  private constructor(hosts: readonly [Host, Host, Host], behind: Behind) {
    [this.outside, this.host, this.container] = hosts;
    this.#wire();
    this.host.run("nft", sensor(behind));
    this.#knocks = new Conversation(this.outside, "test/netns/many-knocks.ts");
    this.#doors = new Conversation(behind === "input" ? this.host : this.container, "test/netns/many-doors.ts");
  }

  static async create(behind: Behind): Promise<Crossing> {
    return new Crossing(
      [await Host.create("outside"), await Host.create("host"), await Host.create("container")],
      behind,
    );
  }

  #wire(): void {
    const { outside, host, container } = this;
    cable(outside, host);
    outside.address("host", "10.255.0.1/30");
    host.address("outside", "10.255.0.2/30");
    host.route("default", "via", "10.255.0.1");
    for (const own of ["192.0.0.0/22", "203.0.112.0/22", "172.17.240.0/24", "192.168.1.0/24"]) {
      outside.route("local", own, "dev", "lo");
    }
    outside.route("198.51.100.0/24", "via", "10.255.0.2");
    // In the table that is asked first, for the network around it is outside's own.
    outside.route("192.168.1.105", "via", "10.255.0.2", "table", "local");
    for (const own of ["198.51.100.0/24", "192.168.1.105"]) host.route("local", own, "dev", "lo");
    cable(host, container);
    host.address("container", "172.30.0.1/24");
    container.address("host", "172.30.0.2/24");
    container.route("default", "via", "172.30.0.1");
    host.forward();
  }

  /** What Docker does for a published port, for all of them at once. */
  publish(): void {
    this.host.run("iptables", "-N", "DOCKER-USER");
    this.host.run("iptables", "-A", "FORWARD", "-j", "DOCKER-USER");
    const match = ["-p", "tcp", "-m", "addrtype", "--dst-type", "LOCAL"];
    const to = ["-j", "DNAT", "--to-destination", `${PUBLISHED.address}:${PUBLISHED.port}`];
    this.host.run("iptables", "-t", "nat", "-A", "PREROUTING", ...match, ...to);
  }

  /** Opens these doors on the host, or in the container, instead of those before. */
  async listen(places: readonly Place[]): Promise<void> {
    this.#doors.say(places);
    await this.#doors.until((lines) => lines.length > 0);
  }

  /**
   * Knocks, and resolves with those that got in: once all have arrived, and those who may have passed and are in. Only how
   * long it waits depends on who may: whoever else gets in is among them, too.
   */
  async knock(knocks: readonly ManyKnock[], may: readonly ManyKnock[]): Promise<readonly ManyKnock[]> {
    this.host.run("nft", "flush set inet sensor arrived; flush set inet sensor passed");
    this.#knocks.say(knocks);
    const have = (where: "arrived" | "passed", list: readonly ManyKnock[]): boolean => {
      const seen = this.seen(where);
      return list.every((knock) => seen.has(keyOf(knock)));
    };
    await until(() => have("arrived", knocks), "every SYN at the host");
    await until(() => have("passed", may), "whoever may come behind the firewall");
    const passed = this.seen("passed");
    const inside = knocks.filter((knock) => passed.has(keyOf(knock)));
    await this.#knocks.until((lines) => lines.length > inside.length);
    const [, ...numbers] = this.#knocks.lines;
    await this.leave();
    return numbers.flatMap((number) => knocks[Number(number)] ?? []);
  }

  /** Nobody knocks any more: a SYN that was dropped is not sent again to whatever firewall comes next. */
  async leave(): Promise<void> {
    this.#knocks.say([]);
    await this.#knocks.until((lines) => lines.length > 0);
  }

  /** Who came to a sensor: `from to:port`. */
  seen(where: "arrived" | "passed"): ReadonlySet<string> {
    const { nftables } = JSON.parse(this.host.run("nft", "-j", "list", "set", "inet", "sensor", where)) as {
      readonly nftables: readonly { readonly set?: { readonly elem?: readonly Element[] } }[];
    };
    const elements = nftables.flatMap(({ set }) => set?.elem ?? []);
    return new Set(elements.map(({ concat: [from, address, port] }) => `${from} ${address}:${port}`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of [this.outside, this.host, this.container]) await host[Symbol.asyncDispose]();
  }
}

interface Element {
  readonly concat: readonly [from: string, address: string, port: number];
}

export function keyOf({ from, address, port }: ManyKnock): string {
  return `${from} ${address}:${port}`;
}

/** Before every firewall's hook, and after it. */
function sensor(behind: Behind): string {
  const type = "type ipv4_addr . ipv4_addr . inet_service; size 65535; flags dynamic;";
  const syn = "meta l4proto tcp tcp flags & (syn | ack) == syn";
  return `table inet sensor {
    set arrived { ${type} }
    set passed { ${type} }
    chain arriving {
      type filter hook prerouting priority -500;
      ${syn} iifname "outside" add @arrived { ${KEY.input} }
    }
    chain behind {
      type filter hook ${behind} priority 500;
      ${syn} iifname "outside" add @passed { ${KEY[behind]} }
    }
  }`;
}
