import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type Ipv4, parseAddress } from "@ecluse/guard/address";
import { formatDirective, keptOfNginx } from "./nginx-directives.ts";
import { sayAddresses } from "../wall/address-set.ts";
import { letInAt, nginxOf, serversAt } from "./nginx.ts";

const CONF = "# configuration file /etc/nginx/nginx.conf:";

const dumped = (main: string, others: Readonly<Record<string, string>> = {}): string =>
  [CONF, main, ...Object.entries(others).flatMap(([path, text]) => ["", `# configuration file ${path}:`, text])].join(
    "\n",
  );

const servers = (text: string) => {
  const reading = { id: "nginx", source: "nginx -T", text: keptOfNginx(text) };
  const found = nginxOf({ format: 1, host: "prod", taken: "2026-11-22T12:00:00.000Z", readings: [reading] });
  assert.ok(found);
  return found;
};

const address = (text: string): Ipv4 => parseAddress(text) ?? assert.fail(text);
const at = (text: string, where: string, port: number) => serversAt(servers(text), { address: address(where), port });
const letIn = (body: string, above = ""): string =>
  sayAddresses(letInAt(at(dumped(`http { ${above} server { listen 192.0.2.5:80; ${body} } }`), "192.0.2.5", 80)));

suite("listen", () => {
  const scopes: Readonly<Record<string, string>> = {
    "3015": "wildcard4 0 3015-3015",
    "*:3015": "wildcard4 0 3015-3015",
    "0.0.0.0:3015 default_server": "wildcard4 0 3015-3015",
    "192.0.2.5:3015": "address 192.0.2.5 3015-3015",
    "192.0.2.5": "address 192.0.2.5 80-80",
    "*": "wildcard4 0 80-80",
    "192.0.2.5:3010-3020": "address 192.0.2.5 3010-3020",
    "[::]:3015 ipv6only=on": "wildcard6 - 3015-3015",
    "[::]": "wildcard6 - 80-80",
    "[2001:db8::1]:3015 ssl": "address6 - 3015-3015",
    "unix:/run/mempool.sock": "",
    "3015 udp": "",
    "mempool.example.org:3015": "",
  };
  for (const [written, meant] of Object.entries(scopes)) {
    test(`${written}: ${meant === "" ? "no TCP door that can be told" : meant}`, () => {
      const [server] = servers(dumped(`http { server { listen ${written}; } }`));
      const text = server?.listens.map((each) => {
        const host = each.address === undefined ? "-" : each.address === 0 ? "0" : "192.0.2.5";
        return `${each.scope} ${host} ${each.first}-${each.last}`;
      });
      assert.equal(text?.join(), meant);
    });
  }

  test("a server without one listens on *:80; the most exact one answers", () => {
    const text = dumped(`http {
      server { server_name silent; }
      server { listen 80; server_name everywhere; }
      server { listen 192.0.2.5:80; allow 192.0.2.1; deny all; }
    }`);
    assert.equal(at(text, "192.0.2.5", 80).length, 1);
    assert.equal(at(text, "192.0.2.6", 80).length, 2);
    assert.equal(at(text, "192.0.2.6", 81).length, 0);
  });
});

suite("whom a server lets in", () => {
  const rows: readonly (readonly [body: string, lets: string, above?: string])[] = [
    ["", "everybody"],
    ["allow 192.0.2.1; deny all;", "192.0.2.1"],
    ["deny all; allow 192.0.2.1;", ""],
    ["allow 192.0.2.1;", "everybody"],
    [
      "deny 192.0.2.9; allow 192.0.2.0/24; deny all;",
      "192.0.2.0/29, 192.0.2.8, 192.0.2.10/31, 192.0.2.12/30 and others, 255 addresses in all",
    ],
    ["allow 192.0.2.77/24; deny all;", "192.0.2.0/24"],
    ["allow 2001:db8::/32; allow 192.0.2.1; deny all;", "192.0.2.1"],
    ["allow 192.0.2.1; deny all;", "192.0.2.1", "deny all;"],
    ["", "192.0.2.1", "allow 192.0.2.1; deny all;"],
    ["location / { allow 192.0.2.1; deny all; }", "192.0.2.1"],
    ["location /api/ { allow 192.0.2.1; deny all; }", "everybody"],
    ["allow 192.0.2.1; deny all; location / { } location /api/ { allow all; }", "everybody"],
    ["allow 192.0.2.1; deny all; location / { location /api/ { allow 192.0.2.2; deny all; } }", "192.0.2.1/32"],
    ["allow 192.0.2.1; deny all; location @app { allow all; } location /x { internal; allow all; }", "192.0.2.1"],
    ["allow 192.0.2.1; deny all; satisfy any;", "everybody"],
    ["allow 192.0.2.1; deny all; set_real_ip_from 192.0.2.3;", "192.0.2.1, 192.0.2.3"],
    ["location / { allow 192.0.2.1; deny all; limit_except GET { allow 192.0.2.2; deny all; } }", "192.0.2.1/32"],
  ];
  for (const [body, lets, above = ""] of rows) {
    const two = lets === "192.0.2.1/32" ? "192.0.2.1, 192.0.2.2" : lets;
    test(`${above} { ${body} }: ${two}`, () => assert.equal(letIn(body, above), two));
  }

  test("a server of the stream module is a server", () => {
    const text = dumped("stream { server { listen 192.0.2.5:80; allow 192.0.2.1; deny all; } }");
    assert.equal(sayAddresses(letInAt(at(text, "192.0.2.5", 80))), "192.0.2.1");
  });
});

