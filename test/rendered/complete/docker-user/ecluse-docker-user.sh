#!/bin/sh
# Rendered by Ecluse 0.1.0 from complete.yaml, inventory b38061cf7339, as of 2026-11-22. Change the inventory, not this file.
# SHA-256 of what follows: 52dd978809966d33dc6ac4d1bd15aace5d339dfb9e9899d9170f812a2a2ea82c
# Who may come to the doors, before Docker's own rules. As root, once Docker runs; again after each change.
set -eu

if ! iptables -w -n -L DOCKER-USER >/dev/null 2>&1; then
	echo "There is no chain DOCKER-USER: Docker does not run, or uses its nftables backend; see the target nftables." >&2
	exit 1
fi

iptables-restore -w --noflush <<'RULES'
*filter
:ECLUSE - [0:0]
# Judged when it was opened
-A ECLUSE -m conntrack ! --ctstate NEW -j RETURN
# flow/opi-callback
-A ECLUSE -p tcp -s 172.17.240.1 -m conntrack --ctdir ORIGINAL --ctorigdst 198.51.100.10 --ctorigdstport 4102 -j RETURN
-A ECLUSE -p tcp -m conntrack --ctdir ORIGINAL --ctorigdst 198.51.100.10 --ctorigdstport 4102 -j DROP
# depot22-tpe02 Caisse 2
-A ECLUSE -p tcp -s 192.0.2.44 -m conntrack --ctdir ORIGINAL --ctorigdst 198.51.100.10 --ctorigdstport 9001 -j RETURN
-A ECLUSE -p tcp -s 203.0.113.7 -m conntrack --ctdir ORIGINAL --ctorigdst 198.51.100.10 --ctorigdstport 9001 -j RETURN
-A ECLUSE -p tcp -s 203.0.113.16/28 -m conntrack --ctdir ORIGINAL --ctorigdst 198.51.100.10 --ctorigdstport 9001 -j RETURN
-A ECLUSE -p tcp -m conntrack --ctdir ORIGINAL --ctorigdst 198.51.100.10 --ctorigdstport 9001 -j DROP
# depot01-tpe01..depot01-tpe02
-A ECLUSE -p tcp -s 203.0.113.7 -m conntrack --ctdir ORIGINAL --ctorigdst 198.51.100.10 --ctorigdstport 10101:10102 -j RETURN
-A ECLUSE -p tcp -s 203.0.113.16/28 -m conntrack --ctdir ORIGINAL --ctorigdst 198.51.100.10 --ctorigdstport 10101:10102 -j RETURN
-A ECLUSE -p tcp -m conntrack --ctdir ORIGINAL --ctorigdst 198.51.100.10 --ctorigdstport 10101:10102 -j DROP
# depot22-tpe01 Caisse 1
-A ECLUSE -p tcp -s 203.0.113.7 -m conntrack --ctdir ORIGINAL --ctorigdst 198.51.100.10 --ctorigdstport 12201 -j RETURN
-A ECLUSE -p tcp -s 203.0.113.16/28 -m conntrack --ctdir ORIGINAL --ctorigdst 198.51.100.10 --ctorigdstport 12201 -j RETURN
-A ECLUSE -p tcp -m conntrack --ctdir ORIGINAL --ctorigdst 198.51.100.10 --ctorigdstport 12201 -j DROP
# depot22-tpe02 Caisse 2
-A ECLUSE -p tcp -s 192.0.2.44 -m conntrack --ctdir ORIGINAL --ctorigdst 198.51.100.10 --ctorigdstport 12202 -j RETURN
-A ECLUSE -p tcp -s 203.0.113.7 -m conntrack --ctdir ORIGINAL --ctorigdst 198.51.100.10 --ctorigdstport 12202 -j RETURN
-A ECLUSE -p tcp -s 203.0.113.16/28 -m conntrack --ctdir ORIGINAL --ctorigdst 198.51.100.10 --ctorigdstport 12202 -j RETURN
-A ECLUSE -p tcp -m conntrack --ctdir ORIGINAL --ctorigdst 198.51.100.10 --ctorigdstport 12202 -j DROP
COMMIT
RULES

iptables -w -C DOCKER-USER -j ECLUSE 2>/dev/null || iptables -w -I DOCKER-USER 1 -j ECLUSE
