#!/bin/sh
# Rendered by Ecluse 0.1.0 from terminals.yaml, inventory e367572bc105, as of 2026-11-22. Change the inventory, not this file.
# SHA-256 of what follows: efc86817f0da00a68fadea51686ea9aed9b2be85c03c3a4b96f6ab287863b11c
# The inventory's doors, and nothing else. As root; again after each change. With thousands of rules user.rules is faster.
set -eu
# Comments hold letters of any language.
export LC_ALL=C.UTF-8
[ -f "$0" ] || { echo "Run it as a file, for it reads itself: sh ecluse-ufw.sh" >&2; exit 2; }

ufw default deny incoming
ufw default allow outgoing

# The administrators' SSH
ufw allow from 192.0.2.10 to any port 22 proto tcp comment 'ecluse: SSH'

# Terminals
ufw allow from 203.0.113.7 to 198.51.100.10 port 10101:10102 proto tcp comment 'ecluse: depot01-tpe01..depot01-tpe02'
ufw allow from 203.0.113.16/28 to 198.51.100.10 port 10101:10102 proto tcp comment 'ecluse: depot01-tpe01..depot01-tpe02'
ufw allow from 203.0.113.7 to 198.51.100.10 port 12201 proto tcp comment 'ecluse: depot22-tpe01 Till 1'
ufw allow from 203.0.113.16/28 to 198.51.100.10 port 12201 proto tcp comment 'ecluse: depot22-tpe01 Till 1'
ufw allow from 192.0.2.44 to 198.51.100.10 port 12202 proto tcp comment 'ecluse: depot22-tpe02 Till 2'
ufw allow from 203.0.113.7 to 198.51.100.10 port 12202 proto tcp comment 'ecluse: depot22-tpe02 Till 2'
ufw allow from 203.0.113.16/28 to 198.51.100.10 port 12202 proto tcp comment 'ecluse: depot22-tpe02 Till 2'

# Other flows
ufw allow from 172.17.240.1 to 198.51.100.10 port 4102 proto tcp comment 'ecluse: flow/payment-callback'

# Rules of an earlier inventory: they bear our mark, and stand nowhere above.
ufw show added | grep -F " comment 'ecluse: " | grep -Fxv -f "$0" | while read -r _ rule; do
	# The words of the rule, without its comment.
	rule=${rule%% comment *}
	case $rule in
	"route "*) ufw route delete ${rule#route } ;;
	*) ufw delete $rule ;;
	esac
done

ufw --force enable

others=$(ufw show added | sed 1d | grep -Fv " comment 'ecluse: " || true)
[ -z "$others" ] || printf 'Left alone, for they are not of this inventory:\n%s\n' "$others"
