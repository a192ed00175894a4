/**
 * The law of everything that is rendered for a firewall: who gets in is who the policy lets in.
 *
 * Five hundred generated inventories go through the programs that read the result; of every fifth, real connections from
 * real addresses are compared with the policy's own word, behind each of the three firewalls.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { type Ipv4, formatAddress, lastAddress, parseAddress } from "@ecluse/guard/address";
import fc from "fast-check";
import { type TestContext, suite, test } from "node:test";
import { judge, judgeBalancer } from "../../src/policy/decide.ts";
import * as dockerUser from "../../src/render/docker-user.ts";
import { type Host, type HostDoor, gatewayHost, machineHost } from "../../src/render/host.ts";
import * as nftables from "../../src/render/nftables.ts";
import { type RenderedFile, textOf } from "../../src/render/rendered-file.ts";
import type { Subject } from "../../src/render/subject.ts";
import * as ufw from "../../src/render/ufw/ufw.ts";
import { MACHINES, inventoryText } from "../render/generated.ts";
import { textSubject } from "../render/subjects.ts";
import { needs } from "../support/packages.ts";
import { Ufw } from "../support/ufw.ts";
import { Crossing, PUBLISHED, keyOf } from "./crossing.ts";
import type { ManyKnock, Place } from "./many-knocks.ts";

const INVENTORIES = 500;
const CONNECTED_EVERY = 5;
const KNOCKS = 10;

const skip = needs(["iproute2", "nftables", "iptables", "ufw"], { root: true });

suite("who gets in is who the policy lets in", { skip, timeout: 600_000 }, () => {
  const subjects = fc.sample(inventoryText, { numRuns: INVENTORIES, seed: 5 }).map(textSubject);

  test("the ring of the gateway", async (context) => {
    await using crossing = await Crossing.create("input");
    await compare(context, crossing, subjects, {
      elsewhere: true,
      load: (subject) => {
        load(crossing, subject, theFile(nftables.render(subject)), ["nft", "-f", "-"]);
        return gatewayHost(subject);
      },
    });
  });

  test("the ring of a machine", async (context) => {
    await using crossing = await Crossing.create("input");
    await compare(context, crossing, subjects, {
      elsewhere: true,
      load: (subject) => {
        const machine = subject.inventory.machines.find(({ name }) => name === "bitcoin") ?? assert.fail();
        const host = machineHost(subject, machine);
        if (host.doors.length > 0) {
          load(crossing, subject, theFile(nftables.renderMachine(subject, machine)), ["nft", "-f", "-"]);
        }
        return host;
      },
    });
  });

  test("ufw", async (context) => {
    await using crossing = await Crossing.create("input");
    using firewall = new Ufw(crossing.host);
    firewall.run("ufw", "--force", "enable");
    await compare(context, crossing, subjects, {
      elsewhere: false,
      load: (subject) => {
        const [script, rules] = ufw.render(subject);
        assert.ok(script !== undefined && rules !== undefined);
        execFileSync("sh", ["-n"], { input: textOf(script, subject) });
        // As ufw itself does when it is told to reload (ufw-init-functions).
        load(crossing, subject, rules, ["iptables-restore", "--noflush"]);
        return gatewayHost(subject);
      },
    });
  });

  test("DOCKER-USER, behind the translation of a published port", async (context) => {
    await using crossing = await Crossing.create("forward");
    crossing.publish();
    await crossing.listen([PUBLISHED]);
    await compare(context, crossing, subjects, {
      elsewhere: true,
      listen: () => Promise.resolve(),
      load: (subject) => {
        const host = gatewayHost(subject);
        const doors = host.doors.filter(({ flow }) => flow.kind === "relayed");
        if (doors.length > 0) load(crossing, subject, theFile(dockerUser.render(subject)), ["sh"]);
        return { ...host, doors };
      },
    });
  });
});

interface Firewall {
  /** Whether it lets everybody in where there is no door. */
  readonly elsewhere: boolean;
  /** Loads what is rendered, and says whose host it guards now. */
  readonly load: (subject: Subject) => Host;
  /** Opens what is knocked at. */
  readonly listen?: (places: readonly Place[]) => Promise<void>;
}

