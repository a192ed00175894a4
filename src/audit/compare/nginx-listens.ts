/** The lines of nginx's configuration that let it listen where a door is not. */
import { formatAddress } from "@ecluse/guard/address";
import type { Endpoint } from "../../inventory/model.ts";
import type { AuditCode } from "../catalogue.ts";
import { type NginxListen, type NginxServer, formatListen, isNginx } from "../parse/nginx.ts";
import type { Listener } from "../parse/sockets.ts";
import { shellWord } from "../script.ts";

export interface WrongListen {
  readonly listen: NginxListen;
  readonly code: AuditCode;
}

/** Every one on the door's port, on every address or over IPv6; each line once. */
export function wrongListens(servers: readonly NginxServer[], { address, port }: Endpoint): readonly WrongListen[] {
  const listens = servers
    .flatMap((server) => server.listens)
    .filter(({ first, last }) => first <= port && port <= last);
  const wrong = listens.flatMap((listen): readonly WrongListen[] => {
    if (listen.scope === "wildcard4") return address === 0 ? [] : [{ listen, code: "listens-everywhere" }];
    return listen.scope === "address" ? [] : [{ listen, code: "listens-ipv6" }];
  });
  return [...new Map(wrong.map((each) => [formatListen(each.listen), each])).values()];
}

/** Whether such a line says why a socket stands where it should not: then that line is what is reported. */
export function isToldByNginx(servers: readonly NginxServer[] = [], listener: Listener, endpoint: Endpoint): boolean {
  return isNginx(listener) && wrongListens(servers, endpoint).some(({ listen }) => listen.scope === listener.scope);
}

/** Restarted, not reloaded: nginx cannot bind an address while it holds the port on all of them. */
export function listenHere({ directive }: NginxListen, endpoint: Endpoint, servers: readonly NginxServer[]): string {
  const right = `listen ${formatAddress(endpoint.address)}:${endpoint.port};`;
  if (directive === undefined) return `write in that server: ${right}`;
  const isThere = servers.some(({ listens }) =>
    listens.some((each) => each.address === endpoint.address && each.directive?.file === directive.file),
  );
  const edit = `s/${patternOf(directive.words[0] ?? "")}/${isThere ? "" : right}/`;
  return `${sed(edit, directive.file)} && nginx -t && systemctl restart nginx`;
}

/** What finds a `listen` in its file, for `sed -E`. */
export function patternOf(where: string): string {
  return `listen[[:space:]]+${forSed(where)}([[:space:]][^;]*)?;`;
}

/** Text as a pattern of `sed -E` that matches just it. */
export function forSed(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
}

/** Sites are links to files elsewhere: the file is edited, not replaced. */
export function sed(edit: string, file: string): string {
  return `sed -i --follow-symlinks -E ${shellWord(edit)} ${shellWord(file)}`;
}
