/** The gateway's dashboard: serves it as it is told, for as long as the gateway's process lives. */
import { EcluseError } from "../errors.ts";
import type { DashboardAnswer, DashboardSettings } from "../web/dashboard-process.ts";
import { Dashboard } from "../web/server/dashboard.ts";
import { systemClock } from "./clock.ts";
import { tellBug } from "./told-bug.ts";

// The gateway ends it, after its own sessions: a service manager tells all processes at once.
process.on("SIGTERM", () => undefined).on("SIGINT", () => undefined);

const ended = new Promise<void>((resolve) => process.once("disconnect", resolve));
process.once("message", (settings: DashboardSettings) => void serve(settings));

async function serve(settings: DashboardSettings): Promise<void> {
  try {
    await using dashboard = await Dashboard.start({ ...settings, clock: systemClock, failed: tellBug });
    answer({ what: "serving", url: dashboard.url });
    await ended;
  } catch (error) {
    if (!(error instanceof EcluseError)) throw error;
    answer({ what: "failed", message: error.message });
    if (process.connected) process.disconnect();
  }
}

/** Whoever has gone meanwhile needs no answer. */
function answer(message: DashboardAnswer): void {
  if (process.connected) process.send?.(message, () => undefined);
}
