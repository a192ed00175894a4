/** Running containers, as `docker inspect` prints one JSON object a line. */
import { type HostFacts, textOf } from "../facts.ts";
import { isObject, objectsIn, parseJson, textIn } from "./json.ts";

/** The name of the container that publishes a TCP port of the host. */
export function containerOf(facts: HostFacts, port: number): string | undefined {
  for (const line of textOf(facts, "docker").split("\n")) {
    const container = parseJson(line);
    if (!isObject(container) || !isObject(container["ports"])) continue;
    const published = Object.entries(container["ports"]).some(
      ([inside, hosts]) =>
        inside.endsWith("/tcp") && objectsIn(hosts).some((host) => host["HostPort"] === String(port)),
    );
    if (published) return textIn(container, "name")?.replace(/^\//, "");
  }
  return undefined;
}
