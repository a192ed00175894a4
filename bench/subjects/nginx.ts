/** nginx's stream module with one worker, a `server` with allow and deny per door. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { missingProgram, onlyIn, type Door, type Launch, type Plan, type Subject } from "./subject.ts";

/** Debian's libnginx-mod-stream; where the module is built in, nothing needs loading. */
const MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so";

export const nginx: Subject = {
  name: "nginx",
  description: "nginx stream, one worker and its master, a server per door, 16 KiB buffers (its default)",
  missing: () => missingProgram("nginx", "-v"),
  skips: {},
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

function launch(plan: Plan, buffer: string): Launch {
  const file = join(plan.folder, "nginx.conf");
  return {
    files: { "nginx.conf": `${configuration(plan, buffer).join("\n")}\n` },
    command: ["nginx", "-p", plan.folder, "-e", join(plan.folder, "error.log"), "-c", file],
  };
}

function configuration({ doors, gateway, till, sessions, folder }: Plan, buffer: string): readonly string[] {
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
    ...doors.map((door) => serverOf(gateway, till, door)),
    "}",
  ];
}

function serverOf(gateway: string, till: string, { port, target }: Door): string {
  return `  server { listen ${gateway}:${port}; allow ${till}; deny all; proxy_pass ${target.address}:${target.port}; }`;
}
