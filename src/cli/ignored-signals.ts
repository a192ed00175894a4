/** Signals whose default would end the process, and with it the sessions, or open Node's debugger. */
import type { GatewayEvent } from "../observe/events.ts";

/** Ignores them, and tells. */
export function ignoreSignals(
  signals: readonly ("SIGHUP" | "SIGUSR1" | "SIGUSR2")[],
  tell: (event: GatewayEvent) => void,
): void {
  for (const signal of signals) {
    process.on(signal, () => tell({ event: "ignored", signal, message: "it has no meaning here" }));
  }
}
