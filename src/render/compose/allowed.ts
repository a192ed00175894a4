/** `$ECLUSE_ALLOW` of a container: who may enter, in the words that `ecluse forward` reads. */
import { type Network, formatNetwork } from "@ecluse/guard/address";
import { EcluseError } from "../../errors.ts";
import type { Grant } from "../../inventory/model.ts";
import { type Right, type Subject, merged, rightsOf } from "../subject.ts";

/** Of one variable Linux passes on less than 128 KiB to a program (MAX_ARG_STRLEN, execve(2)). */
const LONGEST = 120_000;

/** Lists of grants -> texts; each list once, for thousands of terminals share a handful. */
export function allowedBy(subject: Subject): (grants: readonly Grant[]) => string {
  const known = new Map<readonly Grant[], string>();
  return (grants) => {
    const allowed = known.get(grants) ?? allowedText(rightsOf(grants, subject));
    known.set(grants, allowed);
    return allowed;
  };
}

function allowedText(rights: readonly Right[]): string {
  const ends = [...new Set(rights.map(({ until }) => until))].toSorted((a, b) => (a ?? 0) - (b ?? 0));
  const entries = ends.flatMap((end) => {
    const networks = merged(rights.filter(({ until }) => until === end).flatMap(({ source }) => source.networks));
    return networks.map((network) => entry(network, end));
  });
  const text = entries.join(", ");
  if (text.length <= LONGEST) return text;
  throw new EcluseError(
    "cannot-render",
    `Cannot render compose-per-terminal: ${entries.length} networks in one variable`,
    {
      hint: "no program can be told so many in its environment: render compose, which reads the inventory",
    },
  );
}

/** To the second: a part of one is cut off, for nobody may stay longer than they were given. */
function entry(network: Network, until: number | undefined): string {
  if (until === undefined) return formatNetwork(network);
  return `${formatNetwork(network)} until ${new Date(until).toISOString().replace(/\.\d+Z$/, "Z")}`;
}
