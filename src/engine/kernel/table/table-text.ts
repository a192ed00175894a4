/**
 * A table as a script for `nft -f`: everything that stands there, in one transaction.
 *
 * The way of a new connection: `judge` meets it while it still bears its public endpoint, before any other program's DNAT.
 * Where that endpoint is ours (and this host's own address, so that nothing merely passing by is touched), its door leads
 * to a gate, and who is in none of the gate's sets is answered RST: the kernel keeps nothing of it, and no terminal hears
 * of it. `lead` gives it its target, `through` keeps the terminal's places, `leave` gives it the source that terminals know.
 *
 * What nft prints of it can be loaded again, for people save their rules so: `ct original` goes with `tcp dport != 0`, for
 * of `meta l4proto tcp` the listing says nothing.
 *
 * Closed unless opened: a gate that names nobody, a door without a gate, a chain that ends without a verdict all come out
 * at `refuse_denied`. Nobody reaches a terminal's port through this host but by a door, whatever routes lead there.
 */
import { formatAddress } from "@ecluse/guard/address";
import type { KernelSettings } from "../settings.ts";
import { MARKS } from "./marks.ts";
import { TABLE, type Table } from "./table.ts";
import {
  type TableElement,
  doorElement,
  elementText,
  fullElement,
  targetElement,
  terminalElement,
} from "./table-element.ts";
import { enteredRules, patience } from "./table-limits.ts";

/** Whom it refused, by what: each a set that is read now and then, and a chain that ends in it. */
export const REFUSALS = ["denied", "crowded", "over_source", "over_sessions"] as const;

/** Where newcomers are counted on their way to a terminal. */
export const PASSAGE = ["let_through", "left"] as const;

/** The last but seven of a connection's 128 labels. */
const LABEL = 120;

/** A set that is full takes no more, and what refuses stands in a rule of its own. */
const MOST = 16_384;

export function tableText(table: Table, { source }: KernelSettings): string {
  const { limits } = table;
  return `${patience(limits)}
table ${TABLE} {
${[...table.sources].map(([name, addresses]) => sourceSet(name, addresses)).join("")}
	# Who may enter, by public endpoint.
	map doors {
		type ipv4_addr . inet_service : verdict
	}

	# Where a public endpoint leads. What is listed here is ours to refuse.
	map targets {
		type ipv4_addr . inet_service : ipv4_addr . inet_service${elements(textsOf(table.doors.values(), targetElement))}
	}

	set terminals {
		type ipv4_addr . inet_service${elements(textsOf(table.terminals.keys(), (target) => terminalElement(table, target)))}
	}

	# Terminals that take so many sessions at once, each with its own count.
	set full {
		type ipv4_addr . inet_service
		ct count over 1${elements(textsOf(table.terminals.keys(), (target) => fullElement(table, target)))}
	}

	# Terminals whose places are taken by somebody the count has not seen: a probe, sessions from before.
	set taken {
		type ipv4_addr . inet_service
		flags timeout
	}

	# Who found no place at the first attempt: the system's second one, a second later, is the last.
	set waited {
		type ipv4_addr . inet_service . ipv4_addr . inet_service
		size ${MOST}
		flags dynamic, timeout
		timeout 5s
	}

	set per_source {
		type ipv4_addr
		size ${MOST}
		flags dynamic
	}

${REFUSALS.map(refusalSet).join("\n")}
	# Newcomers by terminal, before and after the host's other rules: where they differ, another table drops them.
${PASSAGE.map(tally).join("\n")}
${REFUSALS.map(refusalChain).join("\n")}
	chain entered {
${enteredRules(limits)}	}

${[...table.gates].map(([name, rules]) => gateChain(name, rules)).join("")}
	chain judge {
		type filter hook prerouting priority mangle; policy accept;
		ct state established,related accept
		fib daddr type local ip daddr . tcp dport @targets goto knock
		# Late packets of a session that was cut: a terminal learns at its next one.
		ip saddr . tcp sport @terminals ct direction original reject with tcp reset
	}

	# Whoever goes on after its gate was in none of its sets.
	chain knock {
		tcp flags & (fin | syn | rst | ack) != syn reject with tcp reset
		ip daddr . tcp dport vmap @doors
		goto refuse_denied
	}

	chain lead {
		type nat hook prerouting priority dstnat - 5; policy accept;
		fib daddr type local dnat ip to ip daddr . tcp dport map @targets
	}

	chain through {
		type filter hook forward priority filter - 5; policy accept;
		tcp flags & (fin | rst) != 0 ct status dnat jump parting
		ct state established,related accept
		ip daddr . tcp dport @terminals jump arriving
	}

	chain arriving {
		tcp dport != 0 ct original ip daddr . ct original proto-dst != @targets reject with tcp reset
		ip daddr . tcp dport @taken goto busy
		ip daddr . tcp dport @full goto busy
		update @let_through { ip daddr . tcp dport counter }
	}

	chain busy {
		ip saddr . tcp sport . ip daddr . tcp dport @waited goto refuse_crowded
		add @waited { ip saddr . tcp sport . ip daddr . tcp dport }
		drop
	}

	# Conntrack does not say who ended a session: it is noted in the mark. Of that nobody hears before the session is over,
	# and of that alone, or of what its time out says.
	chain parting {
		ct mark & ${MARKS.over} != 0 return
		ip saddr . tcp sport @terminals goto target_parts
		ip daddr . tcp dport @terminals goto client_parts
	}

${partingChain("client", MARKS.clientReset, MARKS.clientEnded, MARKS.targetEnded)}
${partingChain("target", MARKS.targetReset, MARKS.targetEnded, MARKS.clientEnded)}
	chain gone {
		type filter hook postrouting priority srcnat - 6; policy accept;
		ct state new ct status dnat ip daddr . tcp dport @terminals update @left { ip daddr . tcp dport counter }
	}

	chain leave {
		type nat hook postrouting priority srcnat - 5; policy accept;
		${source === "preserved" ? "" : `ct status dnat ip daddr . tcp dport @terminals snat ip to ${formatAddress(source)}`}
	}
}
${doorsText(table)}`;
}

