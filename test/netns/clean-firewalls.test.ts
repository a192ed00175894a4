/** No false alarm: of the hosts of `clean-list.ts`, those that differ by their firewall, each read as it is. */
import { suite } from "node:test";
import { FIREWALLS, saysNothingOf } from "./clean-list.ts";

suite("hosts that are right, behind their firewalls", { timeout: 280_000 }, () => saysNothingOf(FIREWALLS));
