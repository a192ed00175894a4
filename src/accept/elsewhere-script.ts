/**
 * What a shell on another machine is told, and the way back from what it prints.
 *
 * bash alone, with its /dev/tcp and its `read -t`, and `timeout` and `sed` of every Debian and Ubuntu: nothing is installed
 * there, nothing is written. One ssh connection serves a whole run: each attempt is one line of input, run in the
 * background, and every line that it prints carries its number.
 */
import { type Heard, type Knock, statusOf } from "./knock.ts";

/** Longer than any attempt, in seconds: what is forgotten there ends by itself. */
const FORGOTTEN = 60;

/** $1 host, $2 port, $3 seconds to hold, $4 request. Of an answer only its first bytes are read, and only of HTTP. */
const ATTEMPT = `echo pid $$
exec 3<>"/dev/tcp/$1/$2" || exit
echo connected
if [ -n "$4" ]; then printf %s "$4" >&3; fi
if [ -n "$4" ]; then LC_ALL=C read -r -N 12 -t "$3" -u 3 first; else read -r -N 1 -t "$3" -u 3 first; fi
code=$?
if [ -n "$4" ] && [ $code = 0 ]; then printf 'first %s\\n' "$first"; fi
echo read $code`;

/** Told once; `boundary` is a word that nothing else prints. The word `ready` comes back, and the host's IPv6 addresses. */
export function greeting(boundary: string): string {
  return [
    "export LC_ALL=C",
    `attempt=${quoted(ATTEMPT)}`,
    `one() { timeout ${FORGOTTEN} bash -c "$attempt" attempt "$2" "$3" "$4" "$5" 2>&1 </dev/null | sed -u "s/^/${boundary} $1 /" & }`,
    `while read -r address _ _ scope _; do echo "${boundary} ipv6 $address $scope"; done 2>/dev/null </proc/net/if_inet6`,
    `echo "${boundary} ready"`,
    "",
  ].join("\n");
}

export function orderOf(number: number, { host, port, hold, request = "" }: Knock): string {
  return `one ${number} ${quoted(host)} ${port} ${(hold / 1_000).toFixed(1)} ${quoted(request)}\n`;
}

/** Ends an attempt that was told its process id. */
export function endOf(pid: string): string {
  return `kill ${pid} 2>/dev/null\n`;
}

/** What an attempt's lines say; `undefined`: it is not over. */
export function heardFrom(lines: readonly string[]): Heard | undefined {
  const isUp = lines.includes("connected");
  const said = lines.join("\n");
  if (!isUp) return failedToConnect(said);
  const [, first] = /^first (.*)$/m.exec(said) ?? [];
  const status = statusOf(first ?? "");
  const [, code] = /^read (\d+)$/m.exec(said) ?? [];
  if (/Connection reset by peer|Broken pipe/.test(said)) return { how: "reset" };
  if (code === undefined) return undefined;
  // bash(1), read: greater than 128 where its time was over; 1 at the end of what there is to read.
  if (code === "1") return { how: "ended" };
  return { how: "open", ...(status === undefined ? {} : { status }) };
}

function failedToConnect(said: string): Heard | undefined {
  const [, why] = /connect: (.*)$/m.exec(said) ?? [];
  if (why === undefined) return undefined;
  if (why === "Connection refused") return { how: "refused" };
  if (why === "Connection reset by peer") return { how: "reset" };
  if (why === "Connection timed out" || why === "No route to host") return { how: "no-answer", why };
  return { how: "no-way", why };
}

/** `/proc/net/if_inet6` as it writes addresses -> as people do; link-local ones are left out: they need an interface. */
export function ipv6From(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => {
    const [, digits = "", scope] = /^ipv6 ([0-9a-f]{32}) ([0-9a-f]{2})$/.exec(line) ?? [];
    if (scope === undefined || scope === "20") return [];
    // The URL parser writes an address as RFC 5952 has it.
    const groups = digits.match(/.{4}/g) ?? [];
    return [new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1)];
  });
}

/** For a shell: a word in single quotes. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
