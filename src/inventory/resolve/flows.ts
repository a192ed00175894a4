/** Generic flows: anything that is neither a terminal of the plan nor a service. */
import type { GenericFlow } from "../model.ts";
import { readsAsPlace } from "../names.ts";
import { quote } from "../quote.ts";
import { defined, type Reading } from "../reading.ts";
import type { Path } from "../tree.ts";
import { accountability } from "./accountability.ts";
import { balancers } from "./balancers.ts";
import { grants } from "./grants.ts";
import { queue } from "./queue.ts";
import { endpoint, id } from "./values.ts";

export function flows(reading: Reading): readonly GenericFlow[] {
  return Object.entries(reading.data.flows ?? {}).flatMap(([name, raw]) => {
    const path = ["flows", name];
    const valid = flowName(reading, name, path);
    const listen = endpoint(reading, { text: raw.listen, path: [...path, "listen"] });
    const target =
      raw.target === undefined ? undefined : endpoint(reading, { text: raw.target, path: [...path, "target"] });
    const may = grants(reading, raw.allow, [...path, "allow"]);
    const about = accountability(reading, raw, path);
    const carried = {
      sessions: raw.sessions,
      queue: queue(reading, raw, path),
      onRevoke: raw.onRevoke,
      acceptProxy: balancers(reading, raw.acceptProxy, [...path, "acceptProxy"]),
      sendProxy: raw.sendProxy === "none" ? undefined : raw.sendProxy,
    };
    if (!valid || listen === undefined || (raw.target !== undefined && target === undefined)) return [];
    const direction = raw.direction ?? "other";
    return [{ name, listen, direction, grants: may, ...about, ...defined({ target, ...carried }) }];
  });
}

/** A name that a selector can reach. */
export function flowName(reading: Reading, name: string, path: Path): boolean {
  if (id(reading, { text: name, path }) === undefined) return false;
  if (!readsAsPlace(name)) return true;
  const message = `${quote(name)} would be read as a depot, a terminal or a kind of flow`;
  reading.complain({ code: "reserved-name", path, message, hint: "choose another name", which: "key" });
  return false;
}
