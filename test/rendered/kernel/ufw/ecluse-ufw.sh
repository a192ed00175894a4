#!/bin/sh
# Rendered by Ecluse 0.1.0 from kernel.yaml, inventory c9e828390cf3, as of 2026-11-22. Change the inventory, not this file.
# SHA-256 of what follows: 1b27cd1267ac0a12814a5d8f102feb90ed518d798ba7b62b7964cb61d93efe64
# The inventory's doors, and nothing else. As root; again after each change. With thousands of rules user.rules is faster.
set -eu
# Comments hold letters of any language.
export LC_ALL=C.UTF-8
[ -f "$0" ] || { echo "Run it as a file, for it reads itself: sh ecluse-ufw.sh" >&2; exit 2; }

ufw default deny incoming
ufw default allow outgoing
ufw default deny routed

# The administrators' SSH
ufw allow from 192.0.2.10 to any port 22 proto tcp comment 'ecluse: SSH'

# Terminals
ufw route allow from 192.0.2.44 to 172.17.22.50 port 20007 proto tcp comment 'ecluse: depot22-tpe02 Till 2'
ufw route allow from 203.0.113.7 to 172.17.22.50 port 20007 proto tcp comment 'ecluse: depot22-tpe02 Till 2'
ufw route allow from 203.0.113.16/28 to 172.17.22.50 port 20007 proto tcp comment 'ecluse: depot22-tpe02 Till 2'
ufw route allow from 203.0.113.7 to 172.17.1.10/31 port 8888 proto tcp comment 'ecluse: depot01-tpe01..depot01-tpe02'
ufw route allow from 203.0.113.16/28 to 172.17.1.10/31 port 8888 proto tcp comment 'ecluse: depot01-tpe01..depot01-tpe02'
ufw route allow from 203.0.113.7 to 172.17.1.12/30 port 8888 proto tcp comment 'ecluse: depot01-tpe03..depot01-tpe06'
ufw route allow from 203.0.113.16/28 to 172.17.1.12/30 port 8888 proto tcp comment 'ecluse: depot01-tpe03..depot01-tpe06'
ufw route allow from 203.0.113.7 to 172.17.1.16/28 port 8888 proto tcp comment 'ecluse: depot01-tpe07..depot01-tpe22'
ufw route allow from 203.0.113.16/28 to 172.17.1.16/28 port 8888 proto tcp comment 'ecluse: depot01-tpe07..depot01-tpe22'
ufw route allow from 203.0.113.7 to 172.17.1.32/27 port 8888 proto tcp comment 'ecluse: depot01-tpe23..depot01-tpe54'
ufw route allow from 203.0.113.16/28 to 172.17.1.32/27 port 8888 proto tcp comment 'ecluse: depot01-tpe23..depot01-tpe54'
ufw route allow from 203.0.113.7 to 172.17.1.64/27 port 8888 proto tcp comment 'ecluse: depot01-tpe55..depot01-tpe86'
ufw route allow from 203.0.113.16/28 to 172.17.1.64/27 port 8888 proto tcp comment 'ecluse: depot01-tpe55..depot01-tpe86'
ufw route allow from 203.0.113.7 to 172.17.1.96/29 port 8888 proto tcp comment 'ecluse: depot01-tpe87..depot01-tpe94'
ufw route allow from 203.0.113.16/28 to 172.17.1.96/29 port 8888 proto tcp comment 'ecluse: depot01-tpe87..depot01-tpe94'
ufw route allow from 203.0.113.7 to 172.17.1.104/30 port 8888 proto tcp comment 'ecluse: depot01-tpe95..depot01-tpe98'
ufw route allow from 203.0.113.16/28 to 172.17.1.104/30 port 8888 proto tcp comment 'ecluse: depot01-tpe95..depot01-tpe98'
ufw route allow from 203.0.113.7 to 172.17.1.108 port 8888 proto tcp comment 'ecluse: depot01-tpe99'
ufw route allow from 203.0.113.16/28 to 172.17.1.108 port 8888 proto tcp comment 'ecluse: depot01-tpe99'
ufw route allow from 203.0.113.7 to 172.17.22.10 port 8888 proto tcp comment 'ecluse: depot22-tpe01 Till 1'
ufw route allow from 203.0.113.16/28 to 172.17.22.10 port 8888 proto tcp comment 'ecluse: depot22-tpe01 Till 1'

# Other flows
ufw route allow from 172.17.240.1 to 203.0.113.7 port 4102 proto tcp comment 'ecluse: flow/payment-callback'

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
