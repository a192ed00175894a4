/** An audit of all that the numbering plan holds, by the command itself: what it finds, and for the reader how long it took. */
import assert from "node:assert/strict";
import { loadavg } from "node:os";
import { join } from "node:path";
import { type TestContext, suite, test } from "node:test";
import type { AuditFinding } from "../../src/audit/finding.ts";
import type { Why } from "../../src/diagnose/why/why.ts";
import { needs } from "../support/packages.ts";
import { FullGateway, type Ran } from "./full-gateway.ts";
import { TILL } from "./walled-host.ts";

const skip = needs(["iproute2", "nftables", "iptables", "ufw"], { root: true });

suite("7,128 doors, 14,257 rules of UFW, and the ring", { skip, timeout: 280_000 }, () => {
  test("audit, facts, and audit of facts say the same; one drift among them is found", async (context) => {
    await using gateway = await FullGateway.create();
    const bundle = join(gateway.folder, "facts.json");
    const clean = told(context, "audit", await gateway.ecluse("audit", "--json"));
    assert.deepEqual(findingsOf(clean), []);
    assert.equal(clean.exit, 0);

    gateway.walled.sh(`iptables -I ufw-user-input 1 -s ${TILL} -p tcp --dport 17299 -j DROP`);
    const drifted = told(context, "audit with a drift", await gateway.ecluse("audit", "--json"));
    assert.deepEqual(
      findingsOf(drifted).map(({ code, flow }) => [code, flow]),
      [
        ["allowed-but-blocked", "depot72-tpe99"],
        ["ufw-not-loaded", undefined],
      ],
    );
    told(context, "facts", await gateway.ecluse("facts", "--out", bundle));
    const replayed = told(context, "audit --facts", await gateway.ecluse("audit", "--json", "--facts", bundle));
    assert.deepEqual(findingsOf(replayed), findingsOf(drifted));

    const words = ["why", "72/99", "--from", TILL, "--json", "--control", join(gateway.folder, "none.sock")];
    const why = told(context, "why", await gateway.ecluse(...words));
    const { steps } = JSON.parse(why.out) as Why;
    // On a machine that is busy beyond measure a reading may end by its time: then it is unknown, never passed.
    assert.notEqual(steps.find(({ name }) => name === "firewall")?.state, "passed");
  });
});

function findingsOf({ out }: Ran): readonly AuditFinding[] {
  return (JSON.parse(out) as { readonly findings: readonly AuditFinding[] }).findings;
}

function told(context: TestContext, what: string, ran: Ran): Ran {
  context.diagnostic(
    `${what}: ${ran.seconds.toFixed(2)} s, ${ran.cpuSeconds.toFixed(2)} s of the processor, load ${loadavg()[0]?.toFixed(1) ?? ""}`,
  );
  return ran;
}
