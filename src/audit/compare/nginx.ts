/** The nginx of a host where it holds a door: where its configuration lets it listen, and whom its servers let in. */
import type { Endpoint } from "../../inventory/model.ts";
import { escapeControls } from "../../inventory/quote.ts";
import { type Audited, type ExpectedDoor, finding } from "../audited.ts";
import type { AuditCode } from "../catalogue.ts";
import { reading } from "../facts.ts";
import type { AuditFinding } from "../finding.ts";
import { type NginxPlace, type NginxServer, formatListen, isNginx, letInAt, serversAt } from "../parse/nginx.ts";
import { isNobody, sayAddresses, union, without } from "../wall/address-set.ts";
import { addressesOfGrants } from "./guarded-doors.ts";
import { formatEndpoint, serves } from "./listeners.ts";
import { evidenceIn, judgeIn, mainPlaces } from "./nginx-filter.ts";
import { listenHere, wrongListens } from "./nginx-listens.ts";

export function compareNginx(audited: Audited): readonly AuditFinding[] {
  const held = audited.doors.filter(({ flow, endpoint }) => flow.kind === "local" && isHeldByNginx(audited, endpoint));
  const servers = audited.nginx;
  if (servers === undefined) return held.map((door) => unread(audited, door));
  return [
    ...audited.doors.flatMap((door) => listening(audited, door, servers)),
    ...held.flatMap((door) => judging(audited, door, serversAt(servers, door.endpoint))),
  ];
}

function isHeldByNginx({ listeners }: Audited, endpoint: Endpoint): boolean {
  return listeners.some((each) => isNginx(each) && each.port === endpoint.port && serves(each, endpoint));
}

function unread(audited: Audited, { flow }: ExpectedDoor): AuditFinding {
  const { source = "nginx -T", failed = "it was not asked" } = reading(audited.facts, "nginx") ?? {};
  return finding(audited, "cannot-read", {
    flow: flow.id,
    message: `whom nginx lets in at ${flow.id} could not be read on ${audited.host}: ${escapeControls(failed)}`,
    evidence: { source, line: escapeControls(failed) },
    fix: "run it as root; nginx -t",
  });
}

/** Also what is only in the file: it holds from nginx's next start on. */
function listening(audited: Audited, { flow, endpoint }: ExpectedDoor, servers: readonly NginxServer[]) {
  return wrongListens(servers, endpoint).map(({ listen, code }) => {
    const line = escapeControls(formatListen(listen));
    return finding(audited, code, {
      flow: flow.id,
      message: `${flow.id} should listen on ${formatEndpoint(endpoint)} alone; nginx is told otherwise in ${line}`,
      evidence: { source: "nginx -T", line },
      fix: listenHere(listen, endpoint, servers),
    });
  });
}

/** Where a server names whom it lets in, it means to keep out all others; one without rules leaves that to the firewall. */
function judging(audited: Audited, { flow, endpoint }: ExpectedDoor, servers: readonly NginxServer[]) {
  const allowed = addressesOfGrants(flow.grants, audited);
  const rightly = union(allowed, audited.walls.ways.own);
  const places = servers.flatMap((server) => server.places);
  const wide = places.filter(({ names, lets }) => names && !isNobody(without(lets, rightly)));
  const missing = without(allowed, letInAt(servers));
  const found = (code: AuditCode, does: string, at: readonly NginxPlace[]): AuditFinding =>
    finding(audited, code, {
      flow: flow.id,
      message: `${flow.id}: nginx ${does}; the inventory lets in ${isNobody(allowed) ? "nobody" : sayAddresses(allowed)}`,
      evidence: evidenceIn(at),
      fix: judgeIn(at, { endpoint, allowed }),
    });
  const others = without(letInAt([{ listens: [], places: wide }]), rightly);
  return [
    ...(wide.length === 0 ? [] : [found("guard-wider", `lets in ${sayAddresses(others)}`, wide)]),
    ...(places.length === 0 || isNobody(missing)
      ? []
      : [found("guard-narrower", `keeps out ${sayAddresses(missing)}`, mainPlaces(servers))]),
  ];
}
