/** The units: their laws over many back-ends, and what systemd's own tools say of them. What they do: test/netns/systemd.test.ts. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { suite, test } from "node:test";
import { createGuard } from "@ecluse/guard";
import { contains, formatAddress, type Ipv4, type Network, parseNetwork } from "@ecluse/guard/address";
import fc from "fast-check";
import { readServices } from "../../examples/listening-rule/landscape.ts";
import type { Service } from "../../src/inventory/model.ts";
import type { RenderedFile } from "../../src/render/rendered-file.ts";
import { textOf } from "../../src/render/rendered-file.ts";
import type { Subject } from "../../src/render/subject.ts";
import { render, renderMachine } from "../../src/render/systemd/systemd.ts";
import { needs } from "../support/packages.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { backends } from "./backends.ts";
import { exampleSubject, EXAMPLES, textSubject } from "./subjects.ts";
import { mayEnter, telling } from "./telling.ts";
import { readUnit, variablesOf } from "./unit-file.ts";

suite("what a service's unit lacks", () => {
  test("its variables let in whom the policy lets in, and nobody else", () => {
    fc.assert(
      fc.property(backends, (subject) => {
        for (const { service, file } of dropInsOf(subject)) {
          const { ALLOWED_SOURCE_IP: allow, ...hosts } = variablesOf(readUnit(file.body));
          if (service.unit === "nginx") {
            assert.equal(allow, undefined);
            continue;
          }
          assert.deepEqual(
            hosts,
            service.hostVariable === undefined ? {} : { [service.hostVariable]: hostOf(service, subject) },
          );
          const guard = createGuard({ allow: allow ?? "" });
          for (const address of telling(subject)) {
            assert.equal(
              guard.allows(formatAddress(address)),
              mayEnter(service, address, subject),
              formatAddress(address),
            );
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test("its packet filter cuts nobody who may come or whom it calls, and is there only where it is known whom it calls", () => {
    fc.assert(
      fc.property(backends, (subject) => {
        for (const { service, file } of dropInsOf(subject)) {
          const unit = readUnit(file.body);
          const allowed = unit.get("Service/IPAddressAllow");
          assert.equal(allowed === undefined, unit.get("Service/IPAddressDeny") === undefined);
          if (service.unit === "nginx") continue;
          const wanted = telling(subject).filter(
            (address) => mayEnter(service, address, subject) || calls(service, address, subject),
          );
          if (allowed === undefined) {
            assert.ok(service.outbound === undefined || wanted.length === telling(subject).length);
            continue;
          }
          assert.deepEqual(unit.get("Service/IPAddressDeny"), ["any"]);
          const [local, ...networks] = allowed;
          assert.equal(local, "localhost");
          const read = networks.map((each) => parseNetwork(each) as Network);
          const passing = telling(subject).filter((address) => read.some((network) => contains(network, address)));
          assert.deepEqual(passing, wanted);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("agrees with the units that were written by hand for the same landscape", () => {
    const subject = exampleSubject("listening-rule");
    for (const { name, machine, environment } of readServices()) {
      const path = `systemd/${name}.service.d/ecluse.conf`;
      const file = machineFiles(subject, machine).find((each) => each.path === path) ?? assert.fail(path);
      const variables = variablesOf(readUnit(file.body));
      assert.equal(Object.keys(variables).length, 2);
      assert.deepEqual({ ...environment, ...variables }, environment);
    }
  });

  test("IPv4 only, whatever the unit itself allows", () => {
    const [file = assert.fail()] = machineFiles(exampleSubject("listening-rule"), "prod");
    assert.deepEqual(readUnit(file.body).get("Service/RestrictAddressFamilies"), ["AF_INET AF_UNIX"]);
  });

  test("nobody is an address from which no connection comes, not an empty list", () => {
    const [file = assert.fail()] = machineFiles(serviceSubject("unit: api, outbound: []"), "prod");
    const { ALLOWED_SOURCE_IP } = variablesOf(readUnit(file.body));
    assert.equal(ALLOWED_SOURCE_IP, "255.255.255.255");
    assert.deepEqual(readUnit(file.body).get("Service/IPAddressAllow"), ["localhost"]);
  });

  test("one unit of two services has the variables of both, and is refused where they let different sources in", () => {
    const both = (allow: string): Subject =>
      textSubject(`
        gateway: { address: 198.51.100.10 }
        machines: { proxy: { address: 192.168.1.100 }, prod: { address: 192.168.1.103 } }
        services:
          one: { machine: prod, port: 3001, unit: both, hostVariable: ONE_HOST, allow: [proxy] }
          two: { machine: prod, port: 3002, unit: both, hostVariable: TWO_HOST, allow: ${allow} }
      `);
    const [file = assert.fail(), ...more] = machineFiles(both("[proxy]"), "prod");
    assert.equal(more.length, 0);
    assert.deepEqual(variablesOf(readUnit(file.body)), {
      ONE_HOST: "192.168.1.103",
      TWO_HOST: "192.168.1.103",
      ALLOWED_SOURCE_IP: "192.168.1.100",
    });
    assert.throws(() => machineFiles(both("[prod]"), "prod"), {
      code: "cannot-render",
      message: /one, two let different/,
    });
  });

  test("a list that is longer than a variable may be is refused", () => {
    const addresses = Array.from({ length: 14_000 }, (_, index) => `10.${index >> 8}.${index & 255}.1`);
    const subject = serviceSubject(
      "unit: api, allow: [many]",
      `sources: { many: { addresses: [${addresses.join()}] } }`,
    );
    assert.throws(() => machineFiles(subject, "prod"), { code: "cannot-render", message: /longer than a variable/ });
  });
});

suite("the gateway's unit", () => {
  const unitOf = (gateway: string, flows = ""): ReadonlyMap<string, readonly string[]> => {
    const [file = assert.fail()] = render(textSubject(`gateway: { address: 198.51.100.10, ${gateway} }\n${flows}`));
    return readUnit(file.body.replaceAll('"systemctl reload"', "systemctl"));
  };

  test("may be stopped for longer than sessions have to finish", () => {
    assert.deepEqual(unitOf("limits: { drain: 1h }").get("Service/TimeoutStopSec"), ["3630s"]);
    assert.deepEqual(unitOf("limits: { drain: 1500ms }").get("Service/TimeoutStopSec"), ["32s"]);
  });

  test("a capability only for a port below 1024 or the shield; then, and for a group, without a user namespace", () => {
    const flow = (port: number): string =>
      `flows: { low: { listen: 198.51.100.10:${port}, target: 203.0.113.7:1, allow: [] } }`.replace(", allow: []", "");
    const rights = (unit: ReadonlyMap<string, readonly string[]>): unknown =>
      ["AmbientCapabilities", "CapabilityBoundingSet", "PrivateUsers", "SupplementaryGroups"].map((key) =>
        unit.get(`Service/${key}`),
      );
    assert.deepEqual(rights(unitOf("")), [undefined, [], ["yes"], undefined]);
    assert.deepEqual(rights(unitOf("", flow(1_024))), [undefined, [], ["yes"], undefined]);
    assert.deepEqual(rights(unitOf("", flow(1_023))), [
      ["CAP_NET_BIND_SERVICE"],
      ["CAP_NET_BIND_SERVICE"],
      undefined,
      undefined,
    ]);
    assert.deepEqual(rights(unitOf("control: { group: operators }")), [undefined, [], undefined, ["operators"]]);
    const shielded = ["CAP_NET_ADMIN"];
    assert.deepEqual(rights(unitOf("shield: true")), [shielded, shielded, undefined, undefined]);
    const both = ["CAP_NET_BIND_SERVICE CAP_NET_ADMIN"];
    assert.deepEqual(rights(unitOf("shield: true", flow(80))), [both, both, undefined, undefined]);
    const families = (gateway: string): unknown => unitOf(gateway).get("Service/RestrictAddressFamilies");
    assert.deepEqual(families("shield: false"), ["AF_INET AF_UNIX"]);
    assert.deepEqual(families("shield: true"), ["AF_INET AF_UNIX AF_NETLINK"]);
  });

  test("state and socket are where systemd can make their folders, or it is refused", () => {
    const folders = (gateway: string): unknown =>
      ["StateDirectory", "RuntimeDirectory"].map((key) => unitOf(gateway).get(`Service/${key}`)?.[0]);
    assert.deepEqual(folders(""), ["ecluse", "ecluse"]);
    assert.deepEqual(folders("state: /var/lib/pay/gate, control: /run/gate/s.sock"), ["pay/gate", "gate"]);
    assert.deepEqual(folders("state: /var/lib/gate, control: /var/lib/gate/s.sock"), ["gate", undefined]);
    for (const refused of [
      ...["/srv/ecluse", "/var/lib/", "/var/lib/../x", "/var/lib/a:b", "/var/lib/private/x", "/var/lib/.x"].map(
        (path) => `state: ${path}`,
      ),
      ...["/run/s.sock", "/tmp/e/s.sock", "/run/a//s.sock"].map((path) => `control: ${path}`),
    ]) {
      assert.throws(() => folders(refused), { code: "cannot-render" }, refused);
    }
  });

  test("names Tailscale's unit and the guard route only where the tunnel is Tailscale's", () => {
    const after = (gateway: string): string => unitOf(gateway).get("Unit/After")?.join() ?? "";
    assert.match(after(""), /tailscaled\.service ecluse-guard-route\.service/);
    assert.equal(after("tunnel: { interface: wg0 }"), "network-online.target");
    assert.equal(render(textSubject("gateway: { address: 198.51.100.10, tunnel: { interface: wg0 } }")).length, 1);
  });
});

suite("systemd's own tools", { skip: needs(["systemd"]) }, () => {
  test("the gateway's unit is exposed to 2.0 at most, in each of its forms", () => {
    for (const gateway of ["", "control: { group: operators }", "LOW", "shield: true"]) {
      const low = gateway === "LOW" ? "flows: { low: { listen: 198.51.100.10:80, target: 203.0.113.7:1 } }" : "";
      using folder = temporaryFolder();
      const subject = textSubject(`gateway: { address: 198.51.100.10, ${gateway.replace("LOW", "")} }\n${low}`);
      writeUnits(folder.path, render(subject), subject);
      const words = ["security", "--offline=true", "--threshold=20", "--no-pager", join(folder.path, "ecluse.service")];
      const { status, stdout, stderr } = spawnSync("systemd-analyze", words, { encoding: "utf8" });
      assert.equal(status, 0, `${stdout}${stderr}`);
    }
  });

  test("verifies every unit of the examples and of twenty hostile back-ends without a word", () => {
    for (const subject of [...EXAMPLES.map(exampleSubject), ...fc.sample(backends, { numRuns: 20, seed: 5 })]) {
      using folder = temporaryFolder();
      // The program is not installed here; any other is there.
      const installed = render(subject).map((file) => ({
        ...file,
        body: file.body.replaceAll("/usr/bin/node", process.execPath),
      }));
      writeUnits(folder.path, installed, subject);
      for (const { name } of subject.inventory.machines) writeUnits(folder.path, machineFiles(subject, name), subject);
      verify(folder.path);
    }
  });
});

interface DropIn {
  readonly service: Service;
  readonly file: RenderedFile;
}

/** Of each service that has a unit; nginx's may be of several. */
function dropInsOf(subject: Subject): readonly DropIn[] {
  return subject.inventory.services.flatMap((service) => {
    if (service.unit === undefined) return [];
    const path = `systemd/${service.unit}.service.d/ecluse.conf`;
    const file = machineFiles(subject, service.machine).find((each) => each.path === path);
    return [{ service, file: file ?? assert.fail(`no ${path}`) }];
  });
}