export function sourceSet(name: string, addresses: readonly string[]): string {
  return `\tset ${name} {\n\t\ttype ipv4_addr${elements(addresses)}\n\t}\n\n`;
}

export function gateChain(name: string, rules: readonly string[]): string {
  return `\tchain ${name} {\n${rules.map((rule) => `\t\t${rule}\n`).join("")}\t}\n\n`;
}

/** A map of verdicts can name a chain only once that stands. */
function doorsText(table: Table): string {
  const doors = textsOf(table.doors.values(), (door) => doorElement(table, door));
  return doors.length === 0 ? "" : `add element ${TABLE} doors { ${doors.join(", ")} }\n`;
}

function textsOf<Of>(all: Iterable<Of>, elementOf: (one: Of) => TableElement | undefined): readonly string[] {
  const list: string[] = [];
  for (const one of all) {
    const element = elementOf(one);
    if (element !== undefined) list.push(elementText(element));
  }
  return list;
}

function refusalSet(name: string): string {
  return `	set ${name} {
		type ipv4_addr . ipv4_addr . inet_service
		size ${MOST}
		flags dynamic, timeout
		timeout 1m
	}
`;
}

function tally(name: string): string {
  return `	set ${name} {
		type ipv4_addr . inet_service
		size ${MOST}
		flags dynamic, timeout
		timeout 1m
	}
`;
}

/**
 * One side ends or resets its direction. After a reset that the other side ignores, the entry's own end is still told.
 * To set the label says nothing but that there is something to tell: nft 1.0.6 cannot load `ct event set mark`, not even
 * where it has printed it.
 */
function partingChain(side: string, reset: number, ended: number, otherEnded: number): string {
  const tell = `ct label set ${LABEL}`;
  return `	chain ${side}_parts {
		tcp flags & rst == rst ct event set destroy,label ${tell} ct mark set ct mark | ${reset} return
		ct mark & ${otherEnded} != 0 ct event set label ${tell} ct mark set ct mark | ${MARKS.bothEnded} return
		ct mark set ct mark | ${ended}
	}
`;
}

/** By the endpoint that was knocked at, wherever on its way it was turned back. */
function refusalChain(name: string): string {
  return `	chain refuse_${name} {
		tcp dport != 0 update @${name} { ip saddr . ct original ip daddr . ct original proto-dst counter }
		reject with tcp reset
	}
`;
}

function elements(list: readonly string[]): string {
  return list.length === 0 ? "" : `\n\t\telements = { ${list.join(",\n\t\t\t")} }`;
}
