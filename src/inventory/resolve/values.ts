/** Texts -> values that cannot be wrong; what is none is complained of with what to write, and `undefined`. */
import { formatNetwork, type Ipv4, type Network, parseAddress, parseNetwork } from "@ecluse/guard/address";
import { formatDuration, parseDuration } from "../duration.ts";
import { isDate, lacksZone, parseInstant } from "../instant.ts";
import type { Endpoint } from "../model.ts";
import { isId, isLabel, isProse } from "../names.ts";
import { quote } from "../quote.ts";
import type { Reading } from "../reading.ts";
import { parseSize } from "../size.ts";
import type { Path } from "../tree.ts";

/** A text and where it stands. */
export interface Written {
  readonly text: string;
  readonly path: Path;
}

export function address(reading: Reading, { text, path }: Written): Ipv4 | undefined {
  const value = parseAddress(text);
  if (value === undefined) complainOfAddress(reading, text, path);
  return value;
}

function complainOfAddress(reading: Reading, text: string, path: Path): void {
  // The stand-in for a gateway address that is missing, which was said already.
  if (text === "") return;
  const message = `${quote(text)} is not an IPv4 address`;
  reading.complain({ code: "not-an-address", path, message, hint: addressHint(text) });
}

function addressHint(text: string): string {
  if (text.includes("/")) return "write one address, without a prefix";
  if (text.includes(":")) return "Ecluse speaks IPv4 only: write four decimal numbers, as in 192.0.2.1";
  const octets = text.split(".");
  const simple = octets.map((octet) => octet.replace(/^0+(?=\d)/, "")).join(".");
  if (simple !== text && parseAddress(simple) !== undefined) {
    return `write ${simple}; a leading zero means octal to some programs`;
  }
  return "write four decimal numbers from 0 to 255, as in 192.0.2.1; host names are not looked up";
}

export function network(reading: Reading, { text, path }: Written): Network | undefined {
  const value = parseNetwork(text);
  if (!("kind" in value)) return value;
  if (value.kind === "host-bits") {
    const meant = formatNetwork(value.meant);
    const hint = `write ${meant} for the network, or ${text.slice(0, text.indexOf("/"))} for the one address`;
    reading.complain({ code: "host-bits", path, message: `${quote(text)} has bits set beyond its prefix`, hint });
  } else {
    const ipv6 = text.includes(":");
    const hint = ipv6
      ? "Ecluse speaks IPv4 only: write an IPv4 network, as in 192.0.2.0/24"
      : value.kind === "prefix"
        ? "write a prefix from 0 to 32 after the slash, as in 192.0.2.0/24"
        : addressHint(text.split("/")[0] ?? "");
    reading.complain({ code: "not-a-network", path, message: `${quote(text)} is not an IPv4 network`, hint });
  }
  return undefined;
}

export function endpoint(reading: Reading, { text, path }: Written): Endpoint | undefined {
  const [, host, digits] = /^([^:]*):([^:]*)$/.exec(text) ?? [];
  if (host === undefined || digits === undefined) {
    const message = `${quote(text)} is not an IPv4 address with its port`;
    reading.complain({ code: "not-an-address", path, message, hint: "write ADDRESS:PORT, as in 192.0.2.1:4102" });
    return undefined;
  }
  const value = address(reading, { text: host === "" ? " " : host, path });
  const port = /^[1-9]\d{0,4}$/.test(digits) ? Number(digits) : 0;
  if (port < 1 || port > 65_535) {
    const message = `${quote(digits)} in ${quote(text)} is not a port`;
    reading.complain({ code: "bad-port", path, message, hint: "write a port from 1 to 65535" });
    return undefined;
  }
  return value === undefined ? undefined : { address: value, port };
}

/** A duration within bounds, both in milliseconds and both included. */
export function duration(
  reading: Reading,
  { text, path }: Written,
  bounds: { readonly least: number; readonly most: number },
): number | undefined {
  const value = parseDuration(text);
  const range = `from ${formatDuration(bounds.least)} to ${formatDuration(bounds.most)}`;
  if (value === undefined) {
    const message = `${quote(text)} is not a duration`;
    const hint = `write a whole number and its unit (ms, s, m, h, d), ${range}`;
    reading.complain({ code: "not-a-duration", path, message, hint });
    return undefined;
  }
  if (value >= bounds.least && value <= bounds.most) return value;
  reading.complain({
    code: "out-of-bounds",
    path,
    message: `${quote(text)} is out of bounds`,
    hint: `write a duration ${range}`,
  });
  return undefined;
}

export function size(reading: Reading, { text, path }: Written): number | undefined {
  const value = parseSize(text);
  if (value === undefined) {
    const hint = "write a whole number and its unit, as in 500MB, 2GB or 2GiB";
    reading.complain({ code: "not-a-size", path, message: `${quote(text)} is not a size`, hint });
  }
  return value;
}

export function date(reading: Reading, { text, path }: Written): string | undefined {
  if (isDate(text)) return text;
  const hint = "write a day that exists as YYYY-MM-DD, as in 2026-11-01";
  reading.complain({ code: "not-a-date", path, message: `${quote(text)} is not a date`, hint });
  return undefined;
}

/** Milliseconds since the epoch. */
export function instant(reading: Reading, { text, path }: Written): number | undefined {
  const value = parseInstant(text);
  if (value !== undefined) return value;
  const lacking = lacksZone(text);
  const message = lacking ? `${quote(text)} has no time zone` : `${quote(text)} is not an instant`;
  const hint = "write date, time and time zone: 2026-12-01T18:00:00+01:00, or ...T17:00:00Z";
  reading.complain({ code: "not-a-date", path, message, hint });
  return undefined;
}

export function label(reading: Reading, { text, path }: Written): string | undefined {
  if (isLabel(text)) return text;
  const hint = "use letters, digits, spaces and - _ . ' ’ ( ) / &, 80 characters at most";
  reading.complain({ code: "bad-text", path, message: `${quote(text)} cannot go into documents and rules`, hint });
  return undefined;
}

export function prose(reading: Reading, { text, path }: Written): string | undefined {
  if (isProse(text)) return text;
  const hint = "use letters, digits, spaces and - _ . ' ’ ( ) / & , : ; # @ + ? ! % = ° €, 200 characters at most";
  reading.complain({ code: "bad-text", path, message: `${quote(text)} cannot go into documents and rules`, hint });
  return undefined;
}

/** A key that names something: `sources.odoo`. */
export function id(reading: Reading, { text, path }: Written): string | undefined {
  if (isId(text)) return text;
  const hint = "use letters, digits and - _ . with at least one letter, no space, 80 characters at most";
  reading.complain({ code: "bad-name", path, message: `${quote(text)} cannot be a name`, hint, which: "key" });
  return undefined;
}

/** A text of a form of its own: an interface, a unit, a variable. */
export function formed(
  reading: Reading,
  { text, path }: Written,
  form: { readonly pattern: RegExp; readonly what: string },
): string | undefined {
  if (form.pattern.test(text)) return text;
  reading.complain({
    code: "bad-text",
    path,
    message: `${quote(text)} is not ${form.what}`,
    hint: `write ${form.what}`,
  });
  return undefined;
}
