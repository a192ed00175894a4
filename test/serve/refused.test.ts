/** Inventories that `ecluse serve` does not take: nothing is opened by half of one. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { dial, listen } from "../support/loopback.ts";
import { needs } from "../support/packages.ts";
import {
  type Program,
  type StartOptions,
  commandLine,
  follow,
  inventoryFile,
  serve,
  siteBefore,
  startProgram,
} from "./serving.ts";

interface Outcome {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

function outcomeOf(words: readonly string[], options: StartOptions = {}): Promise<Outcome> {
  return endOf(startProgram(words, options));
}

async function endOf(started: Program): Promise<Outcome> {
  await using program = started;
  let output = "";
  program.child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const [code] = await program.exited;
  return { code, output, errors: program.errors() };
}

suite("ecluse serve refuses", { timeout: 180_000 }, () => {
  const wrong: readonly (readonly [what: string, change: (inventory: string) => string, finding: string])[] = [
    ["an unknown key", (text) => `${text}surces: {}\n`, "unknown-key"],
    ["what its engine cannot do", (text) => text.replace("limits:", "engine: kernel, limits:"), "engine-cannot"],
    ["an address that is none", (text) => text.replace("[till] }", "[till, nobody] }"), "unknown-source"],
    ["text that is no YAML", (text) => `${text}\t- [`, "bad-yaml"],
  ];
  for (const [what, change, code] of wrong) {
    test(`${what}: findings and the error on stderr, nothing on stdout, no door, exit 2`, async () => {
      await using target = await listen(() => undefined);
      const site = await siteBefore([target]);
      await using gateway = serve(change(site.inventory));
      assert.deepEqual(await gateway.exited, [2, null]);
      assert.deepEqual(gateway.text(), []);
      const errors = gateway.errors();
      assert.match(errors, new RegExp(`ecluse\\.yaml:\\d+:\\d+: error: .*\\[${code}\\]$`, "m"));
      assert.match(
        errors,
        /^ecluse: error: Cannot apply \S+ecluse\.yaml: it has (an error|\d+ errors), so nothing was changed and no door opened$/m,
      );
      assert.match(errors, /^ecluse: hint: mend what is listed above, then try: ecluse check$/m);
      const [door] = site.doors;
      assert.ok(door);
      await assert.rejects(dial({ ...door, from: site.till }), { code: "ECONNREFUSED" });
    });
  }

  test("the inventory is $ECLUSE_INVENTORY, else ./ecluse.yaml", async () => {
    const folder = mkdtempSync(join(tmpdir(), "ecluse-nothing-"));
    const { ECLUSE_INVENTORY: _, ...others } = process.env;
    const env = { ...others, XDG_STATE_HOME: folder };
    assert.match(
      (await outcomeOf(["serve"], { cwd: folder, env })).errors,
      /Cannot read the inventory \S+\/ecluse\.yaml: no/,
    );
    const named = { ...env, ECLUSE_INVENTORY: "/nowhere/else.yaml" };
    assert.match(
      (await outcomeOf(["serve"], { cwd: folder, env: named })).errors,
      /the inventory \/nowhere\/else\.yaml: no/,
    );
    rmSync(folder, { recursive: true });
  });

  test("a file that is not there, a folder, a device: exit 2, error and hint, nothing on stdout", async () => {
    for (const [file, why] of [
      ["/nowhere/ecluse.yaml", "no such file"],
      [tmpdir(), "it is a folder"],
      ["/dev/zero", "it is not a plain file"],
    ] as const) {
      const { code, output, errors } = await outcomeOf(["serve", "--inventory", file, "--state", "/nowhere/state"]);
      assert.deepEqual([code, output], [2, ""]);
      const lines = errors.trimEnd().split("\n");
      assert.equal(lines[0], `ecluse: error: Cannot read the inventory ${file}: ${why}`);
      assert.match(lines[1] ?? "", /^ecluse: hint: /);
      assert.equal(lines.length, 2);
    }
  });

  test("a file that may not be read", { skip: needs(["setpriv"]) }, async () => {
    const file = inventoryFile("gateway: { address: 127.64.1.1 }\n");
    chmodSync(file.path, 0o000);
    // Root without its capabilities: its own file is then as closed to it as to anybody.
    const bounded = process.getuid?.() === 0 ? ["--bounding-set=-all", "--inh-caps=-all"] : [];
    const words = [
      ...bounded,
      process.execPath,
      ...commandLine(["serve", "--inventory", file.path, ...file.ownPlaces]),
    ];
    const { code, output, errors } = await endOf(
      follow(spawn("setpriv", words, { stdio: ["ignore", "pipe", "pipe"] })),
    );
    assert.deepEqual([code, output], [2, ""]);
    assert.match(errors, /^ecluse: error: Cannot read the inventory \S+: permission denied$/m);
    file.remove();
  });
});