async function compare(
  context: TestContext,
  crossing: Crossing,
  subjects: readonly Subject[],
  { elsewhere, load, listen = (places) => crossing.listen(unique(places)) }: Firewall,
): Promise<void> {
  const counts = { permitted: 0, denied: 0 };
  for (const [index, subject] of subjects.entries()) {
    const host = load(subject);
    if (index % CONNECTED_EVERY > 0 || host.doors.length === 0) continue;
    const knocks = fc.sample(knocksOn(host), { numRuns: KNOCKS, seed: index });
    const distinct = [...new Map(knocks.map((knock) => [keyOf(knock), knock])).values()];
    const may = distinct.filter(({ door, from }) =>
      door === undefined ? elsewhere : isPermitted(door, from, subject.at),
    );
    await listen(distinct);
    const inside = await crossing.knock(distinct, may);
    assert.deepEqual(inside.map(keyOf).sort(), may.map(keyOf).sort(), `inventory ${index}: ${subject.version}`);
    counts.permitted += may.length;
    counts.denied += distinct.length - may.length;
  }
  context.diagnostic(`${subjects.length} inventories, ${counts.permitted} let in, ${counts.denied} refused`);
  assert.ok(counts.permitted > 100 && counts.denied > 100, "both happen often");
}

interface Sample extends ManyKnock {
  /** Absent: it is knocked beside one. */
  readonly door?: HostDoor;
}

/** At any door, or beside one; from the edges of its own sources and of others', one address beyond them, or anywhere around. The host's own do not come from outside. */
function knocksOn({ doors }: Host): fc.Arbitrary<Sample> {
  const networks = doors.flatMap(({ comers }) => comers).filter(({ prefix }) => prefix > 0);
  const edges = networks.flatMap((network) => [
    network.address,
    lastAddress(network),
    network.address - 1,
    lastAddress(network) + 1,
  ]);
  const around = ["192.0.2.77", "203.0.113.200", "172.17.240.1", "192.168.1.100"].map(
    (text) => parseAddress(text) ?? 0,
  );
  const door = fc.constantFrom(...doors);
  return fc
    .tuple(door, fc.nat(1_000), fc.constantFrom(...around, ...edges), fc.constantFrom("198.51.100.10", "198.51.100.12"))
    .map(([door, own, other, everywhere]) => {
      const comer = door.comers[own % 7];
      const from =
        comer === undefined || comer.prefix === 0 ? other : own % 2 === 0 ? comer.address : lastAddress(comer);
      const address = door.address === 0 ? everywhere : formatAddress(door.address);
      const beside = { from: formatAddress(from as Ipv4), address, port: door.port + 1 };
      const isDoor = doors.some(({ port }) => port === beside.port);
      return own % 5 > 0 || isDoor ? { ...beside, port: door.port, door } : beside;
    })
    .filter(({ from }) => from !== MACHINES.bitcoin);
}

function isPermitted({ flow }: HostDoor, from: string, at: number): boolean {
  const source = parseAddress(from) ?? assert.fail(from);
  if (flow.kind === "relayed" && flow.acceptProxy !== undefined) return judgeBalancer(flow, source) === undefined;
  return judge(flow, source, at).permit;
}

function load(
  crossing: Crossing,
  subject: Subject,
  file: RenderedFile,
  [program, ...words]: readonly [string, ...string[]],
): void {
  crossing.host.tell(textOf(file, subject), program, ...words);
}

/** Each door once, whoever knocks. */
function unique(places: readonly Place[]): readonly Place[] {
  return [...new Map(places.map(({ address, port }) => [`${address}:${port}`, { address, port }])).values()];
}

function theFile(files: readonly RenderedFile[]): RenderedFile {
  const [file, ...more] = files;
  assert.ok(file !== undefined && more.length === 0);
  return file;
}
