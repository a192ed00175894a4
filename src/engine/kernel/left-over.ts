/**
 * The kernel engine's table where the relay serves: left by a process that was killed or was to keep its rules, or kept by
 * another gateway of this host. It stands before the relay's doors, and judges newcomers by what it says.
 *
 * Two witnesses: nftables itself, where this process may read it; else the mark that this gateway's kernel engine leaves in
 * the state directory. The table is never taken away here: somebody's payments may be going through it.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { EcluseError } from "../../errors.ts";
import { hasNetAdmin } from "../../netfilter/net-admin.ts";
import { Nft, type NftObject } from "../../netfilter/nft.ts";
import type { Endpoint } from "../../inventory/model.ts";
import { escapeControls } from "../../inventory/quote.ts";
import type { Door, Policy } from "../../policy/policy.ts";
import type { Clock } from "../engine.ts";
import { BEHIND_TABLE, type BlockedDoor } from "../records.ts";
import { TABLE, written } from "./table/table.ts";
import type { TableMark } from "./table/table-mark.ts";

/** Longest wait for nft, in milliseconds: nobody enters while a start waits for it. */
const PATIENCE = 10_000;

export interface LeftOverOptions {
  readonly clock: Clock;
  readonly mark: TableMark;
  /** Default: this host's, where this process has the right. */
  readonly nft?: Pick<Nft, "list">;
}

export class LeftOver {
  readonly #clock: Clock;
  readonly #mark: TableMark;
  readonly #nft: Pick<Nft, "list"> | undefined;

  constructor({ clock, mark, nft = hasNetAdmin() ? new Nft() : undefined }: LeftOverOptions) {
    this.#clock = clock;
    this.#mark = mark;
    this.#nft = nft;
  }

  /**
   * Before the relay opens its first door. Throws `table-left-over` where a table stands before one of them, or this
   * gateway's own table was left, whatever it says: it opens doors that nobody governs. Where nobody can tell, it may serve.
   */
  async judge(policy: Policy): Promise<void> {
    const leading = await this.#leading();
    if (leading === "unread") {
      if (this.#mark.isThere()) throw mayStand(this.#mark.file);
    } else if (leading === "absent") {
      this.#mark.remove();
    } else if (leading === "unclear" || this.#mark.isThere() || doorsIn(leading, policy).length > 0) {
      throw stands(this.#mark);
    }
  }

  /** The relay's doors that a table stands before now; absent: that could not be read. */
  async doorsBehind(policy: Policy): Promise<readonly BlockedDoor[] | undefined> {
    // To start a program takes milliseconds of this process, and whoever waits for a change is answered in this turn.
    await nextTurn();
    const leading = await this.#leading();
    if (leading === "unread" || leading === "unclear") return undefined;
    return doorsIn(leading === "absent" ? NOWHERE : leading, policy).map(({ flow, endpoint }) => ({
      ...{ flow: flow.id, endpoint, cause: BEHIND_TABLE },
    }));
  }

  /** The public endpoints that the table leads somewhere, or refuses. `unclear`: one stands, and does not say so as ours do. */
  async #leading(): Promise<ReadonlySet<string> | "absent" | "unclear" | "unread"> {
    const nft = this.#nft;
    if (nft === undefined) return "unread";
    return this.#inTime(
      (async () => {
        const tables = await nft.list("tables");
        if (!tables.some(isOurs)) return "absent";
        const listed = nft.list("map", ...TABLE.split(" "), "targets");
        return listed.then(endpointsIn).catch(() => "unclear" as const);
      })(),
    );
  }

  async #inTime<Read>(reading: Promise<Read>): Promise<Read | "unread"> {
    const late = Promise.withResolvers<"unread">();
    const stop = this.#clock.every(PATIENCE, () => late.resolve("unread"));
    try {
      return await Promise.race([reading.catch(() => "unread" as const), late.promise]);
    } finally {
      stop();
    }
  }
}

const NOWHERE: ReadonlySet<string> = new Set();

function isOurs({ table }: NftObject): boolean {
  const { family, name } = (table ?? {}) as { readonly family?: unknown; readonly name?: unknown };
  return `${String(family)} ${String(name)}` === TABLE;
}

/** The keys of a map's elements, as `written` writes them: `[{"concat": ["198.51.100.10", 10101]}, ...]`. */
function endpointsIn(objects: readonly NftObject[]): ReadonlySet<string> {
  const elements = objects.flatMap(
    ({ map }) => (map as { readonly elem?: readonly Element[] } | undefined)?.elem ?? [],
  );
  return new Set(elements.map(([{ concat }]) => concat.join(" . ")));
}

type Element = readonly [{ readonly concat: readonly (string | number)[] }, unknown];

function doorsIn(leading: ReadonlySet<string>, { doors }: Policy): readonly Door[] {
  const ports = new Set([...leading].map((endpoint) => endpoint.slice(endpoint.lastIndexOf(" ") + 1)));
  return [...doors.values()].filter(({ endpoint }) =>
    isEverywhere(endpoint) ? ports.has(String(endpoint.port)) : leading.has(written(endpoint)),
  );
}

/** A door on 0.0.0.0 is one on every address. */
function isEverywhere({ address }: Endpoint): boolean {
  return Number(address) === 0;
}

const REMOVING = `sudo nft delete table ${TABLE}`;
/** As well where somebody has done so already: that is no failure. */
const REMOVING_IF_THERE = `sudo nft 'add table ${TABLE}; delete table ${TABLE}'`;
/** With the last table that translates, the kernel ceases to; so nobody new is let in first. */
const EMPTYING =
  `its sessions end with it: first sudo nft flush map ${TABLE} doors, until sudo conntrack -L --dst-nat lists none ` +
  "of them; then";

function stands(mark: TableMark): EcluseError {
  const whose = mark.isThere() ? "" : "unless another gateway serves with it; ";
  return new EcluseError(
    "table-left-over",
    `Cannot serve with the relay: the kernel engine's table ${TABLE} stands before its doors, and goes on letting in whom it let in`,
    { hint: `${whose}${EMPTYING}: ${REMOVING}` },
  );
}

function mayStand(mark: string): EcluseError {
  const file = escapeControls(mark);
  return new EcluseError(
    "table-left-over",
    `Cannot serve with the relay: the kernel engine has left its table ${TABLE} before its doors, as ${file} says, and without CAP_NET_ADMIN nobody sees whether it stands`,
    { hint: `${EMPTYING}: ${REMOVING_IF_THERE} && sudo rm ${file}` },
  );
}
