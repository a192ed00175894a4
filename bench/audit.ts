/**
 * What an audit of 7,128 terminals takes: `sudo npm run bench:audit`. The command from its start to its end, on a host in
 * namespaces of its own: all doors held, a rule of UFW for each terminal and source, and the ring. Beside the seconds stand
 * those of the processor, by the command and all that it ran, which other work on the machine does not lengthen.
 */
import { loadavg } from "node:os";
import { join } from "node:path";
import { manyTerminals } from "../test/render/subjects.ts";
import { FullGateway } from "../test/netns/full-gateway.ts";
import { describeMachine } from "./machine.ts";
import { median } from "./statistics.ts";

const ROUNDS = Number(process.env["ROUNDS"] ?? 5);

const SUBJECTS: Readonly<Record<string, string>> = {
  "one source, 7,128 rules": manyTerminals(7_128).replace(", 203.0.113.16/28]", "]"),
  "two sources, 14,256 rules": manyTerminals(7_128),
};

process.stdout.write(`${JSON.stringify(describeMachine())}\n`);
for (const [name, text] of Object.entries(SUBJECTS)) {
  await using gateway = await FullGateway.create(text);
  const bundle = join(gateway.folder, "facts.json");
  const why = ["why", "72/99", "--from", "203.0.113.7", "--control", join(gateway.folder, "none.sock")];
  const commands = [["audit"], ["facts", "--out", bundle], ["audit", "--facts", bundle], ["doctor"], why];
  for (const words of commands) process.stdout.write(`${name}: ${await measured(gateway, words)}\n`);
}

async function measured(gateway: FullGateway, words: readonly string[]): Promise<string> {
  const wall: number[] = [];
  const cpu: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const { seconds, cpuSeconds } = await gateway.ecluse(...words);
    wall.push(seconds);
    cpu.push(cpuSeconds);
  }
  const [load = 0] = loadavg();
  const command = words.slice(0, words[0] === "audit" ? 2 : 1).join(" ");
  return `${command}: ${median(wall).toFixed(2)} s, processor ${median(cpu).toFixed(2)} s (load ${load.toFixed(1)})`;
}
