/** Drifts of programs beside the gateway's own: the list is in `drifts-list.ts`. */
import { suite } from "node:test";
import { skip } from "./drift-hosts.ts";
import { tryDriftsTogetherOn } from "./drifts.ts";

suite("hosts that drifted: programs", { skip, timeout: 280_000 }, () => {
  tryDriftsTogetherOn("a gateway that serves");
});
