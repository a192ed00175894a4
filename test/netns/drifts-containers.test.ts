/** Drifts of real containers of a real dockerd: the list is in `drifts-list.ts`. */
import { suite } from "node:test";
import { dockerSkip } from "./docker-host.ts";
import { tryDriftsTogetherOn } from "./drifts.ts";

suite("hosts that drifted: containers", { skip: dockerSkip, timeout: 280_000 }, () => {
  tryDriftsTogetherOn("a gateway beside Docker");
});
