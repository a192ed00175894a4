import assert from "node:assert/strict";
import { isIPv4 } from "node:net";
import { suite, test } from "node:test";
import fc from "fast-check";
import {
  contains,
  formatAddress,
  formatNetwork,
  type Ipv4,
  lastAddress,
  type Network,
  overlaps,
  parseAddress,
  parseNetwork,
  peerAddress,
} from "./address.ts";

const addresses = fc.integer({ min: 0, max: 0xffffffff }) as fc.Arbitrary<Ipv4>;
const networks = fc.tuple(addresses, fc.integer({ min: 0, max: 32 })).map(([address, prefix]): Network => {
  const size = 2 ** (32 - prefix);
  return { address: (Math.floor(address / size) * size) as Ipv4, prefix };
});

suite("peerAddress", () => {
  const spellings = [
    "192.168.1.100",
    "::ffff:192.168.1.100",
    "::FFFF:192.168.1.100",
    "::ffff:c0a8:164",
    "::ffff:c0a8:0164",
    "::FFFF:C0A8:164",
    "0:0:0:0:0:ffff:c0a8:164",
    "0:0:0:0:0:FFFF:192.168.1.100",
    "0000:0000:0000:0000:0000:ffff:c0a8:0164",
    "0:0::ffff:c0a8:164",
    "::0:ffff:c0a8:164",
    "0::ffff:192.168.1.100",
    "0:0:0:0::ffff:c0a8:164",
  ];
  for (const text of spellings) {
    test(`reads ${text} as the one address`, () => assert.equal(peerAddress(text), 0xc0a80164));
  }

  const strangers = [
    undefined,
    "",
    "::1",
    "::",
    "2001:db8::1",
    "::192.168.1.100",
    "::ffff:0:192.168.1.100",
    "64:ff9b::192.168.1.100",
    "::ffff:192.168.1.100%eth0",
    "fe80::1%eth0",
    "1::ffff:c0a8:164",
    "::fffe:c0a8:164",
    "::ffff:192.168.1",
    "::ffff:192.168.1.256",
    "::ffff:192.168.01.100",
    "192.168.1.100 ",
    "192.168.1.100:80",
    "[::ffff:192.168.1.100]",
    "localhost",
  ];
  for (const text of strangers) {
    test(`takes ${JSON.stringify(text)} for nobody`, () => assert.equal(peerAddress(text), undefined));
  }

  test("gives every mapped spelling of an address its one verdict", () => {
    fc.assert(
      fc.property(addresses, (address) => {
        const hex = `${(address >>> 16).toString(16)}:${(address & 0xffff).toString(16)}`;
        const given = [
          formatAddress(address),
          `::ffff:${formatAddress(address)}`,
          `::ffff:${hex}`,
          `0:0:0:0:0:ffff:${hex}`,
        ];
        assert.deepEqual(given.map(peerAddress), [address, address, address, address]);
      }),
    );
  });
});

suite("parseNetwork", () => {
  const misspelt = [
    ["", "address"],
    ["/", "address"],
    ["/24", "address"],
    ["10.0.0.0/", "prefix"],
    ["10.0.0.0/0x8", "prefix"],
    ["10.0.0.0/-1", "prefix"],
    ["10.0.0.0/33", "prefix"],
    ["10.0.0.0/08", "prefix"],
    ["10.0.0.0/ 8", "prefix"],
    ["10.0.0.0/8 ", "prefix"],
    ["10.0.0.0/+8", "prefix"],
    ["10.0.0.0/8.0", "prefix"],
    ["10.0.0.0/1e1", "prefix"],
    ["10.0.0.0/8/8", "prefix"],
    ["10.0.0.0/255.0.0.0", "prefix"],
    ["10.0.0.0/٨", "prefix"],
    ["10.0.0.0/4294967304", "prefix"],
    ["010.1.1.1", "address"],
    ["010.0.0.0/8", "address"],
    ["10.1", "address"],
    ["10.1/16", "address"],
    ["10/8", "address"],
    ["0x7f.1", "address"],
    ["0x7f.0.0.1", "address"],
    ["167772160", "address"],
    ["10.0.0.256/32", "address"],
    ["10.0.0.0.0/8", "address"],
    [" 10.0.0.0/8", "address"],
    ["10.0.0.0\n/8", "address"],
    ["::/0", "address"],
    ["::ffff:10.0.0.0/104", "address"],
    ["10.0.0.1-10.0.0.9", "address"],
    ["example.org", "address"],
    ["10.0.0.5/8", "host-bits"],
    ["192.0.2.1/0", "host-bits"],
    ["192.0.2.129/25", "host-bits"],
    ["192.0.2.1/31", "host-bits"],
  ] as const;
  for (const [text, kind] of misspelt) {
    test(`refuses ${JSON.stringify(text)}: ${kind}`, () => {
      const result = parseNetwork(text);
      assert.equal("kind" in result && result.kind, kind);
    });
  }

  test("names the network that host bits hide", () => {
    assert.deepEqual(parseNetwork("203.0.113.7/28"), {
      kind: "host-bits",
      meant: { address: 0xcb007100, prefix: 28 },
    });
  });

  test("reads what formatNetwork writes", () => {
    fc.assert(fc.property(networks, (network) => assert.deepEqual(parseNetwork(formatNetwork(network)), network)));
  });
});

suite("parseAddress", () => {
  test("reads what formatAddress writes", () => {
    fc.assert(fc.property(addresses, (address) => assert.equal(parseAddress(formatAddress(address)), address)));
  });

  test("takes for an address exactly what node:net does", () => {
    const octets = fc.oneof(
      fc.integer({ min: 0, max: 300 }).map(String),
      fc.constantFrom("", "00", "01", "0x1", " 1", "1e1", "-1"),
    );
    const quads = fc.array(octets, { minLength: 3, maxLength: 5 }).map((parts) => parts.join("."));
    fc.assert(
      fc.property(quads, (text) => {
        const address = parseAddress(text);
        assert.equal(address !== undefined, isIPv4(text));
        if (address !== undefined) assert.equal(formatAddress(address), text);
      }),
    );
  });

  test("never throws, whatever the text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const read of [parseAddress, parseNetwork, peerAddress]) assert.doesNotThrow(() => read(text));
      }),
    );
  });
});

suite("networks", () => {
  test("hold their first and last address, and not the next", () => {
    fc.assert(
      fc.property(networks, (network) => {
        const last = lastAddress(network);
        assert.ok(contains(network, network.address) && contains(network, last));
        assert.equal(last - network.address + 1, 2 ** (32 - network.prefix));
        if (last < 0xffffffff) assert.ok(!contains(network, (last + 1) as Ipv4));
        if (network.address > 0) assert.ok(!contains(network, (network.address - 1) as Ipv4));
      }),
    );
  });

  test("overlap exactly where one holds the other's first address", () => {
    fc.assert(
      fc.property(networks, networks, (a, b) => {
        const both = contains(a, b.address) || contains(b, a.address);
        assert.equal(overlaps(a, b), both);
        assert.equal(overlaps(b, a), both);
      }),
    );
  });
});
