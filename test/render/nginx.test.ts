/** nginx's files: their laws over many back-ends, in namespaces what nginx itself says of them and does by them. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import { contains, formatAddress, type Network, parseNetwork } from "@ecluse/guard/address";
import fc from "fast-check";
import { renderMachine } from "../../src/render/nginx/nginx.ts";
import { textOf } from "../../src/render/rendered-file.ts";
import type { Subject } from "../../src/render/subject.ts";
import { until } from "../support/loopback.ts";
import { Host } from "../support/namespaces.ts";
import { needs } from "../support/packages.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { backends } from "./backends.ts";
import { AT, exampleSubject, textSubject } from "./subjects.ts";
import { mayEnter, telling } from "./telling.ts";

suite("where a machine's own nginx listens", () => {
  test("on its address and in IPv4 only, for whom the policy lets in", () => {
    fc.assert(
      fc.property(backends, (subject) => {
        const { services, machines } = subject.inventory;
        for (const service of services) {
          const machine = machines.find(({ name }) => name === service.machine) ?? assert.fail();
          const isNginxs = service.unit === "nginx" || (service.unit ?? service.hostVariable) === undefined;
          const text = filesOf(subject, machine.name).get(`nginx/listen-${service.name}.conf`);
          assert.equal(text !== undefined, isNginxs);
          if (text === undefined) continue;
          const [listen = "", ...rules] = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
          assert.equal(listen, `listen ${formatAddress(machine.address)}:${service.port};`);
          assert.equal(rules.pop(), "deny all;");
          const allowed = rules.map((rule) => parseNetwork(/^allow (\S+);$/.exec(rule)?.[1] ?? "") as Network);
          for (const address of telling(subject)) {
            assert.equal(
              allowed.some((network) => contains(network, address)),
              mayEnter(service, address, subject),
            );
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

suite("the proxy's servers", () => {
  test("each domain leads to its service, from the first machine that may come and is another, and from no other", () => {
    fc.assert(
      fc.property(backends, (subject) => {
        const { services, machines } = subject.inventory;
        const found = machines.flatMap(({ name }) =>
          serversIn(filesOf(subject, name).get("nginx/ecluse-proxy.conf") ?? "").map((server) => [name, ...server]),
        );
        const wanted = services.flatMap(({ domain, machine, grants, port }) => {
          const at = machines.find(({ name }) => name === machine)?.address ?? assert.fail();
          const holding = grants.filter(({ until: end = Infinity }) => end > AT).map(({ source }) => source);
          const proxy = holding.find((name) => name !== machine && machines.some((each) => each.name === name));
          return domain === undefined || proxy === undefined ? [] : [[proxy, domain, `${formatAddress(at)}:${port}`]];
        });
        assert.deepEqual(found.sort(), wanted.sort());
      }),
      { numRuns: 300 },
    );
  });

  test("two services of one domain are refused", () => {
    const subject = textSubject(`
      gateway: { address: 198.51.100.10 }
      machines: { proxy: { address: 192.168.1.100 }, prod: { address: 192.168.1.103 } }
      services:
        one: { machine: prod, port: 3001, domain: api.example.org, allow: [proxy] }
        two: { machine: prod, port: 3002, domain: api.example.org, allow: [proxy] }
    `);
    assert.throws(() => filesOf(subject, "proxy"), {
      code: "cannot-render",
      message: /one and two both have the domain/,
    });
  });
});

suite(
  "nginx itself",
  { skip: needs(["iproute2", "nginx", "openssl", "curl"], { root: true }), timeout: 180_000 },
  () => {
    test("takes every file of the example and of twenty hostile back-ends", async () => {
      await using host = await Host.create("any");
      // It binds what it tests.
      host.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_nonlocal_bind");
      for (const subject of [exampleSubject("listening-rule"), ...fc.sample(backends, { numRuns: 20, seed: 5 })]) {
        for (const { name } of subject.inventory.machines) {
          using folder = nginxFolder(subject, name);
          host.run("nginx", ...folder.words, "-t", "-q");
        }
      }
    });

    test("lets the proxy in and nobody else, and shows it to whoever asks by name", async () => {
      const subject = exampleSubject("listening-rule");
      await using host = await Host.create("any");
      const [PROXY, BITCOIN, PROD, STRANGER] = ["192.168.1.100", "192.168.1.105", "192.168.1.103", "192.168.1.66"];
      host.address("lo", PROXY, BITCOIN, PROD, STRANGER);
      using bitcoin = nginxFolder(subject, "bitcoin");
      using proxy = nginxFolder(subject, "proxy");
      for (const { words } of [bitcoin, proxy]) host.start("nginx", ...words);
      const faucet = host.start(process.execPath, "--eval", FAUCET);
      await once(faucet.stdout ?? assert.fail(), "data");
      const listening = (): string =>
        host
          .run("ss", "-Htln")
          .replaceAll(/^\S+\s+\S+\s+\S+\s+(\S+).*$/gm, "$1")
          .trim();
      const doors = [`${BITCOIN}:3015`, `${PROD}:3022`, `${PROXY}:443`];
      await until(() => listening().split("\n").length === doors.length, "all listen");
      assert.deepEqual(listening().split("\n").sort(), doors.sort());
      const curl = (...words: readonly string[]): string =>
        host.run("sh", "-c", 'curl -s -k "$@" || echo " curl $?"', "sh", ...words);

      const page = `http://${BITCOIN}:3015/`;
      assert.equal(curl("--interface", PROXY, page), "mempool\n");
      assert.match(curl("--interface", STRANGER, page), /403 Forbidden/);

      const named = (name: string): readonly string[] => [
        ...["--interface", STRANGER, "--resolve", `${name}:443:${PROXY}`, `https://${name}/`],
      ];
      assert.equal(curl(...named("mempool.example.org")), "mempool\n");
      const forged = ["-H", "X-Forwarded-For: 192.0.2.1", "-H", "Upgrade: websocket", "-H", "Connection: Upgrade"];
      assert.deepEqual(JSON.parse(curl(...forged, ...named("faucet.example.org"))), {
        peer: PROXY,
        host: "faucet.example.org",
        forwarded: STRANGER,
        upgrade: "websocket upgrade",
      });
      assert.match(curl(...named("nobody.example.org")), /^ curl 52/);
    });
  },
);

/** Tells what it was asked and by whom. */
const FAUCET = `
  const answer = ({ headers: { host, upgrade, connection, "x-forwarded-for": forwarded }, socket }) =>
    JSON.stringify({ peer: socket.remoteAddress, host, forwarded, upgrade: upgrade + " " + connection });
  const server = require("node:http").createServer((request, response) => response.end(answer(request)));
  server.listen(3022, "192.168.1.103", () => console.log("listens"));
`;

