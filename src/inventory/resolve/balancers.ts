/** The balancers of a flow: sources that may say by a PROXY header who comes. */
import { quote } from "../quote.ts";
import type { Reading } from "../reading.ts";
import type { Path } from "../tree.ts";
import { grants } from "./grants.ts";

/** The names at `path`, checked as those of a list of rights; absent: nobody is believed, everyone comes for himself. */
export function balancers(
  reading: Reading,
  raw: false | string | readonly string[] | undefined,
  path: Path,
): readonly string[] | undefined {
  if (raw === undefined || raw === false) return undefined;
  const names = grants(reading, typeof raw === "string" ? [raw] : raw, path).map(({ source }) => source);
  if (names.includes("any")) complainOfAny(reading, path);
  return names;
}

/** No exception for this one: whoever is believed may say to be any source of the inventory. */
function complainOfAny(reading: Reading, path: Path): void {
  const message = `${quote("any")} cannot be a balancer: everyone could say to be anyone`;
  reading.complain({ code: "not-a-choice", path, message, hint: "name the balancer's own source or machine" });
}
