/** The calls of ufw that make a host's rules, and take back those of an earlier inventory. */
import { MARK, type UfwRule, type UfwRules } from "./rules.ts";

/**
 * First what is to be open, then what no longer is: nobody's right is missing in between. No `ufw reset`: it would open the
 * host for a while, and forget the rules that somebody else made.
 */
export function scriptOf(rules: UfwRules): string {
  const isRouting = [...rules.values()].flat().some(({ route }) => route);
  return `# The inventory's doors, and nothing else. As root; again after each change. With thousands of rules user.rules is faster.
set -eu
# Comments hold letters of any language.
export LC_ALL=C.UTF-8
[ -f "$0" ] || { echo "Run it as a file, for it reads itself: sh ecluse-ufw.sh" >&2; exit 2; }

ufw default deny incoming
ufw default allow outgoing
${isRouting ? "ufw default deny routed\n" : ""}
${[...rules]
  .filter(([, list]) => list.length > 0)
  .map(section)
  .join("\n")}
# Rules of an earlier inventory: they bear our mark, and stand nowhere above.
ufw show added | grep -F " comment '${MARK}" | grep -Fxv -f "$0" | while read -r _ rule; do
	# The words of the rule, without its comment.
	rule=\${rule%% comment *}
	case $rule in
	"route "*) ufw route delete \${rule#route } ;;
	*) ufw delete $rule ;;
	esac
done

ufw --force enable

others=$(ufw show added | sed 1d | grep -Fv " comment '${MARK}" || true)
[ -z "$others" ] || printf 'Left alone, for they are not of this inventory:\\n%s\\n' "$others"
`;
}

function section([heading, rules]: readonly [string, readonly UfwRule[]]): string {
  return `# ${heading}\n${rules.map((rule) => `${callOf(rule)}\n`).join("")}`;
}

/** As `ufw show added` writes it, word by word: that is how the script knows its own. */
function callOf({ route, from, to, port, comment }: UfwRule): string {
  const where = [...(from === undefined ? [] : ["from", from]), "to", to ?? "any", "port", port];
  return `ufw ${route === true ? "route " : ""}allow ${where.join(" ")} proto tcp comment '${comment}'`;
}
