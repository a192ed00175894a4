/**
 * `ecluse forward ADDRESS PORT`: one door, without inventory, state or control socket; the founding document's container.
 *
 * The same gateway and relay as `serve`, so that whoever is not named is refused before the target hears of it.
 */
import { once } from "node:events";
import { EcluseError } from "../../errors.ts";
import { Gateway } from "../../gateway/gateway.ts";
import { doorEvent } from "../../observe/events.ts";
import { systemClock } from "../clock.ts";
import type { ExitCode, Invocation } from "../command.ts";
import { eventLog } from "../event-log.ts";
import { type Forwarding, forwardPolicy, readForwarding } from "../forwarding.ts";
import { ignoreSignals } from "../ignored-signals.ts";
import { type StopRequests, stopRequests } from "../stop-requests.ts";

/** 0: every session had ended. 1: some were cut. 2: it could not start. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const forwarding = readForwarding(invocation);
  const { io } = invocation;
  await using log = eventLog(invocation);
  ignoreSignals(["SIGHUP", "SIGUSR1", "SIGUSR2"], log.tell);
  const requests = stopRequests();
  if (forwarding.grants.length === 0) io.err(NOBODY);
  const gateway = new Gateway({ clock: systemClock, tell: log.tell });
  await open(gateway, forwarding);
  const { cut } = await stopOnRequest(gateway, requests, forwarding.limits.drain);
  log.tell({ event: "stopped", cut });
  return cut === 0 ? 0 : 1;
}

const NOBODY = "ecluse: hint: nobody may enter: name who may, with --allow or $ECLUSE_ALLOW\n";

/** Its only door: without it there is nothing to serve, and whoever started it tries again. */
async function open(gateway: Gateway, forwarding: Forwarding): Promise<void> {
  const { blocked } = await gateway.apply(forwardPolicy(forwarding));
  const [first] = blocked;
  if (first === undefined) return;
  await gateway.stop(0);
  throw new EcluseError("cannot-listen", doorEvent("blocked", first).message, {
    hint: "free the port, or name another: --listen 0.0.0.0:8889",
  });
}

async function stopOnRequest(
  gateway: Gateway,
  { first, second }: StopRequests,
  drain: number,
): Promise<{ readonly cut: number }> {
  if (!first.aborted) await once(first, "abort");
  second.addEventListener("abort", () => void gateway.stop(0));
  return gateway.stop(second.aborted ? 0 : drain);
}
