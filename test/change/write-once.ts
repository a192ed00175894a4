/** The process that `durable.test.ts` kills: writes one file, between two system calls that a trace can recognise. */
import { access, writeFile } from "node:fs/promises";
import { writeDurably } from "../../src/change/durable.ts";
import { EcluseError } from "../../src/errors.ts";

const [path = "", size = "0"] = process.argv.slice(2);

/** A look at a file that does not exist, in the thread that writes. */
const mark = (name: string): Promise<unknown> => access(`/ecluse-test-${name}`).catch(() => undefined);

// strace counts the calls of each thread apart: after these, the numbers of the thread that writes are its own.
for (let round = 0; round < 300; round += 1) await writeFile("/dev/null", "warm");
await mark("begin");
try {
  await writeDurably(path, Buffer.alloc(Number(size), "n"), { mode: 0o640 });
  await mark("end");
} catch (error) {
  if (!(error instanceof EcluseError)) throw error;
  const { code, message, hint } = error;
  process.stdout.write(JSON.stringify({ code, message, hint }));
}
