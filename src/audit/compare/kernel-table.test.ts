import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { AT, INVENTORY, examined, failed, kernelRules, soundGateway } from "../../../test/support/sound-gateway.ts";
import { audit } from "../audit.ts";
import type { AuditFinding } from "../finding.ts";

const KERNEL = INVENTORY.replace("gateway:\n", "gateway:\n  engine: kernel\n  kernel: { source: 100.64.0.10 }\n");

/** What an audit says of a gateway without a socket at its doors. */
function found(changed: Parameters<typeof examined>[0], text = KERNEL): readonly AuditFinding[] {
  const { inventory, policy } = examined({}, text);
  return audit([soundGateway({ "iptables-nft": "", ...changed })], { inventory, policy, at: AT });
}

const codes = (findings: readonly AuditFinding[]): readonly string[] => findings.map(({ code }) => code);

/** A host whose routed packets are dropped, and whose own programs nobody reaches. */
const DROPPING = "# (nf_tables)\n*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\nCOMMIT\n";

suite("the kernel engine's table", () => {
  test("doors without sockets are no finding, nor is the table a wall or a way around one", () => {
    assert.deepEqual(codes(found({ sockets: "", nftables: kernelRules() })), []);
  });

  test("who holds a door's port is never reached, and no finding", () => {
    assert.deepEqual(codes(found({ programs: "/proc/77/comm:socat", nftables: kernelRules() })), []);
  });

  test("no table: one finding, not one for each door", () => {
    const nftables = '{"nftables": []}';
    const [finding, ...more] = found({ sockets: "", nftables });
    assert.equal(finding?.code, "table-missing");
    assert.deepEqual(more, []);
    assert.match(finding.fix, /^start the gateway/);
  });

  test("doors that are missing, lead elsewhere, or should not be, in one finding", () => {
    const other = ["198.51.100.10", 10_101, "172.17.9.9", 8888] as const;
    const stray = ["198.51.100.10", 10_199, "172.17.1.99", 8888] as const;
    const [finding, ...more] = found({ nftables: kernelRules({ without: [10_101, 12_201], besides: [other, stray] }) });
    assert.equal(finding?.code, "table-differs");
    assert.deepEqual(more, []);
    assert.deepEqual(finding.evidence.line.split("\n"), [
      "198.51.100.10:10101 leads to 172.17.9.9:8888, not to 172.17.1.10:8888",
      "198.51.100.10:12201 is not there",
      "198.51.100.10:10199 leads to 172.17.1.99:8888, and nothing should",
    ]);
    assert.equal(finding.fix, "ecluse apply");
  });

  test("rules that could not be read: that, and no verdict on the table", () => {
    assert.deepEqual(codes(found({ nftables: failed("exit 1: Operation not permitted (you must be root)") })), [
      "cannot-read",
    ]);
  });

  test("rules that were not read in time: that, and no verdict", () => {
    assert.deepEqual(codes(found({ nftables: failed("no answer within 15 s") })), ["cannot-read"]);
    const byRelay = codes(found({ nftables: failed("no answer within 15 s") }, INVENTORY));
    assert.equal(byRelay.includes("cannot-read"), false);
  });

  test("a chain that drops what is routed keeps the tills out; one for this host's own programs does not", () => {
    const nftables = kernelRules();
    const [finding, ...more] = found({ nftables, "iptables-nft": DROPPING });
    assert.equal(finding?.code, "allowed-but-blocked");
    assert.deepEqual(more, []);
    assert.match(finding.fix, /^ufw route allow proto tcp from 203\.0\.113\.7 to 172\.17\.1\.10 port 8888 && /);
    const own = DROPPING.replace("FORWARD DROP", "FORWARD ACCEPT");
    assert.deepEqual(codes(found({ nftables, "iptables-nft": own })), []);
  });

  test("left over where the inventory has the relay: that, once", () => {
    const findings = found({ nftables: kernelRules() }, INVENTORY).filter(({ code }) => code !== "not-listening");
    assert.deepEqual(codes(findings), ["table-left-over"]);
    assert.equal(findings[0]?.fix, "nft delete table ip ecluse");
  });
});
