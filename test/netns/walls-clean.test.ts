/** Hosts whose firewalls are right, in many ways: the audit has not a word to say. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { DOCKER, MACHINE, RING, TAILSCALE, TERMINALS, UFW, gateway, machine, skip } from "./drifts.ts";
import { ADMIN, GATEWAY, TILL } from "./walled-host.ts";

const CLEAN: Readonly<Record<string, readonly string[]>> = {
  "UFW as the inventory says": UFW,
  "UFW with a limit on SSH": [...UFW, `ufw limit from ${ADMIN} to any port 22 proto tcp`],
  "UFW with logging, and a rule for something else": [...UFW, "ufw logging high", "ufw allow 8443/tcp"],
  "UFW for one address of the host, by multiport": [
    ...UFW.slice(0, 1),
    `ufw allow from ${TILL} to ${GATEWAY} port 10101,10102 proto tcp`,
    `ufw allow from 203.0.113.16/28 to ${GATEWAY} port 10102 proto tcp`,
    "ufw --force enable",
  ],
  "the ring alone": [RING],
  "UFW and the ring": [...UFW, RING],
  "the ring before Docker and Tailscale": [RING, ...DOCKER, ...TAILSCALE],
  "UFW, and a translation that DOCKER-USER judges": [
    ...UFW,
    ...DOCKER,
    `iptables-nft -A DOCKER-USER -m conntrack --ctorigdstport 10101 ! -s ${TILL}/32 -p tcp -j DROP`,
  ],
  "rules by hand, iptables-nft": byHand("iptables-nft"),
  "rules by hand, iptables-legacy": byHand("iptables-legacy"),
  "rules of one's own in nft": [
    `nft -f - <<'RULES'
    table inet filter {
      map doors { type ipv4_addr . inet_service : verdict; flags interval; elements = { ${TILL} . 10101-10102 : accept, 203.0.113.16/28 . 10102 : accept } }
      chain tcp_in { ip saddr . tcp dport vmap @doors; ip saddr ${ADMIN} tcp dport ssh ct state new limit rate 10/minute accept; }
      chain input {
        type filter hook input priority filter; policy drop;
        ct state vmap { established : accept, related : accept, invalid : drop }
        iif lo accept
        ip protocol icmp accept
        meta l4proto tcp goto tcp_in
      }
    }
RULES`,
  ],
};

function byHand(iptables: string): readonly string[] {
  return [
    `${iptables} -A INPUT -i lo -j ACCEPT`,
    `${iptables} -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
    `${iptables} -A INPUT -s ${TILL} -p tcp -m multiport --dports 10101:10102 -m conntrack --ctstate NEW -j ACCEPT`,
    `${iptables} -A INPUT -m iprange --src-range 203.0.113.16-203.0.113.31 -p tcp --dport 10102 --syn -j ACCEPT`,
    `${iptables} -A INPUT ! -s ${ADMIN} -p tcp --dport 22 -j REJECT --reject-with tcp-reset`,
    `${iptables} -A INPUT -p tcp --dport 22 -j ACCEPT`,
    `${iptables} -P INPUT DROP`,
  ];
}

suite("firewalls that are right", { skip, timeout: 280_000 }, () => {
  for (const [name, made] of Object.entries(CLEAN)) {
    test(`${name}: not a word`, async () => {
      await using walled = await gateway(...made);
      assert.deepEqual(await walled.audit(TERMINALS), []);
    });
  }

  test("no firewall, and the gateway judges: not a word", async () => {
    await using walled = await gateway();
    const subject = { ...TERMINALS, inventory: { ...TERMINALS.inventory, ssh: [] } };
    assert.deepEqual(await walled.audit(subject), []);
  });

  test("no firewall, and a list of the banned: not a word", async () => {
    await using walled = await gateway(
      "iptables -N f2b-sshd; iptables -I INPUT -p tcp -m multiport --dports 22,10101 -j f2b-sshd; iptables -A f2b-sshd -s 192.0.2.77 -j REJECT; iptables -A f2b-sshd -j RETURN",
    );
    const subject = { ...TERMINALS, inventory: { ...TERMINALS.inventory, ssh: [] } };
    assert.deepEqual(await walled.audit(subject), []);
  });

  test("a back-end machine whose firewall lets in the proxy alone: not a word", async () => {
    await using walled = await machine();
    assert.deepEqual(await walled.audit(MACHINE, "prod"), []);
  });
});
