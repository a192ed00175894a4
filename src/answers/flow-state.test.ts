import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { BlockedDoor, InsideSession } from "../engine/records.ts";
import type { Health } from "../probe/health.ts";
import { type FlowState, knownOf, standingOf } from "./flow-state.ts";

const blocked = { flow: "a", endpoint: { address: 0, port: 1 }, cause: "EADDRINUSE" } as unknown as BlockedDoor;
const session = (startedAt: number): InsideSession => ({ flow: "a", startedAt }) as InsideSession;
const up: Health = { state: "up", since: 5, heard: 9, by: "session" };
const down: Health = { state: "down", since: 6, heard: 9, by: "probe", cause: "connect" };
const operation = (state: "closed" | "draining") => ({ flow: "a", state, by: "ana", at: 7, reason: "new till" });

interface Case {
  readonly state: FlowState;
  readonly blocked?: readonly BlockedDoor[];
  readonly operations?: readonly ReturnType<typeof operation>[];
  readonly inside?: readonly InsideSession[];
  readonly health?: Health;
  readonly since?: number;
  readonly cause?: string;
}

/** Each has all that the ones below it have: the first that holds is told. */
const CASES: readonly Case[] = [
  {
    ...{ state: "blocked", blocked: [blocked], operations: [operation("closed")], inside: [session(3)], health: down },
    cause: "EADDRINUSE",
  },
  {
    ...{ state: "closed", operations: [operation("closed")], inside: [session(3)], health: down },
    ...{ since: 7, cause: "new till" },
  },
  { state: "draining", operations: [operation("draining")], inside: [session(3)], since: 7, cause: "new till" },
  { state: "in-session", inside: [session(3.4), session(4)], health: down, since: 3 },
  { state: "down", health: down, since: 6, cause: "connect" },
  { state: "free", health: up, since: 5 },
  { state: "unheard" },
];

suite("standingOf", () => {
  for (const { state, blocked = [], operations = [], inside = [], health, ...more } of CASES) {
    test(`${state} goes before all that is said after it`, () => {
      const known = knownOf({ blocked, health: { get: () => health } }, { operations }, inside);
      assert.deepEqual(standingOf("a", known), { state, sessions: inside.length, ...more });
      assert.equal(
        standingOf("b", knownOf({ blocked, health: { get: () => undefined } }, { operations }, inside)).state,
        "unheard",
      );
    });
  }
});
