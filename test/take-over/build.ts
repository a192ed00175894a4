/**
 * The program, as it may be found on the disk when a new process of it is started: sound, or broken in one of several
 * ways. The way is read from a file at each start, as a new version would be.
 */
import { readFileSync } from "node:fs";

/** How a build is broken; `sound`: not at all. */
export type Build =
  | "sound"
  | "exits"
  | "throws"
  | "hangs"
  | "speaks-otherwise"
  | "dies-when-given"
  | "hangs-when-given"
  | "talks-nonsense"
  | "hears-late";

const file = process.env["ECLUSE_TEST_BUILD"] ?? "";
const isSuccessor = process.env["ECLUSE_TAKE_OVER"] !== undefined;
const build = isSuccessor ? (readFileSync(file, "utf8") as Build) : "sound";

const BROKEN: Readonly<Record<Exclude<Build, "sound">, () => unknown>> = {
  exits: () => process.exit(3),
  throws: () => {
    throw new Error("a bug of a new version");
  },
  hangs: () => setInterval(() => undefined, 1_000),
  "speaks-otherwise": () => {
    process.send?.({ what: "hello", protocol: 999, version: "99" });
    setInterval(() => undefined, 1_000);
  },
  "talks-nonsense": () => {
    process.send?.({ what: "hello", protocol: 1, version: "99" });
    process.send?.("nonsense");
    process.send?.(null);
    process.send?.({ what: "serving" });
    process.exit(0);
  },
  "hears-late": () => {
    let busy = 1_500;
    process.on("message", (message) => {
      if ((message as { what?: string }).what !== "report") return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, busy);
      busy = 0;
    });
    return import("../../src/cli/main.ts");
  },
  "dies-when-given": () => {
    process.on("message", (message) => (message as { what?: string }).what === "yours" && process.exit(4));
    return import("../../src/cli/main.ts");
  },
  "hangs-when-given": () => {
    process.on("message", (message) => {
      if ((message as { what?: string }).what === "yours") for (;;);
    });
    return import("../../src/cli/main.ts");
  },
};

await (build === "sound" ? import("../../src/cli/main.ts") : BROKEN[build]());
