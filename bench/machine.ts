/** On what the figures were measured. */
import { spawnSync } from "node:child_process";
import { cpus, release, totalmem } from "node:os";

export interface Machine {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly kernel: string;
  readonly versions: Readonly<Record<string, string>>;
}

export function describeMachine(): Machine {
  return {
    date: new Date().toISOString(),
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryBytes: totalmem(),
    kernel: release(),
    versions: {
      node: process.version,
      haproxy: versionOf("haproxy", "-v", /version (\S+)/),
      nginx: versionOf("nginx", "-v", /nginx\/(\S+)/),
      socat: versionOf("socat", "-V", /version (\S+)/),
    },
  };
}

function versionOf(program: string, option: string, pattern: RegExp): string {
  const { stdout, stderr } = spawnSync(program, [option], { encoding: "utf8" });
  // Both are null where the program is absent.
  return pattern.exec(`${stdout}${stderr}`)?.[1] ?? "absent";
}
