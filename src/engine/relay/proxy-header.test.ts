import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { formatAddress, type Ipv4, parseAddress } from "@ecluse/guard/address";
import fc from "fast-check";
import type { Endpoint } from "../../inventory/model.ts";
import { type HeaderReading, LONGEST_V1, LONGEST_V2, crc32c, readHeader, writeHeader } from "./proxy-header.ts";

const SIGNATURE = "0d0a0d0a000d0a515549540a";
/** 203.0.113.7:40000 to 198.51.100.10:443. */
const ADDRESSES = "cb007107" + "c633640a" + "9c40" + "01bb";
const SOURCE = at("203.0.113.7", 40_000);
const DESTINATION = at("198.51.100.10", 443);

const v1 = (line: string): Buffer => Buffer.from(`${line}\r\n`, "latin1");
const v2 = (rest: string): Buffer => Buffer.from(SIGNATURE + rest, "hex");
const hex16 = (value: number): string => value.toString(16).padStart(4, "0");
/** A PROXY header over TCP and IPv4 with these vectors. */
const inet = (vectors = "", family = "11"): Buffer =>
  v2(`21${family}${hex16(12 + vectors.length / 2)}${ADDRESSES}${vectors}`);
const vector = (type: string, value: string): string => type + hex16(value.length / 2) + value;

suite("readHeader, version 1", () => {
  test("reads the specification's line", () => {
    const header = v1("PROXY TCP4 203.0.113.7 198.51.100.10 40000 443");
    assert.deepEqual(readHeader(header), proxied(header.length));
  });

  const faults: readonly (readonly [string, string])[] = [
    ["PROXY TCP4 203.0.113.07 198.51.100.10 40000 443", "malformed"],
    ["PROXY TCP4 203.0.113.7 198.51.100.010 40000 443", "malformed"],
    ["PROXY TCP4 203.0.113 198.51.100.10 40000 443", "malformed"],
    ["PROXY TCP4 0x10.0.113.7 198.51.100.10 40000 443", "malformed"],
    ["PROXY TCP4 203.0.113.256 198.51.100.10 40000 443", "malformed"],
    ["PROXY TCP4 ::ffff:203.0.113.7 198.51.100.10 40000 443", "malformed"],
    ["PROXY TCP4 203.0.113.7 198.51.100.10 040000 443", "malformed"],
    ["PROXY TCP4 203.0.113.7 198.51.100.10 40000 0443", "malformed"],
    ["PROXY TCP4 203.0.113.7 198.51.100.10 65536 443", "malformed"],
    ["PROXY TCP4 203.0.113.7 198.51.100.10 +4000 443", "malformed"],
    ["PROXY TCP4 203.0.113.7 198.51.100.10 -1 443", "malformed"],
    ["PROXY TCP4 203.0.113.7 198.51.100.10 4e3 443", "malformed"],
    ["PROXY TCP4 203.0.113.7 198.51.100.10 40000", "malformed"],
    ["PROXY TCP4 203.0.113.7 198.51.100.10 40000 443 1", "malformed"],
    ["PROXY TCP4 203.0.113.7 198.51.100.10 40000 443 ", "malformed"],
    ["PROXY  TCP4 203.0.113.7 198.51.100.10 40000 443", "malformed"],
    ["PROXY TCP4  203.0.113.7 198.51.100.10 40000 443", "malformed"],
    ["PROXY TCP4\t203.0.113.7 198.51.100.10 40000 443", "malformed"],
    ["proxy TCP4 203.0.113.7 198.51.100.10 40000 443", "malformed"],
    ["PROXY tcp4 203.0.113.7 198.51.100.10 40000 443", "malformed"],
    ["PROXY UDP4 203.0.113.7 198.51.100.10 40000 443", "malformed"],
    ["PROXY UNKNOWNS", "malformed"],
    ["PROXY", "malformed"],
    [" ", "malformed"],
    ["PROXY UNKNOWN", "not-ipv4"],
    ["PROXY UNKNOWN 203.0.113.7 198.51.100.10 40000 443", "not-ipv4"],
    ["PROXY TCP6 2001:db8::1 2001:db8::2 40000 443", "not-ipv4"],
    ["PROXY TCP4 0.0.0.0 198.51.100.10 40000 443", "unusable-source"],
    ["PROXY TCP4 224.0.0.1 198.51.100.10 40000 443", "unusable-source"],
    ["PROXY TCP4 255.255.255.255 198.51.100.10 40000 443", "unusable-source"],
    ["PROXY TCP4 203.0.113.7 198.51.100.10 0 443", "unusable-source"],
  ];
  for (const [line, fault] of faults)
    test(`${fault}: "${line.replace("\t", "\\t")}"`, () => {
      assert.deepEqual(readHeader(v1(line)), { kind: "fault", fault });
    });

  test("a line ends with CRLF and nothing else", () => {
    const line = "PROXY TCP4 203.0.113.7 198.51.100.10 40000 443";
    for (const end of ["\n", "\r", "\r\r\n", "\n\r", "\r\0\n"]) {
      const reading = readHeader(Buffer.from(`${line}${end} `));
      assert.deepEqual(reading, { kind: "fault", fault: "malformed" }, JSON.stringify(end));
    }
  });

  test(`a line of ${LONGEST_V1} bytes is read, and one that has not ended by then is none`, () => {
    const longest = `PROXY UNKNOWN ${"f".repeat(LONGEST_V1 - "PROXY UNKNOWN \r\n".length)}`;
    assert.deepEqual(readHeader(v1(longest)), { kind: "fault", fault: "not-ipv4" });
    assert.deepEqual(readHeader(v1(`${longest}f`)), { kind: "fault", fault: "malformed" });
    assert.deepEqual(readHeader(Buffer.from(`${longest}ff`)), { kind: "fault", fault: "malformed" });
    assert.deepEqual(readHeader(Buffer.from(`${longest}\r`)), { kind: "incomplete" });
  });
});

