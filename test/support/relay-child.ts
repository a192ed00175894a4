/** The process of relay-process.ts: a relay with one door, told and asked over the channel to its parent. */
import { readdirSync } from "node:fs";
import type { Endpoint } from "../../src/inventory/model.ts";
import { policyOf, startRelay } from "./relay.ts";

export type Word = { readonly listen: Endpoint; readonly target: Endpoint } | "how are you";

/** What the process says of itself, in numbers. */
export interface Health {
  readonly sessions: number;
  readonly ended: number;
  readonly refused: Readonly<Record<string, number>>;
  /** Bytes. */
  readonly rss: number;
  readonly descriptors: number;
}

const { relay, ended, refused } = startRelay();

process.on("message", (word: Word) => {
  if (word === "how are you") process.send?.(health());
  else void relay.apply(policyOf([word])).then(() => process.send?.(health()));
});

function health(): Health {
  const byReason: Record<string, number> = {};
  for (const { reason } of refused) byReason[reason] = (byReason[reason] ?? 0) + 1;
  return {
    sessions: relay.sessions,
    ended: ended.length,
    refused: byReason,
    rss: process.memoryUsage().rss,
    // One of them is the folder that is being read.
    descriptors: readdirSync("/proc/self/fd").length - 1,
  };
}
