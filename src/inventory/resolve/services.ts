/** Services that listen themselves on their machine. */
import type { Service } from "../model.ts";
import { nearest } from "../nearest.ts";
import { quote } from "../quote.ts";
import { declared, defined, type Reading } from "../reading.ts";
import type { RawInventory } from "../schema.ts";
import type { Path } from "../tree.ts";
import { accountability } from "./accountability.ts";
import { grants } from "./grants.ts";
import { flowName } from "./flows.ts";
import { formed } from "./values.ts";

const FORMS = {
  hostVariable: { pattern: /^[A-Z_][A-Z0-9_]{0,79}$/, what: "an environment variable, as in API_HOST" },
  unit: { pattern: /^[A-Za-z0-9][A-Za-z0-9:_.@-]{0,79}$/, what: "a systemd unit's name, as in api-faucet" },
  domain: {
    pattern: /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/,
    what: "a domain in lower case, as in api.example.org",
  },
} as const;

type RawService = NonNullable<RawInventory["services"]>[string];

export function services(reading: Reading): readonly Service[] {
  return Object.entries(reading.data.services ?? {}).flatMap(([name, raw]) => {
    const path = ["services", name];
    const valid = flowName(reading, name, path);
    const machine = isMachine(reading, raw.machine, [...path, "machine"]);
    const value = service(reading, name, raw);
    return valid && machine ? [value] : [];
  });
}

function service(reading: Reading, name: string, raw: RawService): Service {
  const path = ["services", name];
  const text = (key: keyof typeof FORMS): string | undefined => {
    const value = raw[key];
    return value === undefined ? undefined : formed(reading, { text: value, path: [...path, key] }, FORMS[key]);
  };
  const { machine, port, outbound } = raw;
  if (Array.isArray(outbound)) grantsFor(reading, outbound, [...path, "outbound"]);
  return {
    name,
    machine,
    port,
    grants: grants(reading, raw.allow, [...path, "allow"]),
    ...accountability(reading, raw, path),
    ...defined({ hostVariable: text("hostVariable"), unit: text("unit"), domain: text("domain"), outbound }),
  };
}

/** `outbound: []` says "nowhere", so an empty list is no mistake here; the names are those of sources. */
function grantsFor(reading: Reading, names: readonly string[], path: Path): void {
  if (names.length > 0) grants(reading, names, path);
}

function isMachine(reading: Reading, name: string, path: Path): boolean {
  const known = declared(reading.root, "machines");
  if (known.includes(name)) return true;
  const meant = nearest(name, known);
  const hint = meant === undefined ? "declare it under machines" : `did you mean ${meant}?`;
  reading.complain({ code: "unknown-machine", path, message: `${quote(name)} is not a declared machine`, hint });
  return false;
}
