import assert from "node:assert/strict";
import { test } from "node:test";
import type { Asking } from "../script.ts";
import { collect } from "./collect.ts";

const read = (shell: readonly string[], askings: readonly Asking[]) =>
  collect({ host: "gateway", askings, shell, now: () => 0 });

test("a host that can do nothing of what it is asked was reached all the same", async () => {
  const { readings } = await read(["sh"], [{ id: "missing", command: "ecluse-no-such-program" }]);
  assert.deepEqual(
    readings.map(({ id, failed }) => `${id}: ${failed?.slice(0, 8) ?? ""}`),
    ["missing: exit 127"],
  );
});

for (const [what, shell, said] of [
  ["that cannot be reached", ["sh", "-c", "echo 'no route to host' >&2; exit 255"], /^no route to host$/],
  ["whose shell does not read the script", ["true"], /^ended with 0$/],
  ["without the program that leads to it", ["ecluse-no-such-program"], /ENOENT/],
] as const) {
  test(`a host ${what} is said to be so`, async () => {
    const { readings } = await read(shell, [{ id: "system", command: "uname" }]);
    const [host] = readings;
    assert.deepEqual([host?.id, host?.source], ["host", shell.join(" ")]);
    assert.match(host?.failed ?? "", said);
  });
}
