/** Drifts of UFW, and around it: the list is in `drifts-list.ts`. */
import { suite } from "node:test";
import { skip } from "./drift-hosts.ts";
import { tryDriftsOn } from "./drifts.ts";

suite("hosts that drifted: UFW", { skip, timeout: 280_000 }, () => {
  tryDriftsOn("a gateway behind UFW");
});
