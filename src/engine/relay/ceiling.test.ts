import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { descriptorLimit, sessionCeiling } from "./ceiling.ts";

suite("sessionCeiling", () => {
  const cases = [
    { limit: 20_000, listeners: 7_128, sessions: 6_404 },
    { limit: 1_024, listeners: 0, sessions: 480 },
    { limit: 1_025, listeners: 0, sessions: 480 },
    { limit: 66, listeners: 0, sessions: 1 },
    { limit: 65, listeners: 0, sessions: 0 },
    { limit: 1_024, listeners: 7_128, sessions: 0 },
    { limit: 0, listeners: 0, sessions: 0 },
  ];
  for (const { limit, listeners, sessions } of cases)
    test(`${limit} descriptors, ${listeners} doors: ${sessions} sessions`, () =>
      assert.equal(sessionCeiling(limit, listeners), sessions));
});

suite("descriptorLimit", () => {
  const limits = (soft: string) =>
    `Limit                     Soft Limit           Hard Limit           Units\nMax open files            ${soft}                20000                files\n`;

  test("is the soft limit", () =>
    assert.equal(
      descriptorLimit(() => limits("1024")),
      1_024,
    ));

  test("unlimited is more than any gateway needs", () =>
    assert.ok(descriptorLimit(() => limits("unlimited")) > 1_000_000_000));

  test("where the system does not tell, it is low rather than high", () => {
    assert.equal(
      descriptorLimit(() => "nothing of the kind"),
      1_024,
    );
    assert.equal(
      descriptorLimit(() => {
        throw new Error("ENOENT");
      }),
      1_024,
    );
  });

  test("reads this process's own limit", () => assert.ok(descriptorLimit() >= 64));
});
