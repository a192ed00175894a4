/** The YAML that cloud-init reads: the same under YAML 1.1, which it speaks, and 1.2. */

/** What a machine gets. Texts end with a newline. */
export interface Host {
  readonly sources: readonly AptSource[];
  readonly packages: readonly string[];
  readonly files: readonly HostFile[];
  /** Run as root, in order, once. */
  readonly commands: readonly (readonly string[])[];
  /** What a person has to do yet, a line each. */
  readonly left: readonly string[];
}

export interface AptSource {
  readonly name: string;
  readonly source: string;
  /** The whole fingerprint: the key is fetched by it, and no other is taken. */
  readonly key: string;
}

export interface HostFile {
  readonly path: string;
  readonly mode: string;
  readonly text: string;
}

export function userData({ sources, packages, files, commands, left }: Host): string {
  return `package_update: true
package_upgrade: true
apt:
  sources:
${sources.map(source).join("")}packages:
${packages.map((name) => `  - ${name}\n`).join("")}write_files:
${files.map(written).join("")}runcmd:
${commands.map((words) => `  - ${JSON.stringify(words)}\n`).join("")}# Once, so that what runs is what will run after any restart.
power_state:
  mode: reboot
  message: The machine is set up and restarts once
final_message: |
${indented(left.join("\n"), 2)}`;
}

function source({ name, source: line, key }: AptSource): string {
  return `    ${name}:\n      source: ${JSON.stringify(line)}\n      keyid: ${key}\n`;
}

function written({ path, mode, text }: HostFile): string {
  return `  - path: ${path}\n    permissions: "${mode}"\n    content: |\n${indented(text, 6)}`;
}

/** A block scalar: YAML takes each line as it is. Empty lines stay empty. */
function indented(text: string, columns: number): string {
  const lines = text.replace(/\n$/, "").split("\n");
  return lines.map((line) => (line === "" ? "\n" : `${" ".repeat(columns)}${line}\n`)).join("");
}
