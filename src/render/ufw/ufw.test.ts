import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { compile } from "../../policy/compile.ts";
import { readInventory } from "../../inventory/read.ts";
import type { Subject } from "../subject.ts";
import { render, renderMachine } from "./ufw.ts";

const AT = Date.parse("2026-11-22T12:00:00Z");

function subject(...lines: readonly string[]): Subject {
  const text = ["gateway: { address: 198.51.100.10 }", "sources: { s: { addresses: [192.0.2.10] } }", ...lines].join(
    "\n",
  );
  const { inventory } = readInventory({ "ecluse.yaml": text }, AT);
  assert.ok(inventory);
  return { inventory, policy: compile(inventory), at: AT, date: "2026-11-22", version: "0", file: "ecluse.yaml" };
}

const TERMINAL = "depots: { 1: { allow: [s], terminals: 1 } }";

suite("ufw", () => {
  const locksOut = { code: "cannot-render", message: /nobody may come by SSH/ };
  test("refuses without SSH, and with a right to it that has ended", () => {
    assert.throws(() => render(subject(TERMINAL)), locksOut);
    const ended = "ssh: { allow: [{ source: s, until: 2026-11-22T11:00:00Z }] }";
    assert.throws(() => render(subject(TERMINAL, ended)), locksOut);
    assert.equal(render(subject(TERMINAL, "ssh: { allow: [s] }")).length, 2);
  });

  test("refuses a flow on SSH's port, which the rule for SSH would open", () => {
    const flow = "flows: { other: { listen: 198.51.100.11:22, target: 192.0.2.1:22 } }";
    assert.throws(() => render(subject(flow, "ssh: { allow: [s] }")), { message: /flow\/other is entered on port 22/ });
  });

  test("a machine's SSH is its own, and that of the gateway's host is in both places", () => {
    const machines =
      "machines: { m: { address: 192.0.2.7, ssh: { allow: [s] } }, g: { address: 198.51.100.10, ssh: { allow: [m] } } }";
    const all = subject(TERMINAL, machines, "services: { x: { machine: m, port: 1, allow: [g] } }");
    const [m, g] = all.inventory.machines;
    assert.ok(m && g);
    assert.match(
      renderMachine(all, m)[0]?.body ?? "",
      /from 192\.0\.2\.10 to any port 22 .*\n\n.*\n.*from 198\.51\.100\.10 to 192\.0\.2\.7 port 1 /,
    );
    assert.match(render(all)[0]?.body ?? "", /from 192\.0\.2\.7 to any port 22 /);
    assert.deepEqual(renderMachine(all, g), render(all));
  });

  test("has nothing for a host without a door", () => {
    assert.deepEqual(render(subject("ssh: { allow: [s] }")), []);
  });
});
