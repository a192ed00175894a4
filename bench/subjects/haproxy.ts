/** HAProxy in TCP mode on one thread, a source filter per frontend: the peer that ratios refer to. */
import { cpus } from "node:os";
import { join } from "node:path";
import { missingProgram, onlyIn, type Door, type Launch, type Plan, type Subject } from "./subject.ts";

/** As an operator writes it who wants each terminal's own target, counters, limits and state. */
export const haproxy: Subject = {
  name: "haproxy",
  description: "HAProxy, nbthread 1, a listen section per door, 16 KiB buffers (its default)",
  missing: () => missingProgram("haproxy", "-v"),
  skips: { events: "it tells nothing of the kind" },
  launch: (plan) => launch(plan, listenEach(plan)),
  change: (plan) => {
    // The new process is given the listening sockets by the old one, so that no connection is refused in between.
    const seamless = [
      "  master-worker",
      `  stats socket ${join(plan.folder, "s")} mode 600 level admin expose-fd listeners`,
    ];
    const filesFor = (doors: readonly Door[]) =>
      launch({ ...plan, doors }, listenEach({ ...plan, doors }, seamless)).files;
    const { command } = launch(plan, []);
    return {
      launch: { files: filesFor(plan.doors), command: ["haproxy", "-W", ...command.slice(1)] },
      ...{ filesFor, trigger: { signal: "SIGUSR2" }, again: 0 },
    };
  },
};

/** On both processors, one of which it shares with load generator and backend. */
export const haproxyTwoThreads: Subject = {
  name: "haproxy-2-threads",
  description: "HAProxy as above, nbthread 2, on both processors, one of them the load generator's",
  missing: () => haproxy.missing() ?? (cpus().length < 2 ? "there is one processor" : undefined),
  skips: onlyIn(["requests", "connections", "bulk", "flood"], "differs under load only"),
  launch: (plan) => ({ ...launch(plan, listenEach(plan, [], 2)), spreads: true }),
};

/** Bytes that go from socket to socket within the kernel, whatever their number. */
export const haproxySplice: Subject = {
  name: "haproxy-splice",
  description: "HAProxy as above with option splice-request and splice-response",
  missing: haproxy.missing,
  skips: onlyIn(["requests", "bulk"], "differs in how bytes are carried"),
  launch: (plan) => {
    const [head, doors] = [globals(plan), plan.doors.flatMap((door) => section(plan, door))];
    return launch(plan, [...head, "  option splice-request", "  option splice-response", ...doors]);
  },
};

/** Cheaper for many doors: per terminal there is a filter and its own counters of the frontend, no server's. */
export const haproxyFrontends: Subject = {
  name: "haproxy-frontends",
  description: "HAProxy, nbthread 1, a frontend per door, one backend, each frontend sets the target",
  missing: haproxy.missing,
  skips: onlyIn(["doors", "growth"], "carries bytes as haproxy does"),
  launch: (plan) =>
    launch(plan, [...globals(plan), ...plan.doors.flatMap((door) => frontend(plan, door)), ...sharedBackend(plan)]),
};

/** The shortest form: one frontend, the target looked up by port; one filter for all, nothing per terminal. */
export const haproxyMap: Subject = {
  name: "haproxy-map",
  description: "HAProxy, nbthread 1, one frontend with all ports, one filter, the target from a map file",
  missing: haproxy.missing,
  skips: onlyIn(["doors"], "carries bytes as haproxy does"),
  launch: (plan) => {
    const map = plan.doors.map((door) => `${door.port} ${door.target.address}`).join("\n");
    const lines = [...globals(plan), ...oneFrontend(plan), ...sharedBackend(plan)];
    const { files, command } = launch(plan, lines);
    return { files: { ...files, "targets.map": `${map}\n` }, command };
  },
};

/** For bulk at equal buffers: Node reads 64 KiB at a time. */
export const haproxy64k: Subject = {
  name: "haproxy-64k",
  description: "HAProxy as above with 64 KiB buffers",
  missing: haproxy.missing,
  skips: onlyIn(["bulk"], "only the size of its buffers differs from haproxy"),
  launch: (plan) => launch(plan, listenEach(plan, ["  tune.bufsize 65536"])),
};

function launch(plan: Plan, lines: readonly string[]): Launch {
  const file = join(plan.folder, "haproxy.cfg");
  const files = { "haproxy.cfg": `${lines.join("\n")}\n`, [ALLOWED]: `${plan.allowed.join("\n")}\n` };
  return { files, command: ["haproxy", "-db", "-f", file] };
}

/** A file of networks, which becomes a tree. */
const ALLOWED = "allowed.txt";

/** One address in the line itself, many from the file. */
function onlyAllowed({ allowed, folder }: Plan): string {
  const [only = ""] = allowed;
  const which = allowed.length === 1 ? only : `-f ${join(folder, ALLOWED)}`;
  return `  tcp-request connection reject unless { src ${which} }`;
}

function globals({ sessions }: Plan, more: readonly string[] = [], threads = 1): readonly string[] {
  return [
    "global",
    `  nbthread ${threads}`,
    `  maxconn ${sessions}`,
    ...more,
    "defaults",
    "  mode tcp",
    `  maxconn ${sessions}`,
    "  timeout connect 5s",
    "  timeout client 300s",
    "  timeout server 300s",
  ];
}

function listenEach(plan: Plan, more: readonly string[] = [], threads = 1): readonly string[] {
  return [...globals(plan, more, threads), ...plan.doors.flatMap((door) => section(plan, door))];
}

function section(plan: Plan, { port, target }: Door): readonly string[] {
  return [
    `listen l${port}`,
    `  bind ${plan.gateway}:${port}`,
    onlyAllowed(plan),
    `  server terminal ${target.address}:${target.port}`,
  ];
}

function frontend(plan: Plan, { port, target }: Door): readonly string[] {
  return [
    `frontend f${port}`,
    `  bind ${plan.gateway}:${port}`,
    onlyAllowed(plan),
    `  tcp-request content set-dst ipv4(${target.address})`,
    "  default_backend terminals",
  ];
}

function oneFrontend(plan: Plan): readonly string[] {
  const { doors, gateway, folder } = plan;
  return [
    "frontend doors",
    ...doors.map((door) => `  bind ${gateway}:${door.port}`),
    onlyAllowed(plan),
    `  tcp-request content set-dst dst_port,map_int_ip(${join(folder, "targets.map")})`,
    "  default_backend terminals",
  ];
}

/** 0.0.0.0: the connection goes where set-dst said. */
function sharedBackend({ doors }: Plan): readonly string[] {
  return ["backend terminals", `  server terminal 0.0.0.0:${doors[0]?.target.port ?? 0}`];
}