function filesOf(subject: Subject, name: string): ReadonlyMap<string, string> {
  const machine = subject.inventory.machines.find((each) => each.name === name) ?? assert.fail(name);
  return new Map(renderMachine(subject, machine).map((file) => [file.path, textOf(file, subject)]));
}

/** Domain and target of each server that has one. */
function serversIn(text: string): readonly (readonly string[])[] {
  const blocks = text.split(/^server \{$/m).slice(1);
  return blocks.flatMap((block) => {
    const domain = /^ {4}server_name (\S+);$/m.exec(block)?.[1] ?? assert.fail(block);
    return domain === "_" ? [] : [[domain, /proxy_pass http:\/\/(\S+);$/m.exec(block)?.[1] ?? ""]];
  });
}

interface NginxFolder extends Disposable {
  /** Before \`-t\`, or to serve in the foreground. */
  readonly words: readonly string[];
}

/** A machine's files as they would lie in /etc/nginx, with one certificate for all. */
function nginxFolder(subject: Subject, machine: string): NginxFolder {
  const temporary = temporaryFolder();
  const folder = temporary.path;
  mkdirSync(join(folder, "page"));
  writeFileSync(join(folder, "page", "index.html"), "mempool\n");
  const files = [...filesOf(subject, machine)].map(([path, text], index) => {
    const name = join(folder, `${index}.conf`);
    writeFileSync(name, text.replaceAll(/\/etc\/nginx\/certificates\/\S+\.(pem|key);/g, `${folder}/one.$1;`));
    const isSite = path.endsWith("ecluse-proxy.conf");
    return isSite ? `include ${name};` : `server { include ${name}; root ${folder}/page; }`;
  });
  certificate(folder);
  const own = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  const text = [
    "daemon off;",
    "master_process off;",
    "user root;",
    `pid ${folder}/pid;`,
    "events {}",
    "http {",
    "access_log off;",
    ...own,
    ...files,
    "}",
  ];
  writeFileSync(join(folder, "nginx.conf"), text.join("\n"));
  const words = ["-e", join(folder, "errors"), "-p", folder, "-c", join(folder, "nginx.conf")];
  return { words, [Symbol.dispose]: () => temporary[Symbol.dispose]() };
}

function certificate(folder: string): void {
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=example.org"];
  const files = ["-keyout", join(folder, "one.key"), "-out", join(folder, "one.pem")];
  execFileSync("openssl", ["req", "-x509", ...curve, ...files], { stdio: "pipe" });
}
