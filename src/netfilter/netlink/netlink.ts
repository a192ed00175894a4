/**
 * What the kernel says by netlink, and what it is asked: messages as bytes, both ways (https://docs.kernel.org/userspace-api/netlink/intro.html).
 *
 * Node has no such sockets, so a small program holds two of them and passes everything on: one that hears what happens,
 * one that asks. It waits a little while much happens, and passes it on together: to be woken for each event
 * costs more, on both sides, than to carry a session. It ends when its input does, and so with this process, however that
 * ends. In Perl, for that is on every Debian and Ubuntu: docs/decisions/kernel-engine.md.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { PLAIN } from "../run-program.ts";
import { Messages, NOTHING, type TakeMessage, typeOf } from "./netlink-message.ts";

/** How long what happened may wait there at most, in milliseconds. */
export const REST = 10;

/** What can be sent at once, in bytes: a socket has room for 212,992 (net.core.wmem_default), of which the system uses some. */
export const LARGEST = 131_072;

/** What may be heard: new, changed and destroyed connections (NF_NETLINK_CONNTRACK_NEW and the two after it). */
export const CONNECTIONS = 7;

/**
 * `16, 3, 12`: AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER. `33` and `8`: SO_RCVBUFFORCE and SO_RCVBUF, in bytes. What the kernel could not say for want of room (ENOBUFS, 105) is passed on as NLMSG_OVERRUN,
 * at once, and once more when all that had still been kept is read, for until then more was lost; that it listens, as NLMSG_NOOP. What
 * it is to send comes with its size before it, for a batch must be sent at once; after each, what was answered is passed on, for
 * the kernel throws away answers that nobody takes. It
 * rests a millisecond for each message but the first that it found, and not at all where it did not come to the end of them.
 *
 * Whoever stops this process with a signal means to have those inside seen out: so it hears none itself.
 */
const PROGRAM = `
use strict;
$0 = "ecluse-netlink";
$SIG{$_} = "IGNORE" for qw(INT TERM HUP QUIT);
my ($lost, $overrun) = (0, pack("LSSLL", 16, 4, 0, 0, 0));
sub netlink {
  my $socket;
  socket($socket, 16, 3, 12) && bind($socket, pack("SSLL", 16, 0, 0, shift)) or die "netlink: $!\\n";
  return $socket;
}
my ($events, $answers, $asked) = (netlink(shift), netlink(0), "");
setsockopt($events, 1, 33, 16777216) or setsockopt($events, 1, 8, 16777216);
$| = 1;
print pack("LSSLL", 16, 1, 0, 0, 0);
while (1) {
  my $ready = "";
  vec($ready, fileno($_), 1) = 1 for \\*STDIN, $events, $answers;
  next if select($ready, undef, undef, undef) < 0;
  if (vec($ready, fileno(STDIN), 1)) {
    sysread(STDIN, $asked, 65536, length $asked) or exit;
    while (length($asked) >= 4 and length($asked) >= 4 + (my $size = unpack("L", $asked))) {
      substr($asked, 0, 4, "");
      defined send($answers, substr($asked, 0, $size, ""), 0) or die "netlink: $!\\n";
      pass($answers);
    }
  }
  pass($answers);
  my $rest = pass($events) - 1;
  select(undef, undef, undef, ($rest < ${REST} ? $rest : ${REST}) / 1000) if $rest > 0 and $rest < 1000;
}
sub pass {
  my ($from, $count, $passed) = (@_, 0, "");
  while (length($passed) < 262144) {
    if (defined recv($from, my $message, 65536, 64)) { $passed .= $message }
    elsif ($! == 105) { $lost = 1; $passed .= $overrun }
    else {
      $passed .= $overrun if $lost;
      $lost = 0;
      last;
    }
    $count += 1;
  }
  print $passed;
  return $count;
}
`;

export interface NetlinkOptions {
  /** What is to be heard of unasked; absent: nothing. */
  readonly groups?: number;
  /** Each message, in their order. */
  readonly heard: TakeMessage;
  /** It can be asked, and what happens from now on is heard. */
  readonly opened: () => void;
  /** It has ended, and why. */
  readonly ended: (lastWords: string) => void;
}

export class Netlink {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;

  constructor({ groups = 0, heard, opened, ended }: NetlinkOptions) {
    const child = spawn("perl", ["-e", PROGRAM, String(groups)], { env: PLAIN, stdio: ["pipe", "pipe", "pipe"] });
    this.#child = child;
    const started = new Promise<string | undefined>((resolve) => {
      child.once("error", ({ message }) => resolve(message)).once("spawn", () => resolve(undefined));
    });
    if (child.pid === undefined) {
      void started.then((failure = "it did not start") => ended(failure));
      return;
    }
    const messages = new Messages((bytes, at) => {
      if (typeOf(bytes, at) === NOTHING) opened();
      else heard(bytes, at);
    });
    child.stdout.on("data", (chunk: Buffer) => {
      if (!messages.push(chunk)) this.close();
    });
    // It may have ended; that is told below.
    child.stdin.on("error", () => undefined);
    void text(child.stderr).then((words) => ended(words.trim() || "it ended"));
  }

  /** One message, or a batch, of at most `LARGEST` bytes. Where it has ended, nothing. */
  send(message: Uint8Array): void {
    if (this.#child.pid === undefined) return;
    const size = Buffer.alloc(4);
    size.writeUInt32LE(message.length);
    this.#child.stdin.write(Buffer.concat([size, message]));
  }

  /** At once: it has nothing that would be lost, and may have been stopped. */
  close(): void {
    this.#child.kill("SIGKILL");
  }
}
