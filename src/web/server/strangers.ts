/**
 * Which requests come from a page that is not ours.
 *
 * Whoever runs in a browser on this host can send requests here. A foreign name that leads to loopback (DNS rebinding)
 * shows in Host; a foreign page in Origin and Sec-Fetch-Site (W3C Fetch Metadata). Another port of loopback is another
 * program, though a browser calls it the same site: so only `same-origin` will do.
 */
import type { IncomingMessage } from "node:http";
import type { Place } from "./listen-address.ts";
import { Problem } from "./problem.ts";

/** What a browser may have in Host: the place itself, and the two usual words for it. */
export function ownHosts({ host, port }: Place): ReadonlySet<string> {
  const names = [host, "localhost", "127.0.0.1"];
  // A browser leaves out the port that its scheme implies.
  return new Set(names.flatMap((name) => [`${name}:${port}`, ...(port === 80 ? [name] : [])]));
}

/** Throws 421 for a Host that is none of `hosts`, missing or given twice. */
export function requireOwnHost({ headersDistinct }: IncomingMessage, hosts: ReadonlySet<string>): string {
  const [host = "", ...more] = headersDistinct["host"] ?? [];
  if (more.length === 0 && hosts.has(host)) return host;
  throw new Problem(421, "foreign-host", "This is the dashboard of Ecluse, under its own address alone", {
    hint: `open http://${[...hosts][0] ?? ""}/`,
  });
}

/** Throws 403 for data asked for by a page of another origin. */
export function requireOwnPage({ headersDistinct }: IncomingMessage, host: string): void {
  const [origin = `http://${host}`] = headersDistinct["origin"] ?? [];
  const [site = "same-origin"] = headersDistinct["sec-fetch-site"] ?? [];
  if (origin === `http://${host}` && site === "same-origin") return;
  throw foreignPage();
}

/** The same for what changes something; a browser says where that comes from, so silence will not do. */
export function requireOwnOrigin(request: IncomingMessage, host: string): void {
  if (request.headersDistinct["origin"] === undefined) throw foreignPage();
  requireOwnPage(request, host);
}

function foreignPage(): Problem {
  return new Problem(403, "foreign-origin", "Another page asked for this than one of the dashboard", {
    hint: "use the dashboard's own page, or the command line",
  });
}
