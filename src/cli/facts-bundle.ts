/** What `ecluse facts` printed, read back from a file. */
import { readFileSync } from "node:fs";
import { type HostFacts, parseFacts } from "../audit/facts.ts";
import { EcluseError } from "../errors.ts";

/** Throws `usage` where the file is none, or cannot be read. */
export function readBundle(file: string): readonly HostFacts[] {
  const facts = parseFacts(textAt(file));
  if (facts !== undefined) return facts;
  throw new EcluseError("usage", `Cannot use ${file}: it is not what ecluse facts prints`, {
    hint: "read the hosts again: ecluse facts --all --out FILE",
  });
}

function textAt(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new EcluseError("usage", `Cannot read ${file}: ${(error as Error).message}`, {
      hint: "name another file",
      cause: error,
    });
  }
}
