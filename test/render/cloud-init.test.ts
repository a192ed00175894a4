/** The user-data: what it holds and what it must not, and what cloud-init says of it. What it does: test/netns/cloud-init.test.ts. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { formatNetwork, type Network, overlaps, parseNetwork } from "@ecluse/guard/address";
import fc from "fast-check";
import { parse } from "yaml";
import { render } from "../../src/render/cloud-init/cloud-init.ts";
import { textOf } from "../../src/render/rendered-file.ts";
import type { Subject } from "../../src/render/subject.ts";
import { needs } from "../support/packages.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { backends } from "./backends.ts";
import { exampleSubject, manyTerminals, textSubject } from "./subjects.ts";

interface UserData {
  readonly write_files: readonly { readonly path: string; readonly permissions: string; readonly content: string }[];
  readonly runcmd: readonly (readonly string[])[];
  readonly packages: readonly string[];
}

/** Amazon's limit, the smallest: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html */
const SMALLEST_CLOUD = 16_384;

suite("user-data", () => {
  test("is the same under YAML 1.1, which cloud-init reads, and 1.2", () => {
    for (const text of [
      ...textsOf(exampleSubject("complete")),
      ...fc.sample(backends, { numRuns: 20, seed: 5 }).flatMap(textsOf),
    ]) {
      assert.deepEqual(parse(text, { version: "1.1" }), parse(text, { version: "1.2" }));
    }
  });

  test("is a cloud-config that fits every cloud, whatever the number of terminals", () => {
    for (const text of textsOf(textSubject(manyTerminals(7_128)))) {
      assert.match(text, /^#cloud-config\n/);
      assert.ok(Buffer.byteLength(text) < SMALLEST_CLOUD, String(text.length));
    }
  });

  test("names a file for Tailscale's key, and writes none", () => {
    for (const text of textsOf(exampleSubject("complete"))) {
      const { write_files: files, runcmd: commands } = parse(text) as UserData;
      assert.ok(commands.some((words) => words.join(" ").includes("--auth-key=file:/etc/ecluse/tailscale.key")));
      assert.ok(!files.some(({ path }) => path.startsWith("/etc/ecluse/")));
      assert.doesNotMatch(text, /tskey/);
    }
  });

  test("an inventory that would lock the administrators out is refused, and a tunnel that is not Tailscale's", () => {
    const refused = (inventory: string, message: RegExp): void =>
      assert.throws(() => render(textSubject(inventory)), { code: "cannot-render", message });
    refused("gateway: { address: 198.51.100.10 }", /nobody may come by SSH/);
    const ssh =
      "sources: { admin: { addresses: [192.0.2.10] } }\nssh: { allow: [{ source: admin, until: 2026-01-01T00:00:00Z }] }";
    refused(`gateway: { address: 198.51.100.10 }\n${ssh}`, /nobody may come by SSH/);
    const other = "gateway: { address: 198.51.100.10, tunnel: { interface: wg0 } }";
    refused(`${other}\n${ssh.replace("2026", "2027")}`, /only Tailscale/);
  });
});

suite("Docker's networks", () => {
  const host = (addresses: string, more = ""): string => `
    gateway: { address: 198.51.100.10 ${more} }
    sources: { admin: { addresses: [${addresses}] } }
    ssh: { allow: [admin] }
  `;
  const table: readonly (readonly [what: string, inventory: string, bridge: string])[] = [
    ["the first of the least used", host("192.0.2.10"), "10.200.0.0/24"],
    ["not where a source is", host("10.200.9.9, 10.201.0.0/16"), "10.202.0.0/24"],
    ["not where the depots are", host("192.0.2.10", ", terminals: { network: 10.200.0.0/16 }"), "10.201.0.0/24"],
    ["not beside a subnet router", host("192.0.2.10", ", tunnel: { routers: [10.200.3.1] }"), "10.201.0.0/24"],
    ["elsewhere where 10.0.0.0/8 is taken", host("10.0.0.0/8"), "172.18.0.0/24"],
    ["at last where nobody is", host("10.0.0.0/8, 172.16.0.0/12"), "198.18.0.0/24"],
  ];
  for (const [what, inventory, bridge] of table) {
    test(what, () => {
      const [first = assert.fail()] = dockerNetworksOf(textSubject(inventory));
      assert.equal(formatNetwork(first), bridge);
    });
  }

  test("none free is refused", () => {
    const everything = textSubject(host("10.0.0.0/8, 172.16.0.0/12, 198.18.0.0/15"));
    assert.throws(() => render(everything), { code: "cannot-render", message: /leaves no private network/ });
  });

  test("the bridges' two overlap neither each other nor anything of the inventory", () => {
    const [first = assert.fail(), others = assert.fail()] = dockerNetworksOf(exampleSubject("complete"));
    assert.ok(!overlaps(first, others));
    const { gateway, sources } = exampleSubject("complete").inventory;
    const named = sources.filter(({ name }) => name !== "any").flatMap(({ networks }) => networks);
    for (const network of [gateway.terminals.network, ...named]) {
      assert.ok(!overlaps(network, first) && !overlaps(network, others), formatNetwork(network));
    }
  });
});

suite("cloud-init schema", { skip: needs(["cloud-init"]), timeout: 180_000 }, () => {
  test("takes what is rendered from the example and from hostile back-ends", () => {
    for (const subject of [exampleSubject("complete"), ...fc.sample(backends, { numRuns: 3, seed: 5 })]) {
      for (const text of textsOf(subject)) {
        using folder = temporaryFolder();
        const file = join(folder.path, "user-data");
        writeFileSync(file, text);
        const { stdout, stderr } = spawnSync("cloud-init", ["schema", "--config-file", file], { encoding: "utf8" });
        assert.match(stdout, /^Valid cloud-config: /, stderr);
      }
    }
  });
});

function textsOf(subject: Subject): readonly string[] {
  return render(subject).map((file) => textOf(file, subject));
}

/** The first bridge's, and the pool of the others, as the daemon is told. */
function dockerNetworksOf(subject: Subject): readonly Network[] {
  const [, text = ""] = textsOf(subject);
  const { write_files: files } = parse(text) as UserData;
  const settings = JSON.parse(files.find(({ path }) => path === "/etc/docker/daemon.json")?.content ?? "") as {
    readonly bip: string;
    readonly "default-address-pools": readonly { readonly base: string; readonly size: number }[];
  };
  const [pool = assert.fail()] = settings["default-address-pools"];
  assert.match(settings.bip, /\.0\.1\/24$/);
  assert.equal(pool.size, 24);
  return [settings.bip.replace(".1/24", ".0/24"), pool.base].map((network) => parseNetwork(network) as Network);
}
