/** Drifts of rules without UFW, and of back-end machines: the list is in `drifts-list.ts`. */
import { suite } from "node:test";
import { skip } from "./drift-hosts.ts";
import { tryDriftsOn } from "./drifts.ts";

suite("hosts that drifted: other rules", { skip, timeout: 280_000 }, () => {
  tryDriftsOn("a gateway behind an nft ring");
  tryDriftsOn("a gateway behind rules of iptables-legacy");
  tryDriftsOn("a back-end machine behind UFW");
  tryDriftsOn("a back-end machine behind a deny of its own");
});