suite("readHeader, version 2", () => {
  test("reads addresses and ports, and skips vectors", () => {
    for (const vectors of ["", vector("04", ""), vector("02", "6578616d706c65") + vector("ee", "00")]) {
      const header = inet(vectors);
      assert.deepEqual(readHeader(header), proxied(header.length));
    }
  });

  test("LOCAL speaks for nobody, whatever else it says", () => {
    for (const rest of ["20000000", `2011000c${ADDRESSES}`, "20ff0003010203"]) {
      assert.deepEqual(readHeader(v2(rest)), { kind: "local", length: 12 + rest.length / 2 });
    }
  });

  test("a checksum is verified", () => {
    const zero = inet(vector("04", "0000") + vector("03", "00000000") + vector("04", "ff"));
    const hole = zero.length - 4 - 4;
    const right = Buffer.from(zero);
    right.writeUInt32BE(crc32c(zero), hole);
    assert.deepEqual(readHeader(right), proxied(right.length));
    const type = hole - 3;
    for (let index = 16; index < right.length; index += 1) {
      // Called something else, it is no checksum any more.
      if (index === type) continue;
      const wrong = Buffer.from(right);
      wrong[index] = (wrong[index] ?? 0) ^ 1;
      assert.equal(readHeader(wrong).kind, "fault", `byte ${index}`);
    }
  });

  test("a second checksum is one too many", () => {
    const twice = inet(vector("03", "00000000") + vector("03", "00000000"));
    twice.writeUInt32BE(crc32c(twice), 31);
    assert.deepEqual(readHeader(twice), { kind: "fault", fault: "malformed" });
  });

  const faults: readonly (readonly [string, Buffer, string])[] = [
    ["version 1 in binary", v2(`1111000c${ADDRESSES}`), "malformed"],
    ["version 3", v2(`3111000c${ADDRESSES}`), "malformed"],
    ["an unassigned command", v2(`2211000c${ADDRESSES}`), "malformed"],
    ["an unassigned family", inet("", "41"), "malformed"],
    ["an unassigned protocol", inet("", "13"), "malformed"],
    ["no family", v2("21000000"), "not-ipv4"],
    ["UDP", inet("", "12"), "not-ipv4"],
    ["IPv6", v2(`21210024${"00".repeat(36)}`), "not-ipv4"],
    ["a unix socket", v2(`213100d8${"00".repeat(216)}`), "not-ipv4"],
    ["too short for its addresses", v2(`2111000b${ADDRESSES}`), "malformed"],
    ["a wrong checksum", inet(vector("03", "00000000")), "checksum"],
    ["a checksum of another size", inet(vector("03", "000000")), "malformed"],
    ["a vector that is cut off", inet("04000500"), "malformed"],
    ["bytes that are no vector", inet("0400"), "malformed"],
    ["source 0.0.0.0", v2(`2111000c00000000${ADDRESSES.slice(8)}`), "unusable-source"],
    ["a multicast source", v2(`2111000ce0000001${ADDRESSES.slice(8)}`), "unusable-source"],
    ["source port 0", v2("2111000ccb007107c633640a000001bb"), "unusable-source"],
  ];
  for (const [name, header, fault] of faults)
    test(`${fault}: ${name}`, () => assert.deepEqual(readHeader(header), { kind: "fault", fault }));

  test(`${LONGEST_V2} bytes are read, and a longer one is known by its length alone`, () => {
    const longest = inet(vector("04", "00".repeat(LONGEST_V2 - 16 - 12 - 3)));
    assert.deepEqual(readHeader(longest), proxied(LONGEST_V2));
    const longer = inet(vector("04", "00".repeat(LONGEST_V2 - 16 - 12 - 2)));
    assert.deepEqual(readHeader(longer.subarray(0, 16)), { kind: "fault", fault: "malformed" });
    assert.deepEqual(readHeader(v2("20000209")), { kind: "fault", fault: "malformed" });
  });
});

