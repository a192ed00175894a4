/**
 * The kernel's packet filter, through the program `nft`: scripts in, listings out.
 *
 * Promises that a script takes effect whole or not at all (`nft -f` makes one transaction of it), that scripts take effect
 * in the order they were given, and that a listing shows every script given before it and none given after it, unless it
 * says otherwise. What waits while the program runs goes in one run together; where that fails, each of them is tried by
 * itself, so that nobody bears another's fault.
 * Knows nothing of doors or policies: https://www.netfilter.org/projects/nftables/manpage.html
 */
import { EcluseError } from "../errors.ts";
import { type RunOptions, type RunProgram, runProgram } from "./run-program.ts";

/** An object of a listing: `{ table: {...} }`, `{ set: {...} }`, as libnftables-json(5) has them. */
export type NftObject = Readonly<Record<string, unknown>>;

interface Waiting {
  readonly script: string;
  /** Told why it did not take effect, or nothing. */
  readonly done: (failure: Error | undefined) => void;
}

export class Nft {
  readonly #run: RunProgram;
  #waiting: Waiting[] = [];
  #busy: Promise<void> = Promise.resolve();

  /** `run` starts the program; default: on this host. */
  constructor(run: RunProgram = runProgram()) {
    this.#run = run;
  }

  /** Has a script take effect. Rejects with `EcluseError`, in nft's own words, where nothing of it did. */
  apply(script: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (failure: Error | undefined): void => (failure === undefined ? resolve() : reject(failure));
      this.#waiting.push({ script, done });
      if (this.#waiting.length === 1) this.#busy = this.#busy.then(() => this.#applyWaiting());
    });
  }

  /** What `nft -j list WORDS` shows, without its preamble: `list("set", "ip", "ecluse", "allowed")`. */
  list(...words: readonly string[]): Promise<readonly NftObject[]> {
    return this.#listed(["-j", "list", ...words]);
  }

  /** The same without the elements of sets and maps. */
  outline(...words: readonly string[]): Promise<readonly NftObject[]> {
    return this.#listed(["-j", "-t", "list", ...words]);
  }

  /**
   * What `nft -n list WORDS` prints, a line at a time: for what is too long to be had at once. It takes a while, and scripts
   * given meanwhile do not wait for it: it shows them or not. nft begins anew with each change of anybody's that falls into
   * it, so that it may not end by itself: `signal` ends it.
   */
  async read(options: RunOptions, ...words: readonly string[]): Promise<void> {
    await this.#busy;
    await this.#nft(["-n", "list", ...words], "", options);
  }

  #listed(words: readonly string[]): Promise<readonly NftObject[]> {
    return this.#inTurn(() => this.#nft(words)).then(objectsOf);
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#busy.then(work);
    this.#busy = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  async #applyWaiting(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    const together = waiting.map(({ script }) => script).join("\n");
    const failure = await failureOf(this.#script(together));
    for (const { script, done } of waiting) {
      const isItsOwn = failure === undefined || waiting.length === 1;
      done(isItsOwn ? failure : await failureOf(this.#script(script)));
    }
  }

  async #script(script: string): Promise<void> {
    await this.#nft(["-f", "-"], script);
  }

  async #nft(words: readonly string[], input = "", options: RunOptions = {}): Promise<string> {
    const { status, output, complaint } = await this.#run("nft", words, input, options);
    if (status !== 0) throw refused(words, complaint);
    return output;
  }
}

function failureOf(promise: Promise<unknown>): Promise<Error | undefined> {
  return promise.then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
  );
}

function objectsOf(text: string): readonly NftObject[] {
  const { nftables } = JSON.parse(text) as { readonly nftables: readonly NftObject[] };
  return nftables.filter((object) => !("metainfo" in object));
}

function refused(words: readonly string[], complaint: string): EcluseError {
  const attempted = words.includes("list")
    ? words.slice(words.indexOf("list")).join(" ")
    : "change the rules of the kernel";
  const said = complaint.trim() === "" ? "nft said nothing" : saidBy(complaint);
  return new EcluseError("packet-filter", `Cannot ${attempted}: ${said}`, {
    hint: hintFor(complaint),
    cause: complaint,
  });
}

/** The first complaint without its place in the script: `Error: No such file or directory`, and the words it is about. */
function saidBy(complaint: string): string {
  const lines = complaint.trim().split("\n");
  const first = lines.findIndex((line) => line.includes("Error: "));
  const said = (lines[first] ?? lines[0] ?? "").replace(/^.*?Error: /, "").trim();
  const about = first < 0 ? undefined : lines[first + 1]?.trim();
  return about === undefined || about === "" ? said : `${said} (${shortened(about)})`;
}

/** A script's line may hold thousands of elements. */
function shortened(text: string): string {
  return text.length <= 120 ? text : `${text.slice(0, 117)}...`;
}

function hintFor(complaint: string): string {
  if (/not permitted/i.test(complaint)) return "run as root, or give the process CAP_NET_ADMIN";
  if (/ENOENT/.test(complaint)) return "install the program nft: sudo apt-get install nftables";
  return "see what stands there: sudo nft list ruleset";
}
