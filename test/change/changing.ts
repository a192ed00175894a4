/** A real `ecluse serve` whose inventory the test writes anew, asked and changed through its control socket. */
import { writeFileSync } from "node:fs";
import { call } from "../../src/control/client.ts";
import { type Parameters, ROUTES, type RouteName } from "../../src/control/routes.ts";
import {
  type InventoryFile,
  type ServeOptions,
  type Serving,
  inventoryFile,
  place,
  serveFile,
} from "../serve/serving.ts";
import { type Place, until } from "../support/loopback.ts";

/** As much of an inventory as these tests change. */
export interface Site {
  /** The gateway's address. */
  readonly host: string;
  /** Written behind `limits:`, in braces. */
  readonly limits?: string;
  readonly onRevoke?: "drain" | "cut" | "keep";
  readonly sources: Readonly<Record<string, readonly string[]>>;
  readonly flows: readonly SiteFlow[];
}

export interface SiteFlow {
  readonly name: string;
  readonly listen: Place;
  readonly target: Place;
  readonly allow: readonly string[];
  readonly onRevoke?: "drain" | "cut" | "keep";
  readonly sessions?: number;
}

/** The site as a file says it. */
export function inventoryOf({ host, limits = "", onRevoke = "drain", sources, flows }: Site): string {
  return [
    `gateway: { address: ${host}, onRevoke: ${onRevoke}, limits: { ${limits} } }`,
    "sources:",
    ...Object.entries(sources).map(([name, addresses]) => `  ${name}: { addresses: [${addresses.join(", ")}] }`),
    "flows:",
    ...flows.map(flowLine),
    "",
  ].join("\n");
}

function flowLine({ name, listen, target, allow, onRevoke, sessions }: SiteFlow): string {
  const more = [
    ...(onRevoke === undefined ? [] : [`onRevoke: ${onRevoke}`]),
    ...(sessions === undefined ? [] : [`sessions: ${sessions}`]),
  ];
  const words = [`listen: "${place(listen)}"`, `target: "${place(target)}"`, `allow: [${allow.join(", ")}]`, ...more];
  return `  ${name}: { ${words.join(", ")} }`;
}

/** A file, its state and its control socket; the processes that serve it come and go. */
export interface Changing extends AsyncDisposable {
  readonly file: InventoryFile;
  /** The one that was started last. */
  readonly serving: Serving;
  /** Starts it again with the same state; the one before must have ended. Resolves once its doors are open. */
  readonly start: (options?: ServeOptions) => Promise<Serving>;
  /** Writes the file; applies nothing. */
  readonly write: (site: Site) => void;
  readonly ask: <Name extends RouteName>(name: Name, given?: Partial<Parameters<Name>>) => Promise<unknown>;
  /** Writes the file and applies it. */
  readonly apply: (site: Site) => Promise<unknown>;
}

function hasEnded({ child }: Serving): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

export async function changing(site: Site, options: ServeOptions = {}): Promise<Changing> {
  const file = inventoryFile(inventoryOf(site));
  const write = (after: Site): void => writeFileSync(file.path, inventoryOf(after));
  const ask: Changing["ask"] = (name, given = {}) =>
    call(file.control, name, ROUTES[name].method === "GET" ? given : { author: "test", ...given });
  const start = async (more: ServeOptions = {}): Promise<Serving> => {
    const serving = serveFile(file, { ...options, ...more });
    await serving.awaitEvent("ready");
    // The doors are open a moment before the socket is. A killed process leaves one that nobody answers.
    let answered = false;
    const knock = (): void => {
      const again = (): void => {
        if (!hasEnded(serving)) setTimeout(knock, 10);
      };
      void ask("status").then(() => (answered = true), again);
    };
    knock();
    await until(() => answered || hasEnded(serving), "the control socket");
    return serving;
  };
  let serving = await start();
  return {
    file,
    write,
    ask,
    get serving() {
      return serving;
    },
    start: async (more) => (serving = await start(more)),
    apply: (after) => {
      write(after);
      return ask("apply");
    },
    [Symbol.asyncDispose]: async () => {
      await serving[Symbol.asyncDispose]();
      file.remove();
    },
  };
}
