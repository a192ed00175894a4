/** A gateway in the eyes of `state.test.ts`: takes a state directory, says so, and keeps it until it is killed. */
import { openState } from "../../src/change/state.ts";

const state = await openState(process.argv[2] ?? "");
// A child of its own, as a gateway has: it must not inherit the lock.
const { spawn } = await import("node:child_process");
const child = spawn("sleep", ["600"], { stdio: "ignore", detached: true });
child.unref();
process.stdout.write(`${state.lock} ${child.pid ?? 0}\n`);
setInterval(() => undefined, 60_000);
