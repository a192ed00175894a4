/** The commands as programs: with `serve` beside them, and with nobody there. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { suite, test } from "node:test";
import { author } from "../../src/cli/author.ts";
import { OPERATOR_COMMANDS } from "../../src/cli/operator-commands.ts";
import { commandLine, serve, siteBefore } from "../serve/serving.ts";
import { listen } from "../support/loopback.ts";
import { run } from "./running.ts";

const NOBODY = join(tmpdir(), "ecluse-no-gateway-here.sock");

/** The dashboard is served all the same, and its pages say that the gateway is gone. */
const ASKING = OPERATOR_COMMANDS.filter(({ name }) => name !== "dashboard");

suite("without a gateway", { timeout: 180_000 }, () => {
  for (const { name, operands = [], options } of ASKING) {
    test(`${name}: says so`, async () => {
      const required = options.filter(({ description }) => description.endsWith("required"));
      const values = required.flatMap((option) => [`--${option.name}`, option.name === "for" ? "2h" : "a test"]);
      const words = [...operands.map(({ name: operand }) => (operand === "N" ? "1" : "x")), ...values];
      await assert.rejects(run([name, ...words, "--control", NOBODY]), {
        code: "no-gateway",
        message: `Cannot reach the gateway at ${NOBODY}: there is no socket`,
      });
    });
  }

  test("as a program: exit 2, error and hint on stderr, nothing on stdout", () => {
    const program = spawnSync(process.execPath, commandLine(["status", "--control", NOBODY]), { encoding: "utf8" });
    assert.deepEqual([program.status, program.stdout], [2, ""]);
    assert.match(program.stderr, /^ecluse: error: Cannot reach the gateway at .*\necluse: hint: .*\n$/);
  });
});

suite("beside serve", { timeout: 180_000 }, () => {
  test("$ECLUSE_CONTROL names the gateway; close asks for a selector", async () => {
    await using target = await listen(() => undefined);
    const site = await siteBefore([target]);
    await using gateway = serve(site.inventory);
    await gateway.awaitEvent("ready");
    const [, , , control = ""] = gateway.child.spawnargs.slice(gateway.child.spawnargs.indexOf("--state"));
    const env = { ...process.env, ECLUSE_CONTROL: control };
    const ecluse = (...words: readonly string[]) =>
      spawnSync(process.execPath, commandLine(words), { encoding: "utf8", env, cwd: tmpdir() });
    const status = ecluse("status");
    assert.deepEqual([status.status, status.stderr], [0, ""]);
    assert.match(status.stdout, /^doors +1 door open for 1 flow$/m);
    const close = ecluse("close");
    assert.deepEqual([close.status, close.stdout], [2, ""]);
    assert.match(close.stderr, /missing required argument 'SELECTOR'/);
    const plan = ecluse("plan", "--json");
    assert.equal((JSON.parse(plan.stdout) as { changes: boolean }).changes, false);
    assert.equal(plan.status, 0);
  });
});

test("author: the person behind sudo, else the user, else the number", () => {
  assert.equal(author({ SUDO_USER: "ana", USER: "root" }), "ana");
  assert.equal(author({ USER: "bo" }), "bo");
  assert.equal(author({}, 1_000), "uid 1000");
});
