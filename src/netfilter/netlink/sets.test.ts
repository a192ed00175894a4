import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { turns } from "../../../test/support/loopback.ts";
import { ANSWER, DONE, INTERRUPTED, LOST, attribute, nested, request, sequenceOf, value } from "./netlink-message.ts";
import type { NetlinkOptions } from "./netlink.ts";
import { Sets } from "./sets.ts";

const ELEMENTS = 0xa0c;
const ENOENT = -2;
const EPERM = -1;
const EEXIST = -17;

/** A kernel that says what it is told to. */
class Kernel {
  /** Of those who have asked, the last. */
  options: NetlinkOptions | undefined;
  readonly asked: number[] = [];
  connections = 0;
  closed = 0;
  readonly connect = (options: NetlinkOptions) => {
    this.connections += 1;
    this.options = options;
    return { send: (message: Uint8Array) => this.asked.push(sequenceOf(message, 0)), close: () => (this.closed += 1) };
  };
  readonly reader = new Sets({ connect: this.connect });

  /** Resolves once so many questions have come; the last one's number. */
  async question(count: number): Promise<number> {
    await turns(5);
    assert.equal(this.asked.length, count);
    return this.asked.at(-1) ?? 0;
  }

  tells(sequence: number, word: number, flags = 0): void {
    const element = nested(1, [nested(1, [attribute(1, value(word, 4))])]);
    this.options?.heard(withFlags(request(ELEMENTS, 0, sequence, [nested(3, [element])]), flags), 0);
  }

  ends(sequence: number, { type = DONE, errno = 0, flags = 0 } = {}): void {
    const message = Buffer.alloc(20);
    message.writeUInt32LE(20, 0);
    message.writeUInt16LE(type, 4);
    message.writeUInt16LE(flags, 6);
    message.writeUInt32LE(sequence, 8);
    message.writeInt32LE(errno, 16);
    this.options?.heard(message, 0);
  }
}

function withFlags(message: Uint8Array, flags: number): Uint8Array {
  const changed = Buffer.from(message);
  changed.writeUInt16LE(flags, 6);
  return changed;
}

