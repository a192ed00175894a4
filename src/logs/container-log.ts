/** `docker logs --timestamps` of a container: an instant in RFC 3339, a space, what it printed. */
import type { LogLine } from "./log-line.ts";

/** Every line, as it stood, for a container that carries one terminal. `name`: the container's. */
export function containerLines(text: string, name: string): readonly LogLine[] {
  return text.split("\n").flatMap((line) => {
    const space = line.indexOf(" ");
    const at = Date.parse(line.slice(0, space));
    return Number.isNaN(at) ? [] : [{ at, from: `docker ${name}`, text: line.slice(space + 1) }];
  });
}
