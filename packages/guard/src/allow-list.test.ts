import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { formatAddress, type Ipv4 } from "./address.ts";
import { readAllow } from "./allow-list.ts";
import { createGuard } from "./guard.ts";

const refused: readonly (readonly [what: string, allow: unknown, reason: RegExp])[] = [
  ["absent", undefined, /is absent/],
  ["null", null, /is absent/],
  ["an empty text", "", /is empty: nobody/],
  ["blanks", " \t ", /is empty: nobody/],
  ["a comma", " , ", /is empty: nobody/],
  ["an empty array", [], /is empty: nobody/],
  ["an array of an empty text", [""], /is empty: nobody/],
  ["a comma too many", "192.168.1.100,", /entry 2 is empty/],
  ["a comma first", ",192.168.1.100", /entry 1 is empty/],
  ["a number", 3232235876, /holds a number/],
  ["true", true, /holds a boolean/],
  ["an object", {}, /holds a object/],
  ["three octets", "192.168.1", /entry 1 is not an IPv4 address or network: "192.168.1"/],
  ["an octet of 256", "192.168.1.256", /is not an IPv4 address/],
  ["a leading zero", "192.168.001.100", /is not an IPv4 address/],
  ["hexadecimal", "0xC0.168.1.100", /is not an IPv4 address/],
  ["one number", "3232235876", /is not an IPv4 address/],
  ["a wildcard", "192.168.1.*", /is not an IPv4 address/],
  ["a star", "*", /is not an IPv4 address/],
  ["a range", "192.168.1.1-192.168.1.9", /is not an IPv4 address/],
  ["a name", "localhost", /is not an IPv4 address/],
  ["a placeholder", "VOTRE_IP_ADMIN", /is not an IPv4 address/],
  ["the text undefined", "undefined", /is not an IPv4 address/],
  ["a semicolon", "192.168.1.100;192.168.1.101", /is not an IPv4 address/],
  ["a blank between", "192.168.1.100 192.168.1.101", /is not an IPv4 address/],
  ["a URL", "http://192.168.1.100", /is not an IPv4 address/],
  ["a port", "192.168.1.100:3020", /is not an IPv4 address/],
  ["quotation marks", '"192.168.1.100"', /is not an IPv4 address.*"\\"192\.168\.1\.100\\""/],
  ["IPv6", "2001:db8::1", /is not an IPv4 address/],
  ["everybody in IPv6", "::/0", /is not an IPv4 address/],
  ["a mapped address", "::ffff:192.168.1.100", /write 192\.168\.1\.100/],
  ["a prefix of 33", "192.168.1.0/33", /the prefix of/],
  ["no prefix", "192.168.1.0/", /the prefix of/],
  ["host bits", "192.168.1.5/24", /has host bits; the network is 192\.168\.1\.0\/24/],
  ["the unspecified address", "0.0.0.0", /nobody comes from 0\.0\.0\.0/],
  ["any in capitals", "ANY", /"any" stands alone/],
  ["any with a blank", " any", /"any" stands alone/],
  ["any among others", "any,192.168.1.100", /"any" stands alone/],
  ["any in an array", ["any"], /"any" stands alone/],
  ["every address", "0.0.0.0/0", /every address there is/],
  ["every address in two halves", ["0.0.0.0/1", "128.0.0.0/1"], /every address there is/],
  ["a line of a log", "1.2.3.4\nroot logged in", /"1\.2\.3\.4\\u000aroot logged in"/],
];

suite("readAllow", () => {
  for (const [what, allow, reason] of refused) {
    test(`lets nobody in: ${what}`, () => {
      assert.throws(() => createGuard({ allow: allow as string }), {
        name: "GuardError",
        code: "allow",
        message: reason,
      });
    });
  }

  test("is tried with twenty spellings and more", () => {
    assert.ok(new Set(refused.map(([, allow]) => `${typeof allow} ${JSON.stringify(allow)}`)).size >= 20);
  });

  test("names the variable that was misspelt", () => {
    assert.throws(() => readAllow("x", "ALLOWED_SOURCE_IP"), /^GuardError: ALLOWED_SOURCE_IP, entry 1 /);
  });

  test("reads one, several and nested lists", () => {
    for (const allow of ["10.0.0.1,10.0.0.2", ["10.0.0.1", "10.0.0.2"], ["10.0.0.1, 10.0.0.2"], "10.0.0.1,10.0.0.2/32"])
      assert.deepEqual(readAllow(allow, "allow"), readAllow("10.0.0.1,10.0.0.2", "allow"));
  });

  test("takes only the word any for everybody", () => assert.equal(readAllow("any", "allow"), "any"));

  test("lets in exactly what is listed", () => {
    // From /6 on, twenty networks cannot be everybody.
    const network = fc.tuple(fc.nat(0xffffffff), fc.integer({ min: 6, max: 32 }));
    fc.assert(
      fc.property(fc.array(network, { minLength: 1, maxLength: 20 }), fc.nat(0xffffffff), (networks, stranger) => {
        const bases = networks.map(([address, prefix]) => [start(address, prefix), prefix] as const);
        fc.pre(bases.every(([base, prefix]) => base !== 0 || prefix !== 32));
        const guard = createGuard({ allow: bases.map(([base, prefix]) => `${text(base)}/${prefix}`) });
        for (const address of [stranger, ...networks.map(([a]) => a), ...bases.flatMap(around)]) {
          const listed = bases.some(([base, prefix]) => start(address, prefix) === base);
          // Twice, for a guard remembers whom it has let in.
          assert.deepEqual([guard.allows(text(address)), guard.allows(text(address))], [listed, listed], text(address));
        }
      }),
    );
  });
});

function start(address: number, prefix: number): number {
  return Math.floor(address / 2 ** (32 - prefix)) * 2 ** (32 - prefix);
}

function around([base, prefix]: readonly [number, number]): readonly number[] {
  const next = base + 2 ** (32 - prefix);
  return [base - 1, base, next - 1, next].filter((address) => address >= 0 && address <= 0xffffffff);
}

function text(address: number): string {
  return formatAddress(address as Ipv4);
}
