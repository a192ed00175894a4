import { formatAddress } from "@ecluse/guard/address";
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { readYaml } from "../read-yaml.ts";
import { createReport } from "../report.ts";
import { nodeAt, type Tree } from "../tree.ts";
import { readPorts, sexagesimalOf } from "./compose-ports.ts";

suite("readPorts", () => {
  const mapped = {
    '"10101:8888"': ["*:10101:8888"],
    "10101:8888": ["*:10101:8888"],
    '"10101:8888/tcp"': ["*:10101:8888"],
    '"198.51.100.10:10101:8888"': ["198.51.100.10:10101:8888"],
    '"0.0.0.0:10101:8888"': ["*:10101:8888"],
    '"10101-10103:8888-8890"': ["*:10101:8888", "*:10102:8889", "*:10103:8890"],
    "{ target: 8888, published: 10101 }": ["*:10101:8888"],
    '{ target: 8888, published: "10101", protocol: tcp, host_ip: 198.51.100.10, mode: host }': [
      "198.51.100.10:10101:8888",
    ],
    "22:22": ["*:22:22"],
  };
  for (const [written, expected] of Object.entries(mapped)) {
    test(`${written} is ${expected.join(" and ")}`, () => {
      const ports = readPorts(item(written));
      assert.ok(!("message" in ports));
      assert.deepEqual(
        ports.map(
          ({ host, port, container }) => `${host === undefined ? "*" : formatAddress(host)}:${port}:${container}`,
        ),
        expected,
      );
    });
  }

  const unmapped = {
    "8888": /a port that Docker chooses/,
    '"127.0.0.1::8888"': /a port that Docker chooses/,
    '"10101-10105:8888"': /one of these ports/,
    '"10101:8888/udp"': /`udp`, which Ecluse does not carry/,
    '"[::1]:10101:8888"': /not an IPv4 address/,
    '"example.org:10101:8888"': /not an IPv4 address/,
    '"1:2:3:4:5"': /not a port mapping/,
    '"70000:8888"': /not a port mapping/,
    '"0:8888"': /not a port mapping/,
    '"x"': /not a port mapping/,
    '""': /not a port mapping/,
    "[1, 2]": /a list/,
    "{}": /not a port mapping/,
    '"1-65535:1-65535"': /more ports than the plan has/,
  };
  for (const [written, reason] of Object.entries(unmapped)) {
    test(`${written} cannot be taken over`, () => {
      const result = readPorts(item(written));
      assert.match("message" in result ? result.message : "it was", reason);
    });
  }
});

suite("sexagesimalOf", () => {
  const cases = { "22:22": 1342, '"22:22"': undefined, "10101:8888": undefined, "2222:22": 133_342, "0:22": undefined };
  for (const [written, number] of Object.entries(cases)) {
    test(`${written} is ${number ?? "no number"} to YAML 1.1`, () =>
      assert.equal(sexagesimalOf(item(written)), number));
  }
});

function item(written: string): Tree {
  const { tree } = readYaml("compose.yml", `ports:\n  - ${written}\n`, createReport());
  const found = tree && nodeAt(tree, ["ports", 0]);
  assert.ok(found);
  return found;
}
