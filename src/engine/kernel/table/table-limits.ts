/** What a limit of the gateway is in the kernel: counts that a newcomer must pass, and conntrack's own patience. */
import type { Limits } from "../../../inventory/model.ts";
import { TABLE } from "./table.ts";

/**
 * Counted once judged: who may not enter takes nobody's place. Of who enters, the kernel tells three things: that it came,
 * that the terminal answered, and its end (the rules where it parts say which). To tell of every packet that begins or ends
 * something would be seven, and cost more than to carry the session.
 */
export function enteredRules(limits: Limits): string {
  return [
    `add @per_source { ip saddr ct count over ${limits.perSource} } goto refuse_over_source`,
    `ct count over ${limits.sessions} goto refuse_over_sessions`,
    `ct timeout set "${patienceName(limits)}"`,
    "ct event set new,reply,destroy",
    "accept",
  ]
    .map((rule) => `\t\t${rule}\n`)
    .join("");
}

/**
 * How long conntrack keeps a session of which it sees nothing. A till that has ended its direction may be waiting for a
 * customer who types the PIN: that is idle, too, where the system's own default of one minute would lose the answer.
 * Never changed once made: sessions hold on to the one they entered with, for to remove it is to give them the system's.
 */
export function patience(limits: Limits): string {
  const { connect, idle } = secondsOf(limits);
  const policy = `established : ${idle}, fin_wait : ${idle}, close_wait : ${idle}, syn_sent : ${connect}`;
  return `table ${TABLE} {
	ct timeout ${patienceName(limits)} {
		protocol tcp
		l3proto ip
		policy = { ${policy} }
	}
}`;
}

export function patienceName(limits: Limits): string {
  const { connect, idle } = secondsOf(limits);
  return `patience_${connect}_${idle}`;
}

function secondsOf({ connect, idle }: Limits): { readonly connect: number; readonly idle: number } {
  return { connect: Math.ceil(connect / 1_000), idle: Math.ceil(idle / 1_000) };
}
