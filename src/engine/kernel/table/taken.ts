/**
 * Terminals that let nobody new in, whatever the count of the rules says: the table's set `taken`.
 *
 * One after another, in the order asked for. And not while the table is listed: nft begins that anew with each change of
 * anybody's, and many a second would keep it from its end.
 */
import type { Endpoint } from "../../../inventory/model.ts";
import type { SetChange } from "../../../netfilter/netlink/set-change-message.ts";
import type { TableElement } from "./table-element.ts";
import { type ElementsChange, NO_CHANGE, type TableChange, setChange } from "./table-change.ts";

/** In seconds. */
const LONGEST_VISIT = 60;

export interface TakenOptions {
  /** Resolves once nothing is being listed. */
  readonly unlisted: () => Promise<unknown>;
  /** Tells the kernel itself; rejects where it cannot be told. */
  readonly tell: (changes: readonly SetChange[]) => Promise<unknown>;
  /** Has nft tell it; never rejects. */
  readonly script: (change: TableChange) => Promise<unknown>;
}

export class Taken {
  readonly #options: TakenOptions;
  #turn: Promise<void> = Promise.resolve();

  constructor(options: TakenOptions) {
    this.#options = options;
  }

  hold(terminal: Endpoint): Promise<void> {
    return this.#add({ at: terminal });
  }

  /** For a visit, which ends by itself should nobody come back to end it. */
  visit(terminal: Endpoint): Promise<void> {
    return this.#add({ at: terminal, timeout: LONGEST_VISIT });
  }

  release(terminal: Endpoint): Promise<void> {
    return this.#change({ set: "taken", gone: [terminal], added: [] });
  }

  #add(element: TableElement): Promise<void> {
    return this.#change({ set: "taken", gone: [], added: [element] });
  }

  #change(change: ElementsChange): Promise<void> {
    const done = this.#turn.then(async () => {
      const { unlisted, tell, script } = this.#options;
      await unlisted();
      // What the kernel refuses it would refuse nft, too: one to be released is gone already.
      await tell([setChange(change)]).catch(() => script({ ...NO_CHANGE, elements: [change] }));
    });
    this.#turn = done.catch(() => undefined);
    return done;
  }
}
