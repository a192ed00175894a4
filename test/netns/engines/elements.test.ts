/** What the kernel is told by netlink is what `nft` would have told it: the same changes both ways, and the same table after. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  type ElementsChange,
  scriptOf,
  setChange,
  tableChange,
} from "../../../src/engine/kernel/table/table-change.ts";
import { tableOf } from "../../../src/engine/kernel/table/table.ts";
import { tableText } from "../../../src/engine/kernel/table/table-text.ts";
import type { Table } from "../../../src/engine/kernel/table/table.ts";
import { ipv4 } from "../../support/loopback.ts";
import { Host } from "../../support/namespaces.ts";
import { needs } from "../../support/packages.ts";
import { type FlowSpec, policyOf } from "../../support/relay.ts";

const SETTINGS = { source: ipv4("172.17.240.9"), keepRules: false };
const PROCESS = fileURLToPath(new URL("table-process.ts", import.meta.url));

const door = (port: number, more: Partial<FlowSpec> = {}): FlowSpec => ({
  id: `flow/${port}`,
  listen: { address: ipv4("198.51.100.10"), port },
  target: { address: ipv4("172.17.1.10"), port: port - 1_000 },
  allow: ["192.0.2.0/24"],
  ...more,
});

const table = (...flows: readonly FlowSpec[]): Table => tableOf(policyOf(flows));

/** Each leaves gates as they are. */
const CHANGES: Readonly<Record<string, readonly [before: Table, after: Table]>> = {
  "one door more": [table(door(10_101)), table(door(10_101), door(10_102))],
  "one with a limit of sessions": [table(door(10_101)), table(door(10_101), door(10_102, { sessions: 300 }))],
  "another limit": [table(door(10_101, { sessions: 1 })), table(door(10_101, { sessions: 65_537 }))],
  "one that leads elsewhere": [
    table(door(10_101), door(65_535)),
    table(door(10_101), door(65_535, { target: { address: ipv4("172.31.255.254"), port: 1 } })),
  ],
  "one that is closed": [table(door(10_101), door(10_102)), table(door(10_101), door(10_102, { standing: "closed" }))],
  "one door less": [table(door(10_101), door(10_102, { sessions: 2 })), table(door(10_101))],
  "hundreds more": [table(door(10_101)), table(...Array.from({ length: 600 }, (_, index) => door(10_101 + index)))],
};

const skip = needs(["iproute2", "nftables"], { root: true });

suite("elements by netlink", { skip, timeout: 120_000 }, () => {
  for (const [what, [before, after]] of Object.entries(CHANGES)) {
    test(`${what}: as nft has it`, async () => {
      await using place = await Place.create();
      const change = tableChange(before, after);
      assert.deepEqual([change.made, change.gone], ["", ""]);
      place.load(tableText(before, SETTINGS));
      place.load(scriptOf(change));
      const byNft = place.listed();
      place.load(`delete table ip ecluse\n${tableText(before, SETTINGS)}`);
      assert.notDeepEqual(place.listed(), byNft);
      assert.equal(place.tell(change.elements), "");
      assert.deepEqual(place.listed(), byNft);
    });
  }

  test("an element that ends by itself", async () => {
    await using place = await Place.create();
    place.load(tableText(table(), SETTINGS));
    const at = { address: ipv4("172.17.1.10"), port: 8_888 };
    assert.equal(place.tell([{ set: "taken", gone: [], added: [{ at, timeout: 60 }] }]), "");
    assert.match(place.listed().join("\n"), /172\.17\.1\.10 \. 8888 timeout (1m|60s) expires/);
  });

  test("what the kernel does not take leaves all as it was", async () => {
    await using place = await Place.create();
    place.load(tableText(table(door(10_101)), SETTINGS));
    const before = place.listed();
    const [known, unknown] = [10_101, 10_102].map((port) => ({ address: ipv4("198.51.100.10"), port }));
    assert.ok(known !== undefined && unknown !== undefined);
    const refused = place.tell([
      { set: "doors", gone: [known], added: [] },
      { set: "targets", gone: [unknown], added: [] },
    ]);
    assert.equal(refused, "ENOENT");
    assert.deepEqual(place.listed(), before);
    const nowhere = place.tell([{ set: "doors", gone: [], added: [{ at: unknown, leadsTo: "gate_none" }] }]);
    assert.equal(nowhere, "ENOENT");
  });
});

/** A host without a network, and a folder for scripts. */
class Place implements AsyncDisposable {
  readonly #host: Host;
  readonly #folder: string;

  private constructor(host: Host, folder: string) {
    this.#host = host;
    this.#folder = folder;
  }

  static async create(): Promise<Place> {
    return new Place(await Host.create("kernel"), await mkdtemp(join(tmpdir(), "ecluse-elements-")));
  }

  load(script: string): void {
    const file = join(this.#folder, "script.nft");
    writeFileSync(file, script);
    this.#host.run("nft", "-f", file);
  }

  /** Says why it was not taken, if it was not. */
  tell(elements: readonly ElementsChange[]): string {
    return this.#host
      .tell(JSON.stringify(elements.map(setChange)), process.execPath, "--conditions=source", PROCESS)
      .trim();
  }

  /** The order in which a set has its elements says nothing. */
  listed(): readonly string[] {
    const text = this.#host.run("nft", "-n", "list", "table", "ip", "ecluse");
    return text
      .replaceAll(/elements = \{([^}]*)\}/g, (_, list: string) =>
        list
          .split(",")
          .map((element) => element.trim())
          .sort()
          .join("\n"),
      )
      .split("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#host[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true });
  }
}
