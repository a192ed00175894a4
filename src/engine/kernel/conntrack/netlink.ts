/**
 * What the kernel says by netlink, and what it is asked: messages as bytes, both ways (https://docs.kernel.org/userspace-api/netlink/intro.html).
 *
 * Node has no such sockets, so a small program holds two of them and passes everything on: one that hears what happens to
 * connections, one that asks. It waits a little while much happens, and passes it on together: to be woken for each event
 * costs more, on both sides, than to carry a session. It ends when its input does, and so with this process, however that
 * ends. In Perl, for that is on every Debian and Ubuntu: docs/decisions/kernel-engine.md.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { PLAIN } from "../../../netfilter/run-program.ts";
import { Messages, NOTHING, type TakeMessage, typeOf } from "./netlink-message.ts";

/** How long what happened may wait there at most, in milliseconds. */
export const REST = 10;

/**
 * `16, 3, 12`: AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER. `7`: new, changed and destroyed connections. `33` and `8`: SO_RCVBUFFORCE
 * and SO_RCVBUF, in bytes. What the kernel could not say for want of room (ENOBUFS, 105) is passed on as NLMSG_OVERRUN,
 * that it listens as NLMSG_NOOP. It rests a millisecond for each message but the first that it found.
 */
const PROGRAM = `
use strict;
$0 = "ecluse-netlink";
sub netlink {
  my $socket;
  socket($socket, 16, 3, 12) && bind($socket, pack("SSLL", 16, 0, 0, shift)) or die "netlink: $!\\n";
  return $socket;
}
my ($events, $answers, $asked) = (netlink(7), netlink(0), "");
setsockopt($events, 1, 33, 16777216) or setsockopt($events, 1, 8, 16777216);
$| = 1;
print pack("LSSLL", 16, 1, 0, 0, 0);
while (1) {
  my $ready = "";
  vec($ready, fileno($_), 1) = 1 for \\*STDIN, $events, $answers;
  next if select($ready, undef, undef, undef) < 0;
  if (vec($ready, fileno(STDIN), 1)) {
    sysread(STDIN, $asked, 65536, length $asked) or exit;
    while (length($asked) >= 4 and length($asked) >= (my $size = unpack("L", $asked))) {
      defined send($answers, substr($asked, 0, $size, ""), 0) or die "netlink: $!\\n";
    }
  }
  pass($answers);
  my $rest = pass($events) - 1;
  select(undef, undef, undef, ($rest < ${REST} ? $rest : ${REST}) / 1000) if $rest > 0;
}
sub pass {
  my ($from, $count, $passed) = (@_, 0, "");
  while ($count < 256) {
    if (defined recv($from, my $message, 65536, 64)) { $passed .= $message }
    elsif ($! == 105) { $passed .= pack("LSSLL", 16, 4, 0, 0, 0) }
    else { last }
    $count += 1;
  }
  print $passed;
  return $count;
}
`;

export interface NetlinkOptions {
  /** Each message, in their order. */
  readonly heard: TakeMessage;
  /** It can be asked, and what happens from now on is heard. */
  readonly opened: () => void;
  /** It has ended, and why. */
  readonly ended: (lastWords: string) => void;
}

export class Netlink {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;

  constructor({ heard, opened, ended }: NetlinkOptions) {
    this.#child = spawn("perl", ["-e", PROGRAM], { env: PLAIN, stdio: ["pipe", "pipe", "pipe"] });
    const { stdin, stdout, stderr } = this.#child;
    const messages = new Messages((bytes, at) => {
      if (typeOf(bytes, at) === NOTHING) opened();
      else heard(bytes, at);
    });
    stdout.on("data", (chunk: Buffer) => {
      messages.push(chunk);
    });
    // It may have ended; that is told below.
    stdin.on("error", () => undefined);
    const started = new Promise<string | undefined>((resolve) => {
      this.#child.once("error", ({ message }) => resolve(message)).once("spawn", () => resolve(undefined));
    });
    void Promise.all([started, text(stderr)]).then(([failure, words]) =>
      ended(failure ?? (words.trim() || "it ended")),
    );
  }

  send(message: Uint8Array): void {
    this.#child.stdin.write(message);
  }

  close(): void {
    this.#child.stdin.end();
    this.#child.kill();
  }
}
