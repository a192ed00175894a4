/** Changes the elements of the kernel engine's table by netlink: reads them, as JSON, and prints why they were not taken, if they were not. */
import { json } from "node:stream/consumers";
import type { SetChange } from "../../../src/netfilter/netlink/set-change-message.ts";
import { Sets } from "../../../src/netfilter/netlink/sets.ts";

const sets = new Sets();
console.log((await sets.change("ecluse", (await json(process.stdin)) as readonly SetChange[])) ?? "");
sets.close();
