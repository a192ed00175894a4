/** What `ecluse forward` is told besides address and port: whatever is not as usual, so that mostly nothing is. */
import { formatDuration } from "../../inventory/duration.ts";
import { USUAL_LIMITS } from "../../inventory/limits.ts";
import type { Limits } from "../../inventory/model.ts";
import type { RelayedFlow } from "../../policy/policy.ts";

export function forwardWords({ sessions, queue, onRevoke }: RelayedFlow, limits: Limits): readonly string[] {
  const unusual = unusualLimits(limits);
  return [
    ...(unusual === "" ? [] : ["--limits", unusual]),
    ...(sessions === undefined ? [] : ["--sessions", String(sessions)]),
    ...(queue === undefined ? [] : ["--queue", String(queue.length), "--wait", formatDuration(queue.wait)]),
    ...(onRevoke === "drain" ? [] : ["--revoke", onRevoke]),
  ];
}

function unusualLimits(limits: Limits): string {
  const names = Object.keys(USUAL_LIMITS) as (keyof Limits)[];
  const unusual = names.filter((name) => limits[name] !== USUAL_LIMITS[name]);
  return unusual.map((name) => `${name}=${written(name, limits[name])}`).join(",");
}

function written(name: keyof Limits, value: number): string {
  return name === "sessions" || name === "perSource" ? String(value) : formatDuration(value);
}