function machineFiles(subject: Subject, name: string): readonly RenderedFile[] {
  const machine = subject.inventory.machines.find((each) => each.name === name);
  return renderMachine(subject, machine ?? assert.fail(`no ${name}`));
}

function hostOf({ machine }: Service, { inventory }: Subject): string {
  return formatAddress(inventory.machines.find(({ name }) => name === machine)?.address ?? assert.fail());
}

function calls({ outbound = [] }: Service, address: Ipv4, { inventory }: Subject): boolean {
  return (
    outbound === "any" ||
    inventory.sources.some(
      ({ name, networks }) => outbound.includes(name) && networks.some((network) => contains(network, address)),
    )
  );
}

function serviceSubject(service: string, more = ""): Subject {
  return textSubject(`
    gateway: { address: 198.51.100.10 }
    machines: { prod: { address: 192.168.1.103 } }
    services: { api: { machine: prod, port: 3001, ${service} } }
    ${more}
  `);
}

/** A drop-in is verified with the unit that it adds to. */
function writeUnits(folder: string, files: readonly RenderedFile[], subject: Subject): void {
  for (const file of files) {
    const path = join(folder, file.path.replace("systemd/", ""));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, textOf(file, subject));
    if (path.endsWith(".conf")) writeFileSync(dirname(path).slice(0, -".d".length), "[Service]\nExecStart=/bin/true\n");
  }
}

function verify(folder: string): void {
  // A colon is in the names of units, but `verify` takes what follows it for an alias.
  const units = readdirSync(folder).filter((name) => name.endsWith(".service") && !name.includes(":"));
  const words = ["verify", "--man=no", ...units.map((unit) => join(folder, unit))];
  const env = { ...process.env, SYSTEMD_UNIT_PATH: `${folder}:` };
  const { stdout, stderr, status } = spawnSync("systemd-analyze", words, { encoding: "utf8", env });
  assert.equal(`${stdout}${stderr}`, "");
  assert.equal(status, 0);
}
