/** `ecluse status --host`: the documents' own commands, each with its answer, without a gateway. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { commandLine } from "../serve/serving.ts";

test("ecluse status --host shows each command and what it said, and needs no gateway", () => {
  const words = commandLine(["status", "--host", "--inventory", "examples/complete.yaml"]);
  const { stdout, status, stderr } = spawnSync(process.execPath, words, { encoding: "utf8", timeout: 120_000 });
  assert.equal(status, 0, stderr);
  const commands = [...stdout.matchAll(/^\$ (.+)$/gm)].map(([, command]) => command);
  for (const expected of ["docker ps", "ufw status numbered", "tailscale status", "ip route show table 52"]) {
    assert.ok(commands.includes(expected), expected);
  }
  assert.match(stdout, /^\$ ip rule show\n {2}0: from all lookup local$/m);
});
