import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, suite, test } from "node:test";

const folder = mkdtempSync(join(tmpdir(), "ecluse-packages-"));
const calls = join(folder, "calls");
// An apt-get of our own, that writes down its words and installs what it is asked for as an empty program.
const APT = `#!/bin/sh
echo "$*" >> ${calls}
case "$*" in *" install "*) for last; do :; done; printf '#!/bin/sh\\n' > ${folder}/$last; chmod +x ${folder}/$last;; esac
`;
writeFileSync(join(folder, "apt-get"), APT, { mode: 0o755 });
process.env["TMPDIR"] = folder;
process.env["PATH"] = `${folder}:${process.env["PATH"] ?? ""}`;
const { needs, program } = await import("./packages.ts");

suite("needs", () => {
  beforeEach(() => {
    delete process.env["CI"];
  });
  after(() => rmSync(folder, { recursive: true }));

  test("says nothing of programs that are there", () => assert.equal(needs(["apt-get"]), false));

  test("names what is missing and the one command that installs it", () => {
    assert.equal(
      needs(["ecluse-none", "apt-get", "ecluse-nil"]),
      "needs ecluse-none and ecluse-nil: sudo apt-get install ecluse-none ecluse-nil",
    );
    assert.equal(existsSync(calls), false);
  });

  const skip = process.getuid?.() === 0 ? false : "needs root: sudo npm test";
  test("under CI and as root installs it, after one update", { skip }, () => {
    process.env["CI"] = "true";
    assert.equal(needs(["ecluse-first"]), false);
    assert.equal(needs(["ecluse-second"]), false);
    assert.equal(needs(["ecluse-first"]), false);
    assert.equal(program("ecluse-first"), join(folder, "ecluse-first"));
    const words = readFileSync(calls, "utf8").trimEnd().split("\n");
    assert.deepEqual(
      words.map((line) => line.split(" ").slice(3).join(" ")),
      ["update", "install -y --no-install-recommends ecluse-first", "install -y --no-install-recommends ecluse-second"],
    );
  });

  test("under CI and as root waits until what another installs is set up, too", { skip }, async () => {
    process.env["CI"] = "true";
    const done = join(folder, "set-up");
    const script = `echo unpacked; sleep 0.5; touch ${done}`;
    const other = spawn("flock", [join(folder, "ecluse-tests-apt.lock"), "sh", "-c", script], { stdio: "pipe" });
    await once(other.stdout, "data");
    assert.equal(needs(["apt-get"]), false);
    assert.equal(existsSync(done), true);
  });
});
