import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { startHaproxy } from "../support/haproxy.ts";
import { needs } from "../support/packages.ts";
import { startPipeRelay } from "../support/pipe-relay.ts";
import { openDoor } from "../support/relay.ts";
import { SEMANTICS, type StartRelay } from "./semantics.ts";

/** Which of the seven each relay is known to fail. A relay that fails others, or no longer these, is news: red. */
const RELAYS: readonly {
  readonly name: string;
  readonly start: StartRelay;
  readonly fails: readonly string[];
  readonly needs?: readonly string[];
}[] = [
  { name: "Ecluse", start: openDoor, fails: [] },
  {
    name: "a plain pipe()",
    start: startPipeRelay,
    fails: [
      "half-close from the client: the answer still comes",
      "half-close from the terminal: the client may still speak",
      "RST from the client arrives as RST",
      "RST from the terminal arrives as RST",
    ],
  },
  {
    name: "HAProxy",
    start: startHaproxy,
    needs: ["haproxy"],
    // 2.6: the client sees a clean FIN, as if the terminal had answered with nothing.
    fails: ["RST from the terminal arrives as RST"],
  },
];

for (const { name, start, fails, needs: packages = [] } of RELAYS) {
  suite(`the seven semantics: ${name}`, { skip: needs(packages), concurrency: true }, () => {
    for (const semantic of SEMANTICS) {
      if (fails.includes(semantic.name))
        test(`fails, as known: ${semantic.name}`, () => assert.rejects(semantic.check(start), isVerdict));
      else test(semantic.name, () => semantic.check(start));
    }
  });
}

/** What a check says of a relay, as opposed to a relay that did not start or a bug of the check. */
function isVerdict(error: Error): boolean {
  return error instanceof assert.AssertionError || error.message.startsWith("not within");
}
