/** A real HAProxy as a plain TCP relay, for what is said of relays in general. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StartRelay } from "../relay/semantics.ts";
import { freePort, isListening, loopbackAddress, until } from "./loopback.ts";
import { program } from "./packages.ts";

/** What is said of the frontend's `bind` and of the one `server`, besides their addresses. */
export interface HaproxyWords {
  readonly bind?: string;
  readonly server?: string;
}

/** One frontend in TCP mode, one server, generous timeouts. Killed by its own pid when disposed. */
export const startHaproxy: StartRelay = (target) => haproxy(target);

/** The same with words of one's own. */
export async function haproxy(target: Place, words: HaproxyWords = {}): ReturnType<StartRelay> {
  const host = loopbackAddress();
  const port = await freePort(host);
  const folder = mkdtempSync(join(tmpdir(), "ecluse-haproxy-"));
  const file = join(folder, "haproxy.cfg");
  writeFileSync(file, configuration({ host, port }, target, words));
  // -db: in the foreground, one process.
  const child = spawn(program("haproxy") ?? "haproxy", ["-db", "-q", "-f", file], { stdio: "ignore" });
  const exited = once(child, "exit");
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited;
    rmSync(folder, { recursive: true });
  };
  try {
    await until(() => hasExited(child) || isListening({ host, port }), "HAProxy's listener");
    if (hasExited(child)) throw new Error("HAProxy ended instead of listening");
  } catch (error) {
    await stop();
    throw error;
  }
  return { host, port, [Symbol.asyncDispose]: stop };
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

interface Place {
  readonly host: string;
  readonly port: number;
}

function configuration(listen: Place, target: Place, { bind = "", server = "" }: HaproxyWords): string {
  return [
    "defaults",
    "  mode tcp",
    "  timeout connect 5s",
    "  timeout client 60s",
    "  timeout server 60s",
    "frontend door",
    `  bind ${listen.host}:${listen.port} ${bind}`,
    "  default_backend terminal",
    "backend terminal",
    `  server terminal ${target.host}:${target.port} ${server}`,
    "",
  ].join("\n");
}
