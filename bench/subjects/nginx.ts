/** nginx's stream module with one worker, a `server` with allow and deny per door. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { missingProgram, onlyIn, type Launch, type Plan, type Subject } from "./subject.ts";

/** Debian's libnginx-mod-stream; where the module is built in, nothing needs loading. */
const MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so";

export const nginx: Subject = {
  name: "nginx",
  description: "nginx stream, one worker and its master, a server per door, 16 KiB buffers (its default)",
  missing: () => missingProgram("nginx", "-v"),
  skips: { events: "it tells nothing of the kind" },
  launch: (plan) => launch(plan, "16k"),
  change: (plan) => ({
    launch: launch(plan, "16k"),
    filesFor: (doors) => launch({ ...plan, doors }, "16k").files,
    ...{ trigger: { signal: "SIGHUP" }, again: 0 },
  }),
};

/** For bulk at equal buffers: Node reads 64 KiB at a time. */
export const nginx64k: Subject = {
  name: "nginx-64k",
  description: "nginx stream as above with 64 KiB buffers",
  missing: nginx.missing,
  skips: onlyIn(["bulk"], "only the size of its buffers differs from nginx"),
  launch: (plan) => launch(plan, "64k"),
};

/** `allow` lines are asked one after another; `geo` is a tree. */
export const nginxGeo: Subject = {
  name: "nginx-geo",
  description: "nginx stream as above, the networks in a `geo` block that chooses the target; a stranger finds none",
  missing: nginx.missing,
  skips: onlyIn(["networks"], "carries bytes as nginx does"),
  launch: (plan) => launch(plan, "16k", geoServers(plan)),
};

function launch(plan: Plan, buffer: string, servers = allowServers(plan)): Launch {
  const file = join(plan.folder, "nginx.conf");
  return {
    files: { "nginx.conf": `${configuration(plan, buffer, servers).join("\n")}\n` },
    command: ["nginx", "-p", plan.folder, "-e", join(plan.folder, "error.log"), "-c", file],
  };
}

function configuration(
  { doors, sessions, folder }: Plan,
  buffer: string,
  servers: readonly string[],
): readonly string[] {
  return [
    ...(existsSync(MODULE) ? [`load_module ${MODULE};`] : []),
    // In a user namespace there is nobody else to become.
    ...(process.getuid?.() === 0 ? ["user root;"] : []),
    "daemon off;",
    "worker_processes 1;",
    `pid ${join(folder, "nginx.pid")};`,
    // A listener takes one of these, a session two.
    `events { worker_connections ${doors.length + 2 * sessions + 64}; }`,
    "stream {",
    "  proxy_connect_timeout 5s;",
    "  proxy_timeout 300s;",
    `  proxy_buffer_size ${buffer};`,
    ...servers,
    "}",
  ];
}

function allowServers({ doors, gateway, allowed }: Plan): readonly string[] {
  const allow = allowed.map((network) => `allow ${network};`).join(" ");
  return doors.map(
    ({ port, target }) =>
      `  server { listen ${gateway}:${port}; ${allow} deny all; proxy_pass ${target.address}:${target.port}; }`,
  );
}

function geoServers({ doors, gateway, allowed }: Plan): readonly string[] {
  const targets = doors.map(({ port, target }) => `    yes${port} ${target.address}:${target.port};`);
  return [
    "  geo $allowed {",
    "    default no;",
    ...allowed.map((network) => `    ${network} yes;`),
    "  }",
    '  map "$allowed$server_port" $target {',
    ...targets,
    "  }",
    ...doors.map(({ port }) => `  server { listen ${gateway}:${port}; proxy_pass $target; }`),
  ];
}
