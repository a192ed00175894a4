/** Data of the schema's shape -> the inventory, with every default filled in. What cannot be read is left out, and said. */
import type { Exception, Inventory, Person } from "../model.ts";
import { defined, type Reading } from "../reading.ts";
import type { RawInventory } from "../schema.ts";
import { depots } from "./depots.ts";
import { flows } from "./flows.ts";
import { gateway } from "./gateway.ts";
import { grants } from "./grants.ts";
import { services } from "./services.ts";
import { allSources, machines, sources } from "./sources.ts";
import { date, formed, prose } from "./values.ts";

/** Complete only where nothing was complained of. */
export function resolve(reading: Reading): Inventory {
  const { data } = reading;
  const gate = gateway(reading);
  const hosts = machines(reading);
  return {
    language: data.language ?? "en",
    contact: contact(reading, data.contact),
    gateway: gate,
    sources: allSources(sources(reading), hosts, gate),
    depots: depots(reading, gate),
    machines: hosts,
    services: services(reading),
    flows: flows(reading),
    exceptions: exceptions(reading),
    ssh: data.ssh === undefined ? [] : grants(reading, data.ssh.allow, ["ssh", "allow"]),
  };
}

function exceptions(reading: Reading): readonly Exception[] {
  return (reading.data.exceptions ?? []).map((raw, index) => {
    const path = ["exceptions", index];
    const reason = prose(reading, { text: raw.reason, path: [...path, "reason"] }) ?? "";
    const until = raw.until === undefined ? undefined : date(reading, { text: raw.until, path: [...path, "until"] });
    return { rule: raw.rule, on: raw.on, reason, ...defined({ until }) };
  });
}

function contact(reading: Reading, raw: RawInventory["contact"]): Inventory["contact"] {
  const form = {
    pattern: /^https?:\/\/[A-Za-z0-9.-]+(?::\d{1,5})?(?:\/[\w./~%+:@&=?#,-]*)?$/,
    what: "an http(s) address",
  };
  const link = raw?.documentation;
  return defined({
    support: raw?.support && person(reading, raw.support, "support"),
    emergency: raw?.emergency && person(reading, raw.emergency, "emergency"),
    documentation:
      link === undefined ? undefined : formed(reading, { text: link, path: ["contact", "documentation"] }, form),
  });
}

const EMAIL = { pattern: /^[\w.+-]{1,64}@[A-Za-z0-9.-]{1,253}$/, what: "an e-mail address, as in support@example.org" };
const PHONE = { pattern: /^\+?[\d ().-]{3,30}$/, what: "a telephone number, as in +33 1 00 00 00 00" };

function person(
  reading: Reading,
  raw: NonNullable<NonNullable<RawInventory["contact"]>["support"]>,
  role: string,
): Person {
  const path = ["contact", role];
  const { email, phone } = raw;
  return {
    name: prose(reading, { text: raw.name, path: [...path, "name"] }) ?? "",
    ...defined({
      email: email === undefined ? undefined : formed(reading, { text: email, path: [...path, "email"] }, EMAIL),
      phone: phone === undefined ? undefined : formed(reading, { text: phone, path: [...path, "phone"] }, PHONE),
    }),
  };
}
