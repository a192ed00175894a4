/** Drifts of a gateway whose doors the kernel carries: the list is in `drifts-list.ts`. */
import { suite } from "node:test";
import { kernelSkip } from "./drift-hosts.ts";
import { tryDriftsOn } from "./drifts.ts";

suite("hosts that drifted: the kernel engine", { skip: kernelSkip, timeout: 280_000 }, () => {
  tryDriftsOn("a gateway that the kernel carries");
});
