/**
 * A back-end machine whose nginx is its only filter, with Debian's own nginx and its configuration folder: what drifted
 * there is found by the line of the configuration, and mended by what is printed.
 *
 *   proxy 203.0.113.7 ────┐
 *   stranger 192.0.2.66 ──┴─ 198.51.100.10:3015 nginx
 */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { until } from "../support/loopback.ts";
import { needs } from "../support/packages.ts";
import { textSubject } from "../render/subjects.ts";
import { GATEWAY, STRANGER, TILL, WalledHost } from "./walled-host.ts";

const skip = needs(["iproute2", "nftables", "iptables", "ufw", "nginx", "curl"], { root: true });

const MACHINE = textSubject(`
gateway: { address: 198.51.100.200 }
machines:
  proxy: { address: ${TILL} }
  prod: { address: ${GATEWAY} }
services:
  mempool: { machine: prod, port: 3015, allow: [proxy] }
`);

const SITE = `
server {
    listen ${GATEWAY}:3015;
    include snippets/proxy-only.conf;
    location / { return 404; }
    location /api/ { root /srv; }
}
`;

interface Drift {
  readonly name: string;
  /** What sed does to the site, and to the snippet that it includes. */
  readonly site?: string;
  readonly snippet?: string;
  readonly found: readonly string[];
  readonly line: RegExp;
}

const DRIFTS: readonly Drift[] = [
  {
    name: "a server that lost its `deny all`, in a file that it includes",
    snippet: "/deny all/d",
    found: ["open-to-others", "guard-wider"],
    line: /^\/etc\/nginx\/conf\.d\/mempool\.conf: server \{ allow 203\.0\.113\.7; \}$/,
  },
  {
    name: "a server that lost its whole filter",
    site: "/include/d",
    found: ["open-to-others"],
    line: /^\/etc\/nginx\/conf\.d\/mempool\.conf: server \{ \}$/,
  },
  {
    name: "a location that lets in everybody",
    site: String.raw`s/(location \/api\/ \{)/\1 allow all;/`,
    found: ["open-to-others", "guard-wider"],
    line: /^\/etc\/nginx\/conf\.d\/mempool\.conf: location \/api\/ \{ allow all; \}$/,
  },
  {
    name: "a stranger among those let in",
    snippet: `1i allow ${STRANGER};`,
    found: ["open-to-others", "guard-wider"],
    line: /allow 192\.0\.2\.66; allow 203\.0\.113\.7; deny all;/,
  },
  {
    name: "a proxy that is kept out",
    snippet: "/allow/d",
    found: ["guard-narrower"],
    line: /server \{ deny all; \}$/,
  },
  {
    name: "a header that is believed",
    snippet: "$a set_real_ip_from 0.0.0.0/0;",
    found: ["open-to-others", "guard-wider"],
    line: /set_real_ip_from 0\.0\.0\.0\/0; \}$/,
  },
  {
    name: "a listen on every address",
    site: "s/listen .*/listen 3015;/",
    found: ["listens-everywhere"],
    line: /^\/etc\/nginx\/conf\.d\/mempool\.conf: listen 3015;$/,
  },
  {
    name: "a listen over IPv6",
    site: String.raw`s/(listen .*)/\1 listen [::]:3015;/`,
    found: ["listens-ipv6"],
    line: /^\/etc\/nginx\/conf\.d\/mempool\.conf: listen \[::\]:3015;$/,
  },
  {
    name: "a listen over both by one socket",
    site: "s/listen .*/listen [::]:3015 ipv6only=off;/",
    found: ["listens-ipv6"],
    line: /listen \[::\]:3015 ipv6only=off;$/,
  },
];

/** What `systemctl restart nginx` does, where no systemd is. */
const RESTART = `systemctl() { kill -QUIT "$(cat /run/nginx.pid)"; while [ -e /run/nginx.pid ]; do :; done; nginx; }`;

suite("nginx as the only filter", { skip, timeout: 280_000 }, () => {
  test("lets in the proxy alone: not a word, with and without a firewall", async () => {
    await using machine = await started();
    assert.deepEqual(await machine.audit(MACHINE, "prod"), []);
    machine.sh(`ufw allow from ${TILL} to any port 3015 proto tcp`, "ufw --force enable");
    assert.deepEqual(await machine.audit(MACHINE, "prod"), []);
  });

  for (const { name, site, snippet, found, line } of DRIFTS) {
    test(name, async () => {
      await using machine = await started();
      if (site !== undefined) machine.sh(`sed -i -E '${site}' ${FILE}`);
      if (snippet !== undefined) machine.sh(`sed -i -E '${snippet}' ${SNIPPET}`);
      machine.sh(`${RESTART}; systemctl restart nginx`);
      await up(machine);
      const findings = await machine.audit(MACHINE, "prod");
      assert.deepEqual(
        findings.map(({ code }) => code),
        found,
        JSON.stringify(findings, null, 2),
      );
      for (const { evidence } of findings) assert.match(evidence.line, line);

      if (found.includes("open-to-others")) assert.equal(answered(machine, STRANGER), "404", "it is so");

      machine.sh(...new Set(findings.map(({ fix }) => `${RESTART}; ${fix}`)));
      await up(machine);
      assert.deepEqual(await machine.audit(MACHINE, "prod"), []);
      // A reload leaves the old workers to their last requests.
      await until(() => answered(machine, STRANGER) === "403", "nginx refuses the stranger");
      assert.equal(answered(machine, TILL), "404");
    });
  }

  test("a configuration that nginx itself refuses is said to be unread", async () => {
    await using machine = await started();
    machine.sh(`echo 'no_such_directive on;' >> ${FILE}`);
    const findings = await machine.audit(MACHINE, "prod");
    assert.deepEqual(
      findings.map(({ code }) => code),
      ["cannot-read"],
    );
    assert.match(findings[0]?.message ?? "", /no_such_directive/);
  });
});

const FILE = "/etc/nginx/conf.d/mempool.conf";
const SNIPPET = "/etc/nginx/snippets/proxy-only.conf";

async function started(): Promise<WalledHost> {
  const machine = await WalledHost.create();
  machine.sh("rm -f /etc/nginx/sites-enabled/* /etc/nginx/modules-enabled/* /etc/nginx/conf.d/*");
  machine.host.tell(SITE, "tee", FILE);
  machine.host.tell(`allow ${TILL};\ndeny all;\n`, "tee", SNIPPET);
  machine.sh("nginx");
  await up(machine);
  return machine;
}

/** The status that a request gets which nginx judges, with a header that it should not believe. */
function answered({ internet }: WalledHost, from: string): string {
  const words = ["-s", "-o", "/dev/null", "-w", "%{http_code}", "--interface", from, "-H", `X-Real-IP: ${TILL}`];
  return internet.run("curl", ...words, `http://${GATEWAY}:3015/api/`);
}

/** Bound: nginx says nothing when it is. */
function up({ host }: WalledHost): Promise<void> {
  return until(() => host.run("ss", "-Htln", "sport = :3015") !== "", "nginx listens");
}
