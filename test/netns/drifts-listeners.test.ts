/** Drifts of who listens: programs, containers, units. The list is in `drifts-list.ts`. */
import { suite } from "node:test";
import { dockerSkip } from "./docker-host.ts";
import { skip } from "./drift-hosts.ts";
import { tryDriftsTogetherOn } from "./drifts.ts";
import { systemdSkip } from "./systemd-host.ts";

suite("hosts that drifted: programs", { skip, timeout: 280_000 }, () => {
  tryDriftsTogetherOn("a gateway that serves");
});

suite("hosts that drifted: containers", { skip: dockerSkip, timeout: 280_000 }, () => {
  tryDriftsTogetherOn("a gateway beside Docker");
});

suite("hosts that drifted: units", { skip: systemdSkip, timeout: 280_000 }, () => {
  tryDriftsTogetherOn("a back-end machine under systemd");
});
