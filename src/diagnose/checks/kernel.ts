/** What the kernel was set to: descriptors, connection table, ports of outgoing connections, reverse-path filter. */
import type { Audited } from "../../audit/audited.ts";
import { textOf } from "../../audit/facts.ts";
import { waysOf } from "../../audit/parse/network.ts";
import { type Diagnosis, absent, fine, trouble, unread } from "../diagnosis.ts";
import { PLAN } from "../plan-ports.ts";
import { tunnelledDepots } from "../tunnelled-depots.ts";

export function checkKernel(audited: Audited): readonly Diagnosis[] {
  return [descriptors(audited), conntrack(audited), ephemeral(audited), ...reversePath(audited)];
}

/** Descriptors besides doors and sessions: the journal, the control socket, the log. */
const OTHERS = 64;

/** A session has two: the till's and the terminal's. */
function descriptors(audited: Audited): Diagnosis {
  const { facts, doors, inventory, policy } = audited;
  if (policy.kernel !== undefined) {
    return absent("descriptors", "the kernel carries the sessions: they take none", {
      source: "engine: kernel",
      line: "",
    });
  }
  const pid = gatewayProcess(audited);
  if (pid === undefined) return absent("descriptors", "no gateway runs here", { source: "ss -Htlnp", line: "" });
  const line = lineOf(textOf(facts, "limits"), `/proc/${pid}/limits:`);
  // Max open files            SOFT                 HARD                 files
  const hard = /Max open files +\w+ +(\d+|unlimited)/.exec(line ?? "")?.[1];
  if (line === undefined || hard === undefined) {
    return unread("descriptors", facts, "limits", "how many descriptors the gateway may open could not be read");
  }
  const needed = doors.length + 2 * inventory.gateway.limits.sessions + OTHERS;
  const evidence = { source: `cat /proc/${pid}/limits`, line };
  if (hard === "unlimited" || Number(hard) >= needed) {
    return fine("descriptors", `${hard} descriptors are enough`, evidence);
  }
  return trouble("descriptors", {
    what: `the gateway may open ${hard} descriptors; ${doors.length} doors and ${inventory.gateway.limits.sessions} sessions take ${needed}`,
    evidence,
    fix: `LimitNOFILE=${needed} in its unit, or lower gateway.limits.sessions`,
  });
}

/** Who listens at a door; 0: somebody whose name only root may read. */
function gatewayProcess({ doors, listeners }: Audited): number | undefined {
  const ports = new Set(doors.map(({ endpoint }) => endpoint.port));
  const there = listeners.filter(({ port, namespace }) => namespace === "" && ports.has(port));
  return there.length === 0 ? undefined : (there.find(({ owner }) => owner !== undefined)?.owner?.pid ?? 0);
}

function conntrack({ facts, inventory }: Audited): Diagnosis {
  const [max, count] = ["max", "count"].map((name) => settingOf(facts, `/proc/sys/net/netfilter/nf_conntrack_${name}`));
  const source = "sysctl net.netfilter.nf_conntrack_max net.netfilter.nf_conntrack_count";
  if (textOf(facts, "kernel") === "")
    return unread("conntrack", facts, "kernel", "the kernel's settings could not be read");
  if (max === undefined) return absent("conntrack", "nothing here keeps a connection table", { source, line: "" });
  // Each session is two connections, and closed ones stay for two minutes.
  const needed = 4 * inventory.gateway.limits.sessions;
  const evidence = { source, line: `${max} ${count ?? ""}` };
  const isFull = Number(count ?? 0) > 0.8 * Number(max);
  if (!isFull && Number(max) >= needed) return fine("conntrack", `room for ${max} connections`, evidence);
  const what = isFull
    ? `${count ?? ""} of ${max} places of the connection table are taken`
    : `the connection table has ${max} places; ${needed} may be needed`;
  const fix = `sysctl -w net.netfilter.nf_conntrack_max=${Math.max(needed, isFull ? 2 * Number(max) : 0)}`;
  return trouble("conntrack", { what, evidence, fix });
}

