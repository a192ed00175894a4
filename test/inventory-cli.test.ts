/** `ecluse check` and `ecluse init`, called as the command line calls them. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import type { Invocation, Run } from "../src/cli/command.ts";
import { run as check } from "../src/cli/commands/check.ts";
import { run as init } from "../src/cli/commands/init.ts";
import { formatAnnotations, formatFindings } from "../src/cli/findings-report.ts";
import { EcluseError } from "../src/errors.ts";
import type { Finding } from "../src/inventory/finding.ts";

const WRONG = "test/fixtures/inventory/invalid/unknown-source.yaml";
const RIGHT = "examples/terminals.yaml";

suite("check", () => {
  test("says in one line what a right inventory holds, and exits with 0", async () => {
    const { code, out } = await call(check, { inventory: RIGHT });
    assert.equal(out, `${RIGHT}: 2 depots, 4 terminals, 5 flows, 3 sources, 1 grant with an end\n`);
    assert.equal(code, 0);
  });

  test("prints each finding with its frame, and exits with 1", async () => {
    const { code, out } = await call(check, { inventory: WRONG });
    const [head, above, line, caret, hint] = out.split("\n");
    assert.equal(head, `${WRONG}:6:17: error: \`odo\` is not a declared source [unknown-source]`);
    assert.equal(above, "    5 | depots:");
    assert.ok(line?.startsWith("    6 |   22: { allow: [odo]"));
    assert.equal(caret?.indexOf("^"), line?.indexOf("odo"));
    assert.equal(hint, "  hint: did you mean odoo?");
    assert.ok(out.endsWith(`${WRONG}: refused (3 errors)\n`));
    assert.equal(code, 1);
  });

  test("exits with 1 for a warning", async () => {
    const inventory = "test/fixtures/inventory/invalid/networks-overlap.yaml";
    assert.equal((await call(check, { inventory })).code, 1);
  });

  test("shows every flow, or those selected", async () => {
    const all = await call(check, { inventory: RIGHT, show: true });
    assert.match(
      all.out,
      /^depot22-tpe02 +198\.51\.100\.10:12202 +172\.17\.22\.11:8888 +tills, technician until 2099-/m,
    );
    assert.match(all.out, /^flow\/payment-callback /m);
    const one = await call(check, { inventory: RIGHT, show: true }, ["22/1"]);
    assert.match(one.out, /^depot22-tpe01 /m);
    assert.doesNotMatch(one.out, /tpe02/);
  });

  test("prints data with --json", async () => {
    const { out } = await call(check, { inventory: RIGHT, show: true, json: true }, ["depot1"]);
    const data = JSON.parse(out) as { valid: boolean; counts: object; flows: { id: string; target: string }[] };
    assert.equal(data.valid, true);
    assert.deepEqual(data.counts, { errors: 0, warnings: 0, notices: 0 });
    assert.deepEqual(
      data.flows.map(({ id, target }) => [id, target]),
      [
        ["depot01-tpe01", "172.17.1.10:8888"],
        ["depot01-tpe02", "172.17.1.11:8888"],
      ],
    );
  });

  test("prints annotations with --github", async () => {
    const { out } = await call(check, { inventory: WRONG, github: true });
    assert.match(
      out,
      /^::error file=test\/fixtures\/inventory\/invalid\/unknown-source\.yaml,line=6,col=17,title=unknown-source::/,
    );
  });

  test("takes the inventory of the environment", async () => {
    const { out } = await call(check, {}, [], { ECLUSE_INVENTORY: RIGHT });
    assert.ok(out.startsWith(`${RIGHT}: `));
  });

  const refused = [
    ["a missing file", { inventory: "no/such.yaml" }, [], "inventory-unreadable"],
    ["a selector that names nothing", { inventory: RIGHT, show: true }, ["23/1"], "no-such-flow"],
    ["a selector without --show", { inventory: RIGHT }, ["22/1"], "usage"],
    ["two formats", { inventory: RIGHT, json: true, github: true }, [], "usage"],
  ] as const;
  for (const [what, options, operands, code] of refused) {
    test(`cannot run with ${what}`, async () => {
      await assert.rejects(
        call(check, options, operands),
        (error) => error instanceof EcluseError && error.code === code,
      );
    });
  }
});

suite("init", () => {
  test("writes an inventory that check accepts, and never over a file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "ecluse-"));
    try {
      const file = join(folder, "ecluse.yaml");
      assert.equal((await call(init, {}, [file])).code, 0);
      assert.equal((await call(check, { inventory: file })).code, 0);
      writeFileSync(file, "mine\n");
      await assert.rejects(
        call(init, {}, [file]),
        (error) => error instanceof EcluseError && error.code === "cannot-write",
      );
      assert.equal(readFileSync(file, "utf8"), "mine\n");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("says where it cannot write", async () => {
    await assert.rejects(call(init, {}, ["no/such/folder.yaml"]), /Cannot write no\/such\/folder\.yaml/);
  });
});

suite("reports", () => {
  const finding: Finding = {
    code: "bad-text",
    severity: "warning",
    place: { file: "a,b:c.yaml", line: 2, column: 4 },
    message: "100% wrong",
    hint: "write\nless",
  };

  test("annotations are escaped by GitHub's rules", () => {
    const expected = "::warning file=a%2Cb%3Ac.yaml,line=2,col=4,title=bad-text::100%25 wrong. Hint: write%0Aless\n";
    assert.equal(formatAnnotations([finding]), expected);
  });

  test("frames let no control character of the file through", () => {
    const files = [{ file: "a,b:c.yaml", text: "one\n\tx\u001b[31my\u202e\n" }];
    assert.doesNotMatch(formatFindings([finding], files, { colour: false }).replaceAll("\n", ""), /\p{C}/u);
  });

  test("colour is there only when asked for", () => {
    assert.ok(formatFindings([finding], [], { colour: true }).includes("\u001b[33mwarning"));
    assert.ok(!formatFindings([finding], [], { colour: false }).includes("\u001b"));
  });
});

async function call(
  run: Run,
  options: Invocation["options"],
  operands: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<{ readonly code: number; readonly out: string }> {
  let out = "";
  const io = { out: (text: string) => void (out += text), err: () => undefined, colour: false, env, line: [] };
  return { code: await run({ options, operands, io }), out };
}
