/** How a drift is tried: found on the host that it befell, and gone when the commands that are printed have been run. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { AuditFinding } from "../../src/audit/finding.ts";
import {
  OWN_DROP,
  RING,
  UFW,
  type DriftHost,
  byHand,
  carrying,
  gateway,
  machine,
  opened,
  serving,
} from "./drift-hosts.ts";
import { DRIFTS, type Drift } from "./drifts-list.ts";
import { dockerGateway } from "./docker-host.ts";
import { systemdMachine } from "./systemd-host.ts";

/** Each as it should be. */
export const DRIFT_HOSTS = {
  "a gateway behind UFW": () => gateway(UFW),
  "a gateway whose UFW is gone around": () => gateway(UFW),
  "a gateway behind an nft ring": () => gateway([RING]),
  "a gateway behind rules of iptables-legacy": () => gateway(byHand("iptables-legacy")),
  "a back-end machine behind UFW": () => machine(),
  "a back-end machine behind a deny of its own": () => machine(OWN_DROP),
  "a gateway that serves": () => serving(),
  "a gateway that the kernel carries": () => carrying(),
  "a gateway beside Docker": () => dockerGateway(),
  "a back-end machine under systemd": () => systemdMachine(),
} as const satisfies Readonly<Record<string, () => Promise<DriftHost>>>;

export type DriftHostName = keyof typeof DRIFT_HOSTS;

/** A test for each drift of a host, each on a host of its own. */
export function tryDriftsOn(name: DriftHostName): void {
  for (const drift of DRIFTS.filter(({ on }) => on === name)) {
    test(`${name}: ${drift.name}`, async () => {
      await using host = await DRIFT_HOSTS[name]();
      await found(host, drift);
    });
  }
}

/** The same, one after another on one host that takes long to start: each leaves it clean, or another is started. */
export function tryDriftsTogetherOn(name: DriftHostName): void {
  let host: DriftHost | undefined;
  after(() => host?.[Symbol.asyncDispose]());
  for (const drift of DRIFTS.filter(({ on }) => on === name)) {
    test(`${name}: ${drift.name}`, async (context) => {
      const used = host ?? (await opened(DRIFT_HOSTS[name], context));
      if (used === undefined) return;
      await using spoilt = new AsyncDisposableStack();
      spoilt.use(used);
      host = undefined;
      await found(used, drift);
      spoilt.move();
      host = used;
    });
  }
}

/** What it brings along, and nothing else; and when every printed command has been run, the host is clean. */
async function found(host: DriftHost, drift: Drift): Promise<void> {
  host.sh(...drift.made);
  const findings = await host.audit();
  const same = findings.filter(({ code }) => code === drift.found);
  assert.ok(same[0], `${drift.found} is not among ${say(findings)}`);
  assert.match(same[0].evidence.line, drift.evidence);
  assert.deepEqual(codesOf(findings), [drift.found, ...(drift.along ?? [])].sort(), say(findings));
  mend(host, same, drift);
  const left = await host.audit();
  assert.ok(
    left.every(({ code }) => code !== drift.found),
    `${drift.found} is still there: ${say({ same, left })}`,
  );
  mend(host, left, drift);
  assert.deepEqual(await settled(host), [], `what is printed leaves something: ${say({ findings, left })}`);
}

/** Audits, at most. */
const LOOKS = 20;

/** What is left once a gateway has tried its blocked doors again, which it does in a moment of its own. */
async function settled(host: DriftHost): Promise<readonly AuditFinding[]> {
  let left = await host.audit();
  const waits = (): boolean => left.length > 0 && left.every(({ code }) => code === "not-listening");
  for (let looks = 1; waits() && looks < LOOKS; looks += 1) left = await host.audit();
  return left;
}

function mend(host: DriftHost, findings: readonly AuditFinding[], { byHand: deeds, found: code }: Drift): void {
  if (deeds !== undefined && findings[0]?.code === code) host.sh(...deeds);
  else host.sh(...new Set(findings.map(({ fix }) => fix)));
}

function codesOf(findings: readonly AuditFinding[]): readonly string[] {
  return [...new Set(findings.map(({ code }) => code))].sort();
}

function say(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
