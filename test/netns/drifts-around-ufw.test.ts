/** Drifts that go around UFW, or stand beside it: the list is in `drifts-list.ts`. */
import { suite } from "node:test";
import { skip } from "./drift-hosts.ts";
import { tryDriftsOn } from "./drifts.ts";

suite("hosts that drifted: around UFW", { skip, timeout: 280_000 }, () => {
  tryDriftsOn("a gateway whose UFW is gone around");
});
