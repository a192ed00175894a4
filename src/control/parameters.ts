/** The parameters of a request, read strictly: none unknown, none missing, each of its kind. */
import { EcluseError } from "../errors.ts";
import type { Parameter, Route } from "./routes.ts";

/** Longest text of a parameter. */
const LONGEST = 4_096;

/** Throws `usage` with the name of the parameter that is wrong. */
export function readParameters(route: Route, given: unknown): Readonly<Record<string, unknown>> {
  if (typeof given !== "object" || given === null || Array.isArray(given)) throw wrong(route, "it needs an object");
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(route.parameters, name)) throw wrong(route, `it has no parameter "${name.slice(0, 40)}"`);
  }
  const read = Object.entries(route.parameters).map(([name, parameter]) => {
    const value = valueOf(parameter, (given as Readonly<Record<string, unknown>>)[name]);
    if (value === undefined && parameter.required === true) throw wrong(route, `it needs ${name}`);
    if (value === INVALID) throw wrong(route, `${name} is not a ${parameter.kind}`);
    return [name, value] as const;
  });
  return Object.fromEntries(read.filter(([, value]) => value !== undefined));
}

const INVALID = Symbol("invalid");

/** A query has texts only, a body has kinds: both are read. */
function valueOf({ kind }: Parameter, value: unknown): unknown {
  if (value === undefined || value === null) return undefined;
  if (kind === "text") return typeof value === "string" && value.length <= LONGEST ? value : INVALID;
  if (kind === "switch") return SWITCHES.get(value) ?? INVALID;
  const number = typeof value === "string" && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
  return Number.isSafeInteger(number) ? number : INVALID;
}

const SWITCHES: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  [true, true],
  ["true", true],
  [false, false],
  ["false", false],
]);

function wrong(route: Route, why: string): EcluseError {
  const names = Object.keys(route.parameters).join(", ");
  return new EcluseError("usage", `Cannot ${route.method} ${route.path}: ${why}`, {
    hint: names === "" ? "it takes no parameters" : `its parameters are ${names}`,
  });
}
