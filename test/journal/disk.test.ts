/** A full, a tiny and a read-only disk, each a tmpfs in a mount namespace of its own. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { needs } from "../support/packages.ts";
import type { Seen } from "./disk.ts";
import { folder } from "./support.ts";

suite("a disk", { skip: needs([], { root: true }) }, () => {
  const disks = [
    { trouble: "full", size: "1m", before: 1, message: /database or disk is full/ },
    { trouble: "tiny", size: "64k", before: 0, message: /database or disk is full/ },
    { trouble: "read-only", size: "64m", before: 1, message: /EROFS: read-only file system/ },
  ];
  for (const { trouble, size, before, message } of disks) {
    test(`that is ${trouble}: rows are kept, then dropped and counted, and written once they can be`, async () => {
      const { longestDelay, names, ...seen } = await onDisk(trouble, size);
      assert.match(seen.message ?? "", message);
      assert.deepEqual(
        { ...seen, message: "" },
        {
          message: "",
          waiting: 50_000,
          dropped: 10_000,
          sessions: before + 50_000,
          lost: 10_000,
          sound: true,
          setAside: [],
          crashes: 0,
        },
      );
      // A mapped index on a full disk would end the process: there is none.
      assert.deepEqual(names, ["journal.db", "journal.db-wal"]);
      assert.ok(longestDelay < 1_000, `the loop stood still for ${longestDelay} ms`);
    });
  }
});

async function onDisk(trouble: string, size: string): Promise<Seen> {
  using at = folder();
  const program = fileURLToPath(new URL("disk.ts", import.meta.url));
  const script = 'mount -t tmpfs -o "size=$1" tmpfs "$2" && shift 2 && exec "$@"';
  const words = ["--mount", "sh", "-c", script, "sh", size, at.path];
  const command = [process.execPath, "--conditions=source", program, trouble, at.path];
  const { stdout } = await promisify(execFile)("unshare", [...words, ...command]);
  return JSON.parse(stdout) as Seen;
}
