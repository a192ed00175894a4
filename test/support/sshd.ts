/**
 * A real sshd on hosts of the tests, and a client that knows their keys: configuration, keys and known hosts are the test's
 * own, in one folder. Nothing of the machine's own ssh is read or written: what lies below /etc is a copy of the host's own.
 */
import { execFileSync } from "node:child_process";
import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "./loopback.ts";
import type { Host } from "./namespaces.ts";

export class Ssh implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "ecluse-ssh-"));

  constructor() {
    this.#key("client");
    copyFileSync(join(this.folder, "client.pub"), join(this.folder, "authorized_keys"));
    writeFileSync(join(this.folder, "known_hosts"), "");
  }

  /** On a host whose mounts are its own. `known`: addresses at which the client expects its key; `force`: what it runs for whoever comes. */
  async serve(host: Host, { known, force }: { readonly known: string; readonly force?: string }): Promise<void> {
    const name = `${host.name}-host`;
    this.#key(name);
    this.know(known, name);
    const file = join(this.folder, `${host.name}.conf`);
    writeFileSync(file, `${this.#settings(name)}${force === undefined ? "" : `ForceCommand ${force}\n`}`);
    host.run("sh", "-ec", PREPARED);
    host.start("/usr/sbin/sshd", "-D", "-e", "-f", file).stdout?.resume();
    await until(() => host.run("ss", "-Htln", "sport = :22") !== "", "sshd listens");
  }

  /** From now on the client expects that host's key at these addresses. */
  know(addresses: string, name: string): void {
    const [kind = "", key = ""] = readFileSync(join(this.folder, `${name}.pub`), "utf8").split(" ");
    appendFileSync(join(this.folder, "known_hosts"), `${addresses} ${kind} ${key}\n`);
  }

  /** What ssh_config(5) is on this host: the test's key, and no host is believed whose key is not known. */
  client(host: Host, more = ""): void {
    const text = `${more}Host *\n  IdentityFile ${this.folder}/client\n  IdentitiesOnly yes\n  StrictHostKeyChecking yes
  UserKnownHostsFile ${this.folder}/known_hosts\n  GlobalKnownHostsFile none\n`;
    host.tell(text, "sh", "-c", "cat > /etc/ssh/ssh_config");
    host.run("sh", "-ec", 'if [ -d "$1/.ssh" ]; then mount -t tmpfs tmpfs "$1/.ssh"; fi', "sh", homedir());
  }

  #key(name: string): void {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", join(this.folder, name)]);
  }

  #settings(name: string): string {
    return [
      `HostKey ${this.folder}/${name}`,
      `AuthorizedKeysFile ${this.folder}/authorized_keys`,
      // The folder of the tests lies where everybody may write.
      "StrictModes no",
      "PidFile none",
      "UsePAM no",
      "PasswordAuthentication no",
      "PermitRootLogin prohibit-password",
      // More at once than sshd would take from strangers.
      "MaxStartups 100",
      "",
    ].join("\n");
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** sshd wants its folder, and lets nobody in whose account is locked. */
const PREPARED = "mkdir -p /run/sshd; sed -i 's/^root:[^:]*:/root:*:/' /etc/shadow";
