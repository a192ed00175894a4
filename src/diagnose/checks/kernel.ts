/** What the kernel was set to: descriptors, connection table, ports of outgoing connections, reverse-path filter. */
import { PLAN } from "../plan-ports.ts";
import type { Audited } from "../../audit/audited.ts";
import { textOf } from "../../audit/facts.ts";
import { type Diagnosis, fine, trouble } from "../diagnosis.ts";

export function checkKernel(audited: Audited): readonly Diagnosis[] {
  return [...descriptors(audited), ...conntrack(audited), ...ephemeral(audited), ...reversePath(audited)];
}

/** Descriptors besides doors and sessions: the journal, the control socket, the log. */
const OTHERS = 64;

/** A session has two: the till's and the terminal's. */
function descriptors({ facts, doors, listeners, inventory }: Audited): readonly Diagnosis[] {
  const holder = listeners.find(
    ({ port, owner }) => owner !== undefined && doors.some(({ endpoint }) => endpoint.port === port),
  );
  const pid = holder?.owner?.pid;
  const line = pid === undefined ? undefined : lineOf(textOf(facts, "limits"), `/proc/${pid}/limits:`);
  // Max open files            SOFT                 HARD                 files
  const hard = /Max open files +\d+ +(\d+|unlimited)/.exec(line ?? "")?.[1];
  if (line === undefined || hard === undefined) return [];
  const needed = doors.length + 2 * inventory.gateway.limits.sessions + OTHERS;
  const evidence = { source: `cat /proc/${pid ?? ""}/limits`, line };
  if (hard === "unlimited" || Number(hard) >= needed)
    return [fine("descriptors", `${hard} descriptors are enough`, evidence)];
  return [
    trouble("descriptors", {
      what: `the gateway may open ${hard} descriptors; ${doors.length} doors and ${inventory.gateway.limits.sessions} sessions take ${needed}`,
      evidence,
      fix: `LimitNOFILE=${needed} in its unit, or lower gateway.limits.sessions`,
    }),
  ];
}

function conntrack({ facts, inventory }: Audited): readonly Diagnosis[] {
  const [max, count] = ["max", "count"].map((name) => settingOf(facts, `/proc/sys/net/netfilter/nf_conntrack_${name}`));
  if (max === undefined) return [];
  // Each session is two connections, and closed ones stay for two minutes.
  const needed = 4 * inventory.gateway.limits.sessions;
  const evidence = {
    source: "sysctl net.netfilter.nf_conntrack_max net.netfilter.nf_conntrack_count",
    line: `${max} ${count ?? ""}`,
  };
  const isFull = count !== undefined && Number(count) > 0.8 * Number(max);
  if (!isFull && Number(max) >= needed) return [fine("conntrack", `room for ${max} connections`, evidence)];
  const what = isFull
    ? `${count} of ${max} places of the connection table are taken`
    : `the connection table has ${max} places; ${needed} may be needed`;
  return [
    trouble("conntrack", {
      what,
      evidence,
      fix: `sysctl -w net.netfilter.nf_conntrack_max=${Math.max(needed, 2 * Number(max))}`,
    }),
  ];
}

function ephemeral({ facts }: Audited): readonly Diagnosis[] {
  const range = settingOf(facts, "/proc/sys/net/ipv4/ip_local_port_range");
  const [first = 0, last = 0] = range?.split(/\s+/).map(Number) ?? [];
  if (range === undefined) return [];
  const evidence = { source: "sysctl net.ipv4.ip_local_port_range", line: range };
  if (first > PLAN.last || last < PLAN.first)
    return [fine("ephemeral-range", `outgoing connections use ${first} to ${last}`, evidence)];
  return [
    trouble("ephemeral-range", {
      what: `outgoing connections use ${first} to ${last}, among them ports of the plan (${PLAN.first} to ${PLAN.last})`,
      evidence,
      fix: "sysctl -w net.ipv4.ip_local_port_range='32768 60999'",
    }),
  ];
}

/** ip-sysctl.rst: the greater of `all` and the interface's own holds; 1 is strict. */
function reversePath({ facts, inventory }: Audited): readonly Diagnosis[] {
  const tunnel = inventory.gateway.tunnel.interface;
  const [all, own] = ["all", tunnel].map((name) => settingOf(facts, `/proc/sys/net/ipv4/conf/${name}/rp_filter`));
  if (all === undefined || own === undefined) return [];
  const evidence = {
    source: `sysctl net.ipv4.conf.all.rp_filter net.ipv4.conf.${tunnel}.rp_filter`,
    line: `${all} ${own}`,
  };
  if (Math.max(Number(all), Number(own)) !== 1)
    return [fine("reverse-path", `${tunnel} takes answers that come back by it`, evidence)];
  return [
    trouble("reverse-path", {
      what: `${tunnel} has a strict reverse-path filter`,
      evidence,
      fix: `sysctl -w net.ipv4.conf.${tunnel}.rp_filter=2`,
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