test("crc32c is the one of RFC 3720", () => {
  assert.equal(crc32c(Buffer.from("123456789")), 0xe3069283);
  assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa);
  assert.equal(crc32c(Buffer.alloc(32, 0xff)), 0x62a8ab43);
});

const addresses = fc.integer({ min: 0x01000000, max: 0xdfffffff }).map((value) => value as Ipv4);
const endpoints: fc.Arbitrary<Endpoint> = fc.record(
  { address: addresses, port: fc.integer({ min: 1, max: 65_535 }) },
  { noNullPrototype: true },
);
const versions = fc.constantFrom("v1" as const, "v2" as const);
const written = fc
  .record({ version: versions, source: endpoints, destination: endpoints })
  .map(({ version, source, destination }) => ({
    header: writeHeader(version, source, destination),
    source,
    destination,
  }));
/** Written headers, and all the other valid ones: LOCAL, vectors, checksums. */
const headers: fc.Arbitrary<Buffer> = fc.oneof(
  written.map(({ header }) => header),
  fc.uint8Array({ maxLength: LONGEST_V2 - 16 }).map((rest) => Buffer.concat([v2(`2000${hex16(rest.length)}`), rest])),
  fc
    .array(
      fc.record({
        type: fc.integer({ min: 4, max: 255 }),
        value: fc.uint8Array({ maxLength: 60 }).map((value) => Buffer.from(value).toString("hex")),
      }),
      { maxLength: 7 },
    )
    .map((list) =>
      withChecksum(list.map(({ type, value }) => vector(type.toString(16).padStart(2, "0"), value)).join("")),
    ),
);

suite("laws of the PROXY header", () => {
  test("what is written is read", () => {
    fc.assert(
      fc.property(written, ({ header, source, destination }) => {
        assert.deepEqual(readHeader(header), { kind: "proxied", source, destination, length: header.length });
      }),
    );
  });

  test("every split of a header, with or without payload behind it, gives the same", () => {
    fc.assert(
      fc.property(headers, fc.uint8Array({ maxLength: 40 }), (header, payload) => {
        const whole = readHeader(header);
        assert.ok(whole.kind === "proxied" || whole.kind === "local");
        assert.equal(whole.length, header.length);
        for (let length = 0; length < header.length; length += 1) {
          assert.deepEqual(readHeader(header.subarray(0, length)), { kind: "incomplete" });
        }
        assert.deepEqual(readHeader(Buffer.concat([header, payload])), whole);
      }),
    );
  });

  test("random bytes, and headers with wrong bytes, are read only as what would be written so", () => {
    const spoilt = fc
      .tuple(headers, fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { minLength: 1, maxLength: 3 }))
      .map(([header, changes]) => {
        const bytes = Buffer.from(header);
        for (const [index, byte] of changes) if (index < bytes.length) bytes[index] = byte;
        return bytes;
      });
    const random = fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(random, spoilt), (bytes) => assertHonest(bytes, readHeader(bytes))),
      { numRuns: 2_000 },
    );
  });

  test("bytes that are no header are known as such within the longest header", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          headers,
          fc.uint8Array({ minLength: 1 }).map((bytes) => Buffer.from(bytes)),
        ),
        (start) => {
          const long = Buffer.concat([start, Buffer.alloc(LONGEST_V2, 0x20)]);
          assert.notEqual(readHeader(long).kind, "incomplete");
        },
      ),
    );
  });
});

/** Version 1 has one spelling for everything; of version 2 the fixed part has, and the length says where it ends. */
function assertHonest(bytes: Buffer, reading: HeaderReading): void {
  if (reading.kind !== "proxied") return;
  const { source, destination, length } = reading;
  const begin = bytes.subarray(0, length);
  if (begin.toString("latin1", 0, 5) === "PROXY") {
    assert.deepEqual(begin, writeHeader("v1", source, destination));
  } else {
    const plain = writeHeader("v2", source, destination);
    assert.deepEqual(begin.subarray(0, 14), plain.subarray(0, 14));
    assert.equal(begin.readUInt16BE(14), length - 16);
    assert.deepEqual(begin.subarray(16, 28), plain.subarray(16, 28));
  }
  assert.ok(source.port > 0 && source.address >= 0x01000000 && source.address < 0xe0000000);
}

function withChecksum(vectors: string): Buffer {
  const header = inet(vectors + vector("03", "00000000"));
  header.writeUInt32BE(crc32c(header), header.length - 4);
  return header;
}

function proxied(length: number): HeaderReading {
  return { kind: "proxied", source: SOURCE, destination: DESTINATION, length };
}

function at(text: string, port: number): Endpoint {
  const address = parseAddress(text);
  assert.ok(address !== undefined && formatAddress(address) === text);
  return { address, port };
}