suite("nginx -T", () => {
  test("included files are read in their places, by name and by pattern, as far as it prints them", () => {
    const text = dumped("http { include conf.d/*.conf; }", {
      "/etc/nginx/conf.d/b.conf": "server { include snippets/listen.conf; }",
      "/etc/nginx/conf.d/off/c.conf": "server { listen 192.0.2.5:81; }",
      "/etc/nginx/snippets/listen.conf":
        "listen 192.0.2.5:80; allow 192.0.2.1; deny all; include /etc/nginx/gone.conf;",
    });
    const [server, ...more] = servers(text);
    assert.equal(more.length, 0);
    const [listen] = server?.listens ?? [];
    assert.equal(listen?.directive?.file, "/etc/nginx/snippets/listen.conf");
    assert.equal(sayAddresses(letInAt(at(text, "192.0.2.5", 80))), "192.0.2.1");
  });

  test("files that include each other do not hang", () => {
    const text = dumped("include a.conf;", {
      "/etc/nginx/a.conf": "include nginx.conf; http { server { listen 80; } }",
    });
    assert.ok(servers(text).length > 0);
  });

  test("quotes, comments, escapes and braces in words are nginx's", () => {
    const text = dumped(String.raw`http {
      # server { listen 1; }
      log_format main '$remote_addr; {"x": "}"}';
      server { listen "192.0.2.5:80"; server_name ~^(?<n>\w+)\.example\.org$;
        location ~ "^/x{2}\.html$" { allow all; }
        rewrite ^/\;(.*)$ /\{$1 last; add_header X a#b; server_name ${"${n}"}x;
        if ($arg_a = "}") { return 403; }
        allow 192.0.2.1; deny all; } }`);
    assert.equal(at(text, "192.0.2.5", 80).length, 1);
    assert.equal(servers(text).length, 1);
    assert.match(keptOfNginx(text), /^server_name "\$\{n\}x";$/m);
  });

  test("a brace too many closes nothing, one too few loses nothing", () => {
    assert.equal(servers(dumped("} http { server { listen 80; } }")).length, 1);
    assert.equal(servers(dumped("http { server { listen 80;")).length, 1);
  });

  test("what may hold a secret is not kept, and what is kept is read back the same", () => {
    const text = dumped(`
      load_module modules/x.so;
      http {
        map $cookie_s $user { "hunter2" admin; }
        upstream back { server 192.0.2.9:80; }
        server {
          listen 192.0.2.5:80; # hunter2
          proxy_set_header Authorization "Basic hunter2";
          proxy_pass http://u:hunter2@back;
          if ($http_x = "hunter2") { return 200 hunter2; }
          location /hooks/0123456789abcdef0123456789abcdef/ { allow all; return 200 hunter2; }
          location "/a b" { auth_basic_user_file /etc/hunter2; deny all; }
        }
      }`);
    const kept = keptOfNginx(text);
    assert.doesNotMatch(kept, /hunter2|0123456789|upstream|load_module/);
    assert.equal(keptOfNginx(kept), kept);
    assert.match(kept, /^location "\/a b" \{$/m);
  });

  test("a directive is written as it stands", () => {
    const [server] = servers(dumped("http { server { listen\n  [::]:3015   ipv6only=off ; } }"));
    const [listen] = server?.listens ?? [];
    assert.ok(listen?.directive);
    assert.equal(formatDirective(listen.directive), "listen [::]:3015 ipv6only=off;");
  });
});
