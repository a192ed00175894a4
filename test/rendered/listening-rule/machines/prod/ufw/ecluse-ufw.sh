#!/bin/sh
# Rendered by Ecluse 0.1.0 from listening-rule.yaml, inventory 20347aaedc6a, as of 2026-11-22. Change the inventory, not this file.
# SHA-256 of what follows: f9c30fffccbd32825f96e157e6e80ba4983609b752a69238de4ce1e256300f5e
# The inventory's doors, and nothing else. As root; again after each change. With thousands of rules user.rules is faster.
set -eu
# Comments hold letters of any language.
export LC_ALL=C.UTF-8
[ -f "$0" ] || { echo "Run it as a file, for it reads itself: sh ecluse-ufw.sh" >&2; exit 2; }

ufw default deny incoming
ufw default allow outgoing

# The administrators' SSH
ufw allow from 192.168.1.10 to any port 22 proto tcp comment 'ecluse: SSH'

# Other flows
ufw allow from 192.168.1.100 to 192.168.1.103 port 3022 proto tcp comment 'ecluse: service/api-faucet'
ufw allow from 192.168.1.105 to 192.168.1.103 port 3022 proto tcp comment 'ecluse: service/api-faucet'
ufw allow from 192.168.1.100 to 192.168.1.103 port 3023 proto tcp comment 'ecluse: service/api-filigrane'
ufw allow from 192.168.1.100 to 192.168.1.103 port 3024 proto tcp comment 'ecluse: service/api-clamav'

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
