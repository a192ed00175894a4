/** What is said of a kernel that cannot be heard; what it tells is tried in `test/netns/engines`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Conntrack } from "./conntrack.ts";

test("no pipe can be made: it is said, though the list can be read, and tried again", async (context) => {
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = "/proc/nowhere";
  context.after(() => {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  });
  const complaints: (string | undefined)[] = [];
  let tick = (): void => assert.fail("nobody looks again");
  const conntrack = new Conntrack({
    clock: {
      monotonic: () => performance.now(),
      wall: () => Date.now(),
      every: (_period, callback) => {
        tick = callback;
        return () => undefined;
      },
    },
    happened: () => assert.fail("nothing can be heard"),
    listing: () => ({ saw: () => undefined, ended: () => undefined }),
    isAwaited: () => false,
    failed: (complaint) => complaints.push(complaint),
    run: () => Promise.resolve({ status: 0, output: "", complaint: "" }),
  });
  await conntrack.open();
  assert.match(complaints.at(-1) ?? "", /ENOENT/);
  const heard = complaints.length;
  tick();
  while (complaints.length === heard) await new Promise(setImmediate);
  assert.match(complaints.at(-1) ?? "", /ENOENT/);
  conntrack.close();
});
