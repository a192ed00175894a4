/**
 * From the first founding document's text alone, as it was extracted, to payments: import, check and render, then the
 * rendered firewalls loaded by their own programs, the gateway served, and a till that pays through both.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, suite, test } from "node:test";
import { commandLine } from "../serve/serving.ts";
import { needs } from "../support/packages.ts";
import { Ufw } from "../support/ufw.ts";
import { DOORS, Network, STRANGER, TILL, VM, kinds } from "./founding-network.ts";

const TEXT = new URL("../fixtures/import/founding-document/document.txt", import.meta.url).pathname;

const skip = needs(["iproute2", "nftables", "ufw"], { root: true });

suite("the founding document, taken over", { skip, timeout: 280_000 }, () => {
  test("three commands, and a payment goes through what they gave; a stranger gets no answer", async (context) => {
    const folder = takenOver(context);
    for (const path of ["nftables/ecluse-ring.nft", "ufw/ecluse-ufw.sh"])
      assert.ok(existsSync(join(folder, "out", path)), path);

    await using network = await Network.create();
    network.startTerminals();
    using firewall = new Ufw(network.vm);
    const script = firewall.write("ecluse-ufw.sh", readFileSync(join(folder, "out/ufw/ecluse-ufw.sh"), "utf8"));
    firewall.run("sh", script);
    network.vm.run("nft", "-f", join(folder, "out/nftables/ecluse-ring.nft"));
    const gateway = await network.serve(context, readFileSync(join(folder, "ecluse.yaml"), "utf8"));

    assert.deepEqual(
      kinds(await network.pay(network.till, TILL)),
      DOORS.map((door) => `${door} accepted`),
    );
    const knock = `exec 3<>/dev/tcp/${VM}/10101`;
    const knocked = (): string => network.stranger.run("timeout", "2", "bash", "-c", knock);
    assert.throws(knocked, ({ status }: { status: number }) => status === 124, "neither an answer nor a refusal");
    assert.match(network.vm.run("nft", "list", "set", "inet", "ecluse_ring", "refused"), new RegExp(STRANGER));
    const events = await gateway.stop();
    assert.deepEqual(
      events.filter(({ event }) => event === "session").map(({ flow, rule, outcome }) => [flow, rule, outcome]),
      ["depot01-tpe01", "depot01-tpe02", "depot22-tpe01", "depot22-tpe02"].map((flow) => [
        flow,
        "ip-autorisee",
        "closed",
      ]),
    );
    assert.deepEqual(
      events.filter(({ event }) => event === "refused"),
      [],
      "the stranger never got as far as the gateway",
    );
  });
});

/** A folder with the text, the inventory that was made of it, and everything rendered in `out`. */
function takenOver(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "ecluse-founding-"));
  context.after(() => rmSync(folder, { recursive: true }));
  copyFileSync(TEXT, join(folder, "cahier.txt"));
  const who = ["--source", "VOTRE_IP_ADMIN=192.0.2.10", "--source", `IP_AUTORISEE=${TILL}`];
  const place = ["--address", VM, "--out", "ecluse.yaml"];
  const commands = [
    ["import", "compose", "cahier.txt", "--repair", "--ufw", "cahier.txt", ...who, ...place],
    ["check"],
    ["render", "all", "--out", "out"],
  ];
  for (const words of commands) {
    const { status, stderr } = spawnSync(process.execPath, commandLine(words), { cwd: folder, encoding: "utf8" });
    assert.equal(status, 0, `${words.join(" ")}: ${stderr}`);
  }
  return folder;
}
