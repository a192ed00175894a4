/** No false alarm: of the hosts of `clean-list.ts`, those with other programs than a firewall, each read as it is. */
import { suite } from "node:test";
import { PROGRAMS, saysNothingOf } from "./clean-list.ts";

suite("hosts that are right, with their programs", { timeout: 280_000 }, () => saysNothingOf(PROGRAMS));
