/** Drifts of units, by a real systemd: the list is in `drifts-list.ts`. */
import { suite } from "node:test";
import { tryDriftsTogetherOn } from "./drifts.ts";
import { systemdSkip } from "./systemd-host.ts";

suite("hosts that drifted: units", { skip: systemdSkip, timeout: 280_000 }, () => {
  tryDriftsTogetherOn("a back-end machine under systemd");
});
