/** `ecluse init`: writes a commented inventory to start from. */
import { readFileSync, writeFileSync } from "node:fs";
import { EcluseError } from "../../errors.ts";
import type { Run } from "../command.ts";

/** One source of truth: the example that the documents show is the file that `init` writes. */
const EXAMPLE = new URL("../../../examples/terminals.yaml", import.meta.url);

export const run: Run = ({ operands, io }) => {
  const file = operands[0] ?? "ecluse.yaml";
  write(file);
  io.out(
    `${file} written. Put your addresses in, then: ecluse check${operands[0] === undefined ? "" : ` --inventory ${file}`}\n`,
  );
  return Promise.resolve(0);
};

/** Never over a file that is there, nor through a link to one: `wx` fails for both. */
function write(file: string): void {
  try {
    writeFileSync(file, readFileSync(EXAMPLE), { flag: "wx", mode: 0o640 });
  } catch (error) {
    const exists = (error as NodeJS.ErrnoException).code === "EEXIST";
    const cause = exists ? "the file exists already" : (error as Error).message;
    const hint = exists ? "name another file: ecluse init FILE" : "name a file in a folder that you may write to";
    throw new EcluseError("cannot-write", `Cannot write ${file}: ${cause}`, { hint, cause: error });
  }
}
