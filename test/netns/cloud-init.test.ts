/**
 * The rendered user-data, carried out by cloud-init on a machine with a systemd of its own: every file and command of it,
 * with the real ufw, ip and dockerd. What it would fetch (packages, their keys, the tunnel) is not: there is no Internet.
 */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { render } from "../../src/render/cloud-init/cloud-init.ts";
import { textOf } from "../../src/render/rendered-file.ts";
import { textSubject } from "../render/subjects.ts";
import { needs } from "../support/packages.ts";
import { SystemdMachine } from "../support/systemd-machine.ts";

const INVENTORY = `
  gateway: { address: 198.51.100.10 }
  sources:
    till: { addresses: [203.0.113.7], owner: Sales, reason: a test }
    admin: { addresses: [192.0.2.10, 192.0.2.128/28], owner: Operations, reason: a test }
    office: { addresses: [10.200.7.0/24], owner: Operations, reason: in the way of Docker }
  ssh: { allow: [admin] }
  depots: { 1: { allow: [till], terminals: 1-2 } }
`;

const skip = needs(["systemd", "cloud-init", "ufw", "iproute2"], { root: true }) || SystemdMachine.unavailable();

suite("a machine set up by cloud-init", { skip, timeout: 280_000 }, () => {
  test("for systemd: closed but for SSH, guarded, and the gateway starts once the inventory is there", async () => {
    await using machine = await setUp("systemd");
    isClosedButForSsh(machine);
    assert.match(machine.run("ip", "route"), /^unreachable 172\.17\.0\.0\/16 metric 4294967295$/m);
    assert.equal(machine.run("systemctl", "is-enabled", "ecluse-guard-route.service"), "enabled");
    machine.run("ip", "address", "add", "198.51.100.10/32", "dev", "lo");
    machine.write("/etc/ecluse/ecluse.yaml", INVENTORY);
    machine.run("systemctl", "enable", "--now", "ecluse");
    const { out, err, code } = machine.try("ecluse", "status");
    assert.equal(code, 0, `${out}${err}`);
    assert.match(out, /2 doors open/);
  });

  test(
    "for Docker: none of its bridges is where the depots or the sources are",
    { skip: needs(["docker.io"]) },
    async () => {
      await using machine = await setUp("docker");
      isClosedButForSsh(machine);
      machine.unit("docker.service", DOCKER);
      machine.run("systemctl", "start", "docker");
      const docker = ["/usr/bin/docker", "--host", "unix:///run/docker.sock"] as const;
      machine.run(...docker, "network", "create", "more");
      const subnet = (name: string): string =>
        machine.run(...docker, "network", "inspect", "--format", "{{(index .IPAM.Config 0).Subnet}}", name);
      assert.deepEqual(["bridge", "more"].map(subnet), ["10.201.0.0/24", "10.201.128.0/24"]);
      assert.equal(
        machine.run(...docker, "info", "--format", "{{.LoggingDriver}} {{.LiveRestoreEnabled}}"),
        "local true",
      );
      const way = machine.try("ip", "route", "get", "172.17.1.10");
      assert.match(way.err, /No route to host|unreachable/i);
    },
  );
});

/** Debian's own, with what it keeps in memory. */
const DOCKER = `[Service]
Type=notify
Delegate=yes
ExecStart=/usr/sbin/dockerd --data-root /run/docker-data
StandardError=append:/run/docker.log
`;

async function setUp(form: "systemd" | "docker"): Promise<SystemdMachine> {
  const subject = textSubject(INVENTORY);
  const file = render(subject).find(({ path }) => path === `cloud-init/${form}.yaml`) ?? assert.fail(form);
  const machine = await SystemdMachine.start();
  machine.write("/var/lib/cloud/seed/nocloud/user-data", textOf(file, subject));
  machine.write("/var/lib/cloud/seed/nocloud/meta-data", "instance-id: test\n");
  machine.write("/etc/cloud/cloud.cfg.d/99-test.cfg", SETTINGS);
  // Its stages, in the order of the boot: https://docs.cloud-init.io/en/latest/explanation/boot.html
  machine.run("cloud-init", "init", "--local");
  machine.run("cloud-init", "init");
  machine.run("cloud-init", "modules", "--mode", "config");
  machine.run("cloud-init", "modules", "--mode", "final");
  return machine;
}

/** What writes files and runs commands; the rest of cloud-init would look for disks, users and the Internet. */
const SETTINGS = `
datasource_list: [NoCloud]
network: { config: disabled }
cloud_init_modules: [write-files]
cloud_config_modules: [runcmd]
cloud_final_modules: [scripts-user]
`;

function isClosedButForSsh(machine: SystemdMachine): void {
  const lines = machine.run("ufw", "status", "verbose").split("\n");
  assert.ok(lines.includes("Status: active"));
  assert.match(lines.join("\n"), /Default: deny \(incoming\), allow \(outgoing\)/);
  const rules = lines
    .filter((line) => line.includes("ALLOW"))
    .map((line) =>
      line
        .split(/\s{2,}/)
        .slice(0, 3)
        .join(" "),
    );
  assert.deepEqual(rules, ["22/tcp ALLOW IN 192.0.2.10", "22/tcp ALLOW IN 192.0.2.128/28"]);
}
