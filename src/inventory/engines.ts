/**
 * What each engine can do: one row for each thing that a policy or an operator asks of whoever carries the bytes.
 *
 * `docs/engines.md` is this table in words, and a test compares both ways; the suite of `test/netns/engines` tries each row
 * in both engines; an inventory that needs what its engine cannot do is the finding `engine-cannot`.
 */

/** What the relay does, and how the kernel engine does it. */
export interface Capability {
  readonly what: string;
  readonly kernel: Same | Different | Unsupported;
}

interface Same {
  readonly is: "same";
}

interface Different {
  readonly is: "different";
  readonly how: string;
}

interface Unsupported {
  readonly is: "unsupported";
  readonly instead: string;
}

const same: Same = { is: "same" };
const different = (how: string): Different => ({ is: "different", how });
const unsupported = (instead: string): Unsupported => ({ is: "unsupported", instead });

export const CAPABILITIES = {
  permit: { what: "Who is listed reaches the terminal, and the session is told of, with its rule", kernel: same },
  refuse: { what: "Everybody else is answered RST, is counted, and no terminal hears of it", kernel: same },
  transparent: { what: "Bytes arrive as they were sent, in both directions", kernel: same },
  "half-close": { what: "The end of one direction ends only that direction", kernel: same },
  reset: { what: "RST arrives as RST, and the journal says who sent it", kernel: same },
  bytes: {
    what: "The bytes of each session are counted",
    kernel: different(
      "with their packets' headers, and only where the host counts (net.netfilter.nf_conntrack_acct=1, which is never switched on for you), and then a session's end is told about a second late; else they are 0 and the cause is `bytes-not-counted`",
    ),
  },
  aliases: { what: "Places belong to the terminal, whatever alias leads to it", kernel: same },
  places: {
    what: "A terminal takes so many sessions at once; one too many is refused by RST",
    kernel: different(
      "it is refused after one second, at its system's second attempt: a session that is closing has that long to leave its place",
    ),
  },
  "per-source": {
    what: "One source has at most `perSource` sessions at once, the gateway `sessions`",
    kernel: different("after a change of these limits, only those who enter since are counted"),
  },
  grants: { what: "A right with an end opens, and closes at its instant", kernel: same },
  "revoke-cut": {
    what: "Under `onRevoke: cut`, whose right has gone is cut at once",
    kernel: different("the kernel forgets the connection; each side learns of it, by RST, when it next says something"),
  },
  "revoke-drain": { what: "Under `onRevoke: drain`, they may finish within the drain time", kernel: same },
  "revoke-keep": { what: "Under `onRevoke: keep`, they stay", kernel: same },
  neighbours: { what: "A change touches nobody whom it does not concern", kernel: same },
  close: { what: "`close` and `drain` let nobody new in, and `open` does again", kernel: same },
  stop: { what: "A stop lets nobody new in, waits for sessions, and leaves nothing behind", kernel: same },
  restart: {
    what: "Doors stay open while the program is replaced",
    kernel: different(
      "not by `take-over`: with `serve --keep-rules` the rules and the sessions outlive the process, however it ends",
    ),
  },
  "dial-failed": {
    what: "A terminal that cannot be reached: RST to the client",
    kernel: different(
      "a refusal arrives as RST; where nobody answers, the client's own system gives up in its own time",
    ),
  },
  idle: {
    what: "A silent session ends after `limits.idle`",
    kernel: different("the kernel forgets it; each side learns of it, by RST, when it next says something"),
  },
  probe: {
    what: "A terminal can be looked at, never beside a session",
    kernel: different("a till that comes meanwhile to a terminal with a limit enters a second later"),
  },
  "half-closed-limit": { what: "`limits.halfClosed`", kernel: unsupported("a half-closed session has the idle time") },
  "stalled-limit": { what: "`limits.stalled`", kernel: unsupported("the two ends keep each other's pace themselves") },
  keepalive: { what: "`limits.keepalive`", kernel: unsupported("the two ends' own probes reach each other") },
  queue: {
    what: "`busy: queue`: who finds no place waits in line",
    kernel: unsupported("remove it, or use the relay"),
  },
  "accept-proxy": { what: "`acceptProxy`: a balancer says who comes", kernel: unsupported("use the relay") },
  "send-proxy": {
    what: "`sendProxy`: the target is told who comes",
    kernel: unsupported("use the relay, or `gateway.kernel.source: preserved`"),
  },
  everywhere: {
    what: "A door on every address of the host (0.0.0.0)",
    kernel: unsupported("name the address, or use the relay"),
  },
  loopback: { what: "A target on this host's own loopback", kernel: unsupported("use the relay") },
  "from-itself": {
    what: "The gateway's own programs may use its doors, if they are listed",
    kernel: unsupported("the kernel engine's doors are for those who come from outside"),
  },
} as const satisfies Record<string, Capability>;

export type CapabilityName = keyof typeof CAPABILITIES;