/** What the system gives to an outgoing connection is taken for a door, unless it is reserved: ip-sysctl.rst. */
function ephemeral({ facts, doors }: Audited): Diagnosis {
  const range = settingOf(facts, "/proc/sys/net/ipv4/ip_local_port_range");
  if (range === undefined) return unread("ephemeral-range", facts, "kernel", "the ephemeral range could not be read");
  const [first = 0, last = 0] = range.split(/\s+/).map(Number);
  const reserved = settingOf(facts, "/proc/sys/net/ipv4/ip_local_reserved_ports") ?? "";
  const evidence = {
    source: "sysctl net.ipv4.ip_local_port_range net.ipv4.ip_local_reserved_ports",
    line: `${range} ${reserved}`.trim(),
  };
  const isGiven = (from: number, to: number): boolean => from <= last && to >= first && !isReserved(reserved, from, to);
  if (isGiven(PLAN.first, PLAN.last)) {
    return trouble("ephemeral-range", {
      what: `outgoing connections use ${first} to ${last}, among them ports of the plan (${PLAN.first} to ${PLAN.last})`,
      evidence,
      fix: "sysctl -w net.ipv4.ip_local_port_range='32768 60999'",
    });
  }
  const taken = [...new Set(doors.map(({ endpoint }) => endpoint.port))].filter((port) => isGiven(port, port));
  if (taken.length === 0) return fine("ephemeral-range", `outgoing connections use ${first} to ${last}`, evidence);
  return trouble("ephemeral-range", {
    what: `outgoing connections use ${first} to ${last}, among them the doors ${taken.join(", ")}`,
    evidence,
    fix: `sysctl -w net.ipv4.ip_local_reserved_ports=${[reserved, ...taken].filter(Boolean).join(",")}`,
  });
}

/** `8080,9000-9010` */
function isReserved(list: string, from: number, to: number): boolean {
  return list.split(",").some((part) => {
    const [first = "", last = first] = part.split("-");
    return first !== "" && Number(first) <= from && Number(last) >= to;
  });
}

/**
 * ip-sysctl.rst: the greater of `all` and the interface's own holds; 1 is strict: what comes by an interface is dropped
 * unless its answer would leave by the same. So it does no harm while the ways to the depots leave by the tunnel.
 */
function reversePath({ facts, inventory }: Audited): readonly Diagnosis[] {
  const depots = tunnelledDepots(inventory);
  if (depots.length === 0) return [];
  const tunnel = inventory.gateway.tunnel.interface;
  const [all, own] = ["all", tunnel].map((name) => settingOf(facts, `/proc/sys/net/ipv4/conf/${name}/rp_filter`));
  if (all === undefined) return [unread("reverse-path", facts, "kernel", "the reverse-path filter could not be read")];
  const evidence = {
    source: `sysctl net.ipv4.conf.all.rp_filter net.ipv4.conf.${tunnel}.rp_filter`,
    line: `${all} ${own ?? ""}`.trim(),
  };
  if (own === undefined) return [absent("reverse-path", `there is no interface ${tunnel}`, evidence)];
  if (Math.max(Number(all), Number(own)) !== 1) {
    return [fine("reverse-path", `${tunnel} takes answers that come back by it`, evidence)];
  }
  const ways = waysOf(facts).filter(({ depot }) => depots.some(({ number }) => number === depot));
  if (ways.length > 0 && ways.every((way) => way.interface === tunnel)) {
    return [fine("reverse-path", `${tunnel} is strict, and every way to a depot leaves by it`, evidence)];
  }
  if (!ways.some(({ state }) => state !== "unread")) {
    return [
      unread("reverse-path", facts, "ways", `${tunnel} is strict; by which interface answers leave could not be read`),
    ];
  }
  return [
    trouble("reverse-path", {
      what: `${tunnel} has a strict reverse-path filter, and ways to depots leave by another interface`,
      evidence,
      fix: `sysctl -w net.ipv4.conf.all.rp_filter=2 net.ipv4.conf.${tunnel}.rp_filter=2`,
    }),
  ];
}

function settingOf(facts: Audited["facts"], path: string): string | undefined {
  return lineOf(textOf(facts, "kernel"), `${path}:`)
    ?.slice(path.length + 1)
    .trim();
}

function lineOf(text: string, prefix: string): string | undefined {
  return text.split("\n").find((line) => line.startsWith(prefix));
}
