/**
 * What a host really does, as it was read: the text of files and commands, nothing worked out yet.
 *
 * Raw text, so that a comparison can be replayed on another machine, and every finding can show the line it rests on.
 * Secrets are left out when it is read: `readings.ts` says what is kept of what.
 */

export interface HostFacts {
  readonly format: 1;
  /** `gateway`, or the machine's name in the inventory. */
  readonly host: string;
  /** When it was read: an instant in UTC. */
  readonly taken: string;
  readonly readings: readonly Reading[];
}

export interface Reading {
  /** A row of `readings.ts`: `sockets`, `iptables`. */
  readonly id: string;
  /** What a person would type to read it. */
  readonly source: string;
  readonly text: string;
  /** Why there is no text, or not all of it: `exit 127: nft: not found`. */
  readonly failed?: string;
}

/** One reading of a host; `undefined` where it was not asked for. */
export function reading(facts: HostFacts, id: string): Reading | undefined {
  return facts.readings.find((each) => each.id === id);
}

/** Its text; empty where it could not be read. */
export function textOf(facts: HostFacts, id: string): string {
  return reading(facts, id)?.text ?? "";
}

/** Reads a bundle back; `undefined`: it is none, or of another version. */
export function parseFacts(text: string): readonly HostFacts[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const list = Array.isArray(value) ? (value as readonly unknown[]) : [value];
    return list.every(isHostFacts) ? list : undefined;
  } catch {
    return undefined;
  }
}

function isHostFacts(value: unknown): value is HostFacts {
  if (typeof value !== "object" || value === null) return false;
  const { format, host, taken, readings } = value as Partial<Record<keyof HostFacts, unknown>>;
  const whole = format === 1 && typeof host === "string" && typeof taken === "string";
  return whole && Array.isArray(readings) && readings.every(isReading);
}

function isReading(value: unknown): value is Reading {
  const { id, source, text } = (value ?? {}) as Partial<Record<keyof Reading, unknown>>;
  return typeof id === "string" && typeof source === "string" && typeof text === "string";
}
