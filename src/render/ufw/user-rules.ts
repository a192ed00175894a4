/**
 * `/etc/ufw/user.rules` as ufw 0.36 writes it after the same calls, at its usual log level (`low`).
 *
 * ufw knows its rules by the lines `### tuple ###` (a comment is the hex of its UTF-8), the kernel by what stands below
 * each: src/backend_iptables.py of ufw, `_write_rules`.
 */
import type { UfwRule, UfwRules } from "./rules.ts";

export function userRulesOf(rules: UfwRules): string {
  const written = [...rules.values()].flat().map((rule) => `\n### tuple ### ${tupleOf(rule)}\n${lineOf(rule)}\n`);
  return `${HEAD}${written.join("")}${TAIL}`;
}

function tupleOf({ route, from = "0.0.0.0/0", to = "0.0.0.0/0", port, comment }: UfwRule): string {
  return `${route === true ? "route:" : ""}allow tcp ${port} ${to} any ${from} in comment=${Buffer.from(comment, "utf8").toString("hex")}`;
}

function lineOf({ route, from, to, port }: UfwRule): string {
  const destination = to === undefined ? [] : ["-d", to];
  const source = from === undefined ? [] : ["-s", from];
  const match = port.includes(":")
    ? ["-m multiport --dports", port, ...destination]
    : [...destination, "--dport", port];
  return [`-A ufw-user-${route === true ? "forward" : "input"} -p tcp`, ...match, ...source, "-j ACCEPT"].join(" ");
}

const HEAD = `*filter
:ufw-user-input - [0:0]
:ufw-user-output - [0:0]
:ufw-user-forward - [0:0]
:ufw-before-logging-input - [0:0]
:ufw-before-logging-output - [0:0]
:ufw-before-logging-forward - [0:0]
:ufw-user-logging-input - [0:0]
:ufw-user-logging-output - [0:0]
:ufw-user-logging-forward - [0:0]
:ufw-after-logging-input - [0:0]
:ufw-after-logging-output - [0:0]
:ufw-after-logging-forward - [0:0]
:ufw-logging-deny - [0:0]
:ufw-logging-allow - [0:0]
:ufw-user-limit - [0:0]
:ufw-user-limit-accept - [0:0]
### RULES ###
`;

const TAIL = `
### END RULES ###

### LOGGING ###
-A ufw-after-logging-input -j LOG --log-prefix "[UFW BLOCK] " -m limit --limit 3/min --limit-burst 10
-A ufw-after-logging-forward -j LOG --log-prefix "[UFW BLOCK] " -m limit --limit 3/min --limit-burst 10
-I ufw-logging-deny -m conntrack --ctstate INVALID -j RETURN -m limit --limit 3/min --limit-burst 10
-A ufw-logging-deny -j LOG --log-prefix "[UFW BLOCK] " -m limit --limit 3/min --limit-burst 10
-A ufw-logging-allow -j LOG --log-prefix "[UFW ALLOW] " -m limit --limit 3/min --limit-burst 10
### END LOGGING ###

### RATE LIMITING ###
-A ufw-user-limit -m limit --limit 3/minute -j LOG --log-prefix "[UFW LIMIT BLOCK] "
-A ufw-user-limit -j REJECT
-A ufw-user-limit-accept -j ACCEPT
### END RATE LIMITING ###
COMMIT
`;