suite("Sets", () => {
  test("all elements, however many messages they come in; others' answers are left alone", async () => {
    const kernel = new Kernel();
    const read = kernel.reader.read("some", "refused");
    const number = await kernel.question(1);
    kernel.tells(number, 1);
    kernel.tells(number + 7, 99);
    kernel.tells(number, 2);
    kernel.ends(number);
    assert.deepEqual(
      (await read)?.map(({ key }) => key),
      [[1], [2]],
    );
  });

  test("one question after another, through one and the same", async () => {
    const kernel = new Kernel();
    const reads = [kernel.reader.read("some", "one"), kernel.reader.read("some", "two")];
    kernel.ends(await kernel.question(1));
    kernel.ends(await kernel.question(2));
    assert.deepEqual([await Promise.all(reads), kernel.connections], [[[], []], 1]);
  });

  test("a set that is not there", async () => {
    const kernel = new Kernel();
    const read = kernel.reader.read("some", "refused");
    kernel.ends(await kernel.question(1), { type: ANSWER, errno: ENOENT });
    assert.equal(await read, undefined);
  });

  test("what the kernel refuses, in its words, and the next question all the same", async () => {
    const kernel = new Kernel();
    const read = kernel.reader.read("some", "refused");
    const refused = assert.rejects(read, {
      message: "Cannot read the kernel's set refused: EPERM",
      hint: /CAP_NET_ADMIN/,
    });
    kernel.ends(await kernel.question(1), { type: ANSWER, errno: EPERM });
    await refused;
    const next = kernel.reader.read("some", "refused");
    kernel.ends(await kernel.question(2));
    assert.deepEqual(await next, []);
  });

  test("a list that a change of the rules fell into is read anew", async () => {
    const kernel = new Kernel();
    const read = kernel.reader.read("some", "refused");
    const first = await kernel.question(1);
    kernel.tells(first, 1, INTERRUPTED);
    kernel.ends(first);
    const second = await kernel.question(2);
    kernel.tells(second, 2);
    kernel.ends(second);
    assert.deepEqual(
      (await read)?.map(({ key }) => key),
      [[2]],
    );
  });

  test("not for ever", async () => {
    const kernel = new Kernel();
    const refused = assert.rejects(kernel.reader.read("some", "refused"), /changed all the time/);
    for (let asked = 1; asked <= 5; asked += 1) kernel.ends(await kernel.question(asked), { flags: INTERRUPTED });
    await refused;
  });

  test("whoever passes it on has ended: told, and another is started", async () => {
    const kernel = new Kernel();
    const refused = assert.rejects(kernel.reader.read("some", "refused"), {
      message: "Cannot read the kernel's set refused: spawn perl ENOENT",
      hint: /apt-get install perl-base/,
    });
    await kernel.question(1);
    kernel.options?.ended("spawn perl ENOENT");
    await refused;
    const next = kernel.reader.read("some", "refused");
    kernel.ends(await kernel.question(2));
    assert.deepEqual([await next, kernel.connections], [[], 2]);
  });

  test("nobody can be started to ask: told, once, and the next question tries again", async () => {
    let fails = true;
    const kernel = new Kernel();
    const connect = (options: NetlinkOptions) => {
      if (fails) throw new Error("spawn ENOMEM");
      return kernel.connect(options);
    };
    const reader = new Sets({ connect });
    await assert.rejects(reader.read("some", "refused"), {
      message: "Cannot read the kernel's set refused: spawn ENOMEM",
      code: "packet-filter",
    });
    // A failure that nobody awaits would end the process.
    reader.close();
    await turns(2);
    fails = false;
    const next = reader.read("some", "refused");
    kernel.ends(await kernel.question(1));
    assert.deepEqual(await next, []);
  });

  test("no answer comes: told, and another is started to ask", async () => {
    const kernel = new Kernel();
    const reader = new Sets({ connect: kernel.connect, patience: 20 });
    await assert.rejects(reader.read("some", "refused"), {
      message: "Cannot read the kernel's set refused: there was no answer within 0.02 s",
      hint: /ecluse-netlink/,
    });
    const next = reader.read("some", "refused");
    kernel.ends(await kernel.question(2));
    assert.deepEqual([await next, kernel.connections, kernel.closed], [[], 2, 1]);
  });

  test("a change: taken, or refused in the kernel's words; the first answer decides", async () => {
    const kernel = new Kernel();
    const change = [{ set: "taken", added: [{ key: [1] }] }];
    const taken = kernel.reader.change("some", change);
    kernel.ends(await kernel.question(1), { type: ANSWER });
    assert.equal(await taken, undefined);
    const refused = kernel.reader.change("some", change);
    const number = await kernel.question(2);
    kernel.ends(number, { type: ANSWER, errno: EEXIST });
    kernel.ends(number, { type: ANSWER });
    assert.equal(await refused, "EEXIST");
  });

  test("what was answered is lost: told at once, and another is started to ask", async () => {
    const kernel = new Kernel();
    const change = kernel.reader.change("some", [{ set: "taken", gone: [[1]] }]);
    await kernel.question(1);
    const lost = assert.rejects(change, /taken of table some: what the kernel answered was lost/);
    kernel.ends(0, { type: LOST });
    await lost;
    const next = kernel.reader.read("some", "refused");
    kernel.ends(await kernel.question(2));
    assert.deepEqual([await next, kernel.connections], [[], 2]);
  });

  test("a change does not wait for what is being read", async () => {
    const kernel = new Kernel();
    const read = kernel.reader.read("some", "refused");
    const reading = await kernel.question(1);
    const taken = kernel.reader.change("some", [{ set: "taken", gone: [[1]] }]);
    kernel.ends(await kernel.question(2), { type: ANSWER });
    await taken;
    kernel.ends(reading);
    assert.deepEqual([await read, kernel.connections], [[], 1]);
  });

  test("more than a socket has room for is not tried", async () => {
    const kernel = new Kernel();
    const added = Array.from({ length: 10_000 }, (_, index) => ({ key: [index] }));
    await assert.rejects(kernel.reader.change("some", [{ set: "taken", added }]), /it is too much at once/);
    assert.deepEqual(kernel.asked, []);
  });

  test("closed before it was asked: nobody is started for it", async () => {
    const kernel = new Kernel();
    const refused = assert.rejects(kernel.reader.read("some", "refused"), /stopped before it was answered/);
    kernel.reader.close();
    await refused;
    assert.equal(kernel.connections, 0);
  });

  test("closed: who waits is told, and the end of that one is not the next one's", async () => {
    const kernel = new Kernel();
    const refused = assert.rejects(kernel.reader.read("some", "refused"), /stopped before it was answered/);
    await kernel.question(1);
    const before = kernel.options;
    kernel.reader.close();
    await refused;
    const next = kernel.reader.read("some", "refused");
    const number = await kernel.question(2);
    before?.ended("it ended");
    kernel.ends(number);
    assert.deepEqual([await next, kernel.connections, kernel.closed], [[], 2, 1]);
  });
});
