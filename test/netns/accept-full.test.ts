/**
 * An acceptance run on the founding document's whole fleet, 72 depots with 99 terminals each, as an operator starts it:
 *
 *   till 203.0.113.7, over ssh ─────┐
 *                                   vm 198.51.100.10 ── depots: whatever lies in 172.17.0.0/16 is a terminal
 *   stranger 192.0.2.66, over ssh ──┘ ecluse serve, ecluse accept
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { suite, test } from "node:test";
import { type Report, untriedOf } from "../../src/accept/report.ts";
import { commandLine } from "../serve/serving.ts";
import { Host, cable } from "../support/namespaces.ts";
import { needs } from "../support/packages.ts";
import { sshInto } from "./ssh-into.ts";

const [VM, TILL, STRANGER] = ["198.51.100.10", "203.0.113.7", "192.0.2.66"] as const;
const FLOWS = 7_128;
const DEPOTS = 72;
const SEED = 22;

/** The last depot is another till's, of which nobody comes. */
function inventory(folder: string): string {
  const depots = Array.from({ length: DEPOTS }, (_, index) => {
    return `  ${index + 1}: { allow: [${index + 1 === DEPOTS ? "office" : "odoo"}], terminals: 1-99 }`;
  });
  return `
gateway: { address: ${VM}, control: ${folder}/control.sock, state: ${folder}/state }
sources:
  odoo: { addresses: [${TILL}], owner: Sales, reason: a test }
  office: { addresses: [203.0.113.99], owner: Sales, reason: a test }
depots:
${depots.join("\n")}
`;
}

const skip = needs(["iproute2"], { root: true });

suite("ecluse accept of 7,128 flows", { skip, timeout: 300_000 }, () => {
  test("a sample with every depot in it is green, and each form of the report says what was drawn", async (context) => {
    await using fleet = await Fleet.create();
    const { report, exit, out, seconds } = await fleet.accept();
    const { sample, cells, counts } = report;
    context.diagnostic(`${cells.length} cells of ${sample?.flows} flows of ${sample?.of} in ${seconds.toFixed(1)} s`);
    assert.equal(exit, 0, out);

    const drawn = new Set(cells.map(({ flow }) => flow));
    assert.deepEqual(sample, { flows: drawn.size, of: FLOWS, seed: SEED });
    assert.ok(cells.length <= 500 && cells.length > 490, `${cells.length} cells`);
    assert.equal(new Set([...drawn].map((flow) => flow.slice(0, "depot01".length))).size, DEPOTS);

    const [otherDepot, ...others] = untriedOf(cells);
    assert.deepEqual([otherDepot?.case, otherDepot?.source, others], ["authorised", "office", []]);
    const kinds = Map.groupBy(
      cells.filter(({ verdict }) => verdict === "passed"),
      (cell) => cell.case,
    );
    const atOffice = otherDepot?.flows.length ?? 0;
    assert.deepEqual(Object.fromEntries([...kinds].map(([kind, { length }]) => [kind, length])), {
      authorised: drawn.size - atOffice,
      "other-source": atOffice,
      stranger: drawn.size,
      ipv6: drawn.size,
    });
    assert.deepEqual([counts.failed, counts.notTried], [0, atOffice]);

    const said = `a sample of ${drawn.size} flows of ${FLOWS}: every depot, every distinct list of rights, the rest by chance (seed ${SEED})`;
    assert.ok(out.includes(said), out);
    assert.ok(fleet.page("en").includes(said));
    assert.ok(fleet.page("fr").includes(`${drawn.size} flux sur ${FLOWS}`));
  });
});

interface Accepted {
  readonly report: Report;
  readonly exit: unknown;
  readonly out: string;
  readonly seconds: number;
}

class Fleet implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "ecluse-accept-full-"));
  readonly #inventory = join(this.#folder, "ecluse.yaml");
  readonly #vm: Host;
  readonly #others: readonly Host[];

  private constructor(vm: Host, others: readonly Host[]) {
    this.#vm = vm;
    this.#others = others;
  }

  static async create(): Promise<Fleet> {
    const create = (name: string): Promise<Host> => Host.create(name);
    const [vm, till] = [await create("vm"), await create("till")];
    const [stranger, depots] = [await create("stranger"), await create("depots")];
    const fleet = new Fleet(vm, [till, stranger, depots]);
    vm.address("lo", `${VM}/32`);
    connect(vm, till, { mine: "203.0.113.1", theirs: TILL });
    connect(vm, stranger, { mine: "192.0.2.1", theirs: STRANGER });
    connect(vm, depots, { mine: "172.17.240.2", theirs: "172.17.240.1" });
    vm.run("ip", "address", "add", "fd00::10/64", "dev", "till", "nodad");
    till.run("ip", "address", "add", "fd00::7/64", "dev", "vm", "nodad");
    vm.route("172.17.0.0/16", "via", "172.17.240.1");
    depots.route("local", "172.17.0.0/16", "dev", "lo");
    sshInto(fleet.#folder, { till, stranger });
    writeFileSync(fleet.#inventory, inventory(fleet.#folder));
    await said(depots, ["simulate", "--listen", "0.0.0.0:8888", "--json"], "listening");
    await said(vm, ["serve", "--inventory", fleet.#inventory], '"ready"');
    return fleet;
  }

  async accept(): Promise<Accepted> {
    const began = performance.now();
    const words = ["--inventory", this.#inventory, "--out", join(this.#folder, "report"), "--seed", String(SEED)];
    const from = ["--from", `till=${TILL}`, "--from", `stranger=${STRANGER}`];
    const path = `PATH=${this.#folder}:${process.env["PATH"] ?? ""}`;
    const child = this.#vm.start("env", path, process.execPath, ...commandLine(["accept", ...words, ...from]));
    let out = "";
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => (out += chunk));
    const [exit] = (await once(child, "close")) as readonly unknown[];
    const seconds = (performance.now() - began) / 1_000;
    return { report: JSON.parse(this.#report("acceptance.json")) as Report, exit, out, seconds };
  }

  page(language: "fr" | "en"): string {
    return this.#report(`acceptance.${language}.html`);
  }

  #report(name: string): string {
    return readFileSync(join(this.#folder, "report", name), "utf8");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of [this.#vm, ...this.#others]) await host[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true });
  }
}

/** A cable with a network on it; the other host goes everywhere by it. */
function connect(vm: Host, other: Host, { mine, theirs }: { readonly mine: string; readonly theirs: string }): void {
  cable(vm, other);
  vm.address(other.name, `${mine}/24`);
  other.address("vm", `${theirs}/24`);
  other.route("default", "via", mine);
}

/** Starts `ecluse WORDS` there, and resolves once a line of its output has the word. */
async function said(host: Host, words: readonly string[], word: string): Promise<void> {
  const child = host.start(process.execPath, ...commandLine(words));
  if (child.stdout === null) throw new TypeError("no output");
  const lines = createInterface({ input: child.stdout });
  await new Promise<void>((resolve, reject) => {
    lines.on("line", (line) => {
      if (line.includes(word)) resolve();
    });
    lines.once("close", () => reject(new Error(`${words[0] ?? ""} ended before it said ${word}`)));
  });
}
