/**
 * nginx: on the proxy, a server for each domain that leads to a service; on the services' machines, where a local nginx
 * listens and whom it lets in.
 */
import type { Machine } from "../../inventory/model.ts";
import type { RenderedFile } from "../rendered-file.ts";
import type { Subject } from "../subject.ts";
import { listenSnippets } from "./listen.ts";
import { proxySite } from "./proxy.ts";

export function renderMachine(subject: Subject, machine: Machine): readonly RenderedFile[] {
  const site = proxySite(subject, machine);
  const files = [
    ...(site === undefined ? [] : [{ name: "ecluse-proxy.conf", body: site }]),
    ...listenSnippets(subject, machine),
  ];
  return files.map(({ name, body }) => ({ path: `nginx/${name}`, body, comment: "#" }));
}
