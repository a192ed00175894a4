/** What an inventory lacks, or has too much of, for one of the files. */
import { EcluseError } from "../errors.ts";

export function cannotRender(file: string, problem: string, hint: string): EcluseError {
  return new EcluseError("cannot-render", `Cannot render ${file}: ${problem}`, { hint });
}
