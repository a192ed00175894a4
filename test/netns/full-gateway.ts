/**
 * A gateway with everything that it can have: 7,128 doors that are held, a rule of UFW for each terminal and each source as
 * the founding document writes them, and the second ring; and the command line, run on it.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatNetwork } from "@ecluse/guard/address";
import * as ring from "../../src/render/nftables.ts";
import { manyTerminals, textSubject } from "../render/subjects.ts";
import { WalledHost } from "./walled-host.ts";

export interface Ran {
  readonly exit: unknown;
  readonly out: string;
  /** From its start to its end. */
  readonly seconds: number;
  /** Of the processor, by it and all that it ran: what a quiet machine would take at most. */
  readonly cpuSeconds: number;
}

export class FullGateway implements AsyncDisposable {
  readonly walled: WalledHost;
  readonly folder = mkdtempSync(join(tmpdir(), "ecluse-full-"));

  private constructor(walled: WalledHost) {
    this.walled = walled;
  }

  static async create(text = manyTerminals(7_128)): Promise<FullGateway> {
    const gateway = new FullGateway(await WalledHost.create());
    const subject = textSubject(text);
    const { walled } = gateway;
    writeFileSync(gateway.inventory, text);
    const ports = subject.policy.flows.flatMap(({ endpoints }) => endpoints.map(({ port }) => port));
    await walled.hold([22, ...ports]);
    const { sources } = subject.inventory;
    const from = (name: string): readonly string[] =>
      sources.find((source) => source.name === name)?.networks.map(formatNetwork) ?? [];
    const tuples = [
      ...from("administrators").map((address) => ufwRule(22, address)),
      ...ports.flatMap((port) => from("tills").map((address) => ufwRule(port, address))),
    ];
    walled.host.tell(tuples.join("\n"), "sh", "-ec", PUT_IN_PLACE);
    walled.host.tell(ring.render(subject)[0]?.body ?? "", "nft", "-f", "-");
    return gateway;
  }

  get inventory(): string {
    return join(this.folder, "ecluse.yaml");
  }

  /** The command itself, from its start to its end. */
  ecluse(...words: readonly string[]): Promise<Ran> {
    const cli = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
    const [program = "", ...entry] = this.walled.host.entry;
    const shell = ["sh", "-c", '"$@"; code=$?; times >&2; exit $code', "sh"];
    const given = [...words, "--inventory", this.inventory];
    const all = [...entry, ...shell, process.execPath, "--conditions=source", cli, ...given];
    const began = performance.now();
    return new Promise((resolve, reject) => {
      execFile(program, all, { maxBuffer: 2 ** 28 }, (error, out, said) => {
        const exit = error?.code ?? 0;
        if (exit !== 0 && exit !== 1) reject(new Error(said));
        else resolve({ exit, out, seconds: (performance.now() - began) / 1_000, cpuSeconds: cpuIn(said) });
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.walled[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true });
  }
}

/** The last line of sh's `times`: those of its children, `0m1.23s 0m0.45s`. */
function cpuIn(said: string): number {
  const times = said.trim().split("\n").at(-1) ?? "";
  return [...times.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  );
}

/** As UFW writes it into user.rules. */
function ufwRule(port: number, from: string): string {
  return `### tuple ### allow tcp ${port} 0.0.0.0/0 any ${from} in
-A ufw-user-input -p tcp --dport ${port} -s ${from} -j ACCEPT
`;
}

/** UFW's own commands would take an hour for them. */
const PUT_IN_PLACE = `
cat > /run/rules
sed -i '/^### RULES ###/r /run/rules' /etc/ufw/user.rules
ufw --force enable
`;
