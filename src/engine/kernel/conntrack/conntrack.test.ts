/** When the list is read, and what is said of a kernel that cannot be heard; what it tells is tried in `test/netns/engines`. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Conntrack, type ConntrackOptions } from "./conntrack.ts";
import type { NetlinkOptions } from "../../../netfilter/netlink/netlink.ts";
import { ANSWER, DONE, LOST, attribute, sequenceOf, typeOf } from "../../../netfilter/netlink/netlink-message.ts";

const GET = 257;
const ENTRY = { source: { address: 1, port: 2 }, endpoint: { address: 3, port: 4 }, id: 5 } as Parameters<
  Conntrack["forget"]
>[0];

class Scene {
  readonly said: (string | undefined)[] = [];
  readonly sent: Uint8Array[] = [];
  readonly connections: NetlinkOptions[] = [];
  now = 0;
  listed = 0;
  isAwaited = false;
  look: () => void = () => assert.fail("nobody looks");
  readonly conntrack: Conntrack;

  constructor(options: Partial<ConntrackOptions> = {}) {
    this.conntrack = new Conntrack({
      clock: {
        monotonic: () => this.now,
        wall: () => 1_000,
        every: (_period, callback) => {
          this.look = callback;
          return () => undefined;
        },
      },
      happened: () => undefined,
      listing: () => ({ saw: () => undefined, ended: () => (this.listed += 1) }),
      isAwaited: () => this.isAwaited,
      failed: (complaint) => this.said.push(complaint),
      connect: (connection) => {
        this.connections.push(connection);
        return { send: (message) => this.sent.push(message), close: () => connection.ended("it ended") };
      },
      ...options,
    });
  }

  get kernel(): NetlinkOptions {
    return this.connections.at(-1) ?? assert.fail("nobody listens");
  }

  /** One that listens, and knows who was there before. */
  static async listening(): Promise<Scene> {
    const scene = new Scene();
    const opened = scene.conntrack.open();
    scene.kernel.opened();
    await turn();
    scene.answerList();
    await opened;
    return scene;
  }

  hear(type: number, sequence: number, errno = 0): void {
    const message = Buffer.concat([Buffer.alloc(16), Buffer.from(attribute(0, Buffer.alloc(8)))]);
    message.writeUInt32LE(message.length, 0);
    message.writeUInt16LE(type, 4);
    message.writeUInt32LE(sequence, 8);
    message.writeInt32LE(-errno, 16);
    this.kernel.heard(message, 0);
  }

  get lists(): number {
    return this.sent.filter((message) => typeOf(message, 0) === GET).length;
  }

  get lastSequence(): number {
    return sequenceOf(this.sent.at(-1) ?? assert.fail("nothing was asked"), 0);
  }

  answerList(): void {
    this.hear(DONE, this.lastSequence);
  }
}

suite("the list", () => {
  test("is read once it listens, and every ten seconds", async () => {
    const scene = await Scene.listening();
    assert.deepEqual([scene.lists, scene.listed, scene.said], [1, 1, [undefined]]);
    scene.now = 9_999;
    scene.look();
    assert.equal(scene.lists, 1);
    scene.now = 10_000;
    scene.look();
    assert.equal(scene.lists, 2);
  });

  test("is read when something was lost, and when somebody waits for it; then not before twenty times its time", async () => {
    const scene = await Scene.listening();
    scene.hear(LOST, 0);
    assert.equal(scene.lists, 1);
    scene.look();
    assert.equal(scene.lists, 2);
    scene.now = 50;
    scene.answerList();
    scene.isAwaited = true;
    scene.now = 1_049;
    scene.look();
    assert.equal(scene.lists, 2);
    scene.now = 1_050;
    scene.look();
    assert.equal(scene.lists, 3);
    scene.isAwaited = false;
    scene.answerList();
    scene.now = 2_000;
    scene.look();
    assert.equal(scene.lists, 3);
  });

  test("is read once more for whoever asks while it is read", async () => {
    const scene = await Scene.listening();
    void scene.conntrack.resync();
    let isAnswered = false;
    const again = scene.conntrack.resync().then(() => (isAnswered = true));
    assert.equal(scene.lists, 2);
    scene.answerList();
    await turn();
    assert.deepEqual([scene.lists, isAnswered], [3, false]);
    scene.answerList();
    await again;
  });

  test("another's end is not its own", async () => {
    const scene = await Scene.listening();
    void scene.conntrack.resync();
    scene.hear(DONE, 77);
    assert.equal(scene.listed, 1);
    scene.answerList();
    assert.equal(scene.listed, 2);
  });

  test("cannot be read: it is said, until it can be", async () => {
    const scene = await Scene.listening();
    void scene.conntrack.resync();
    scene.hear(ANSWER, scene.lastSequence, 1);
    assert.deepEqual([scene.listed, scene.said.at(-1)], [1, "connections cannot be listed: EPERM"]);
    void scene.conntrack.resync();
    scene.answerList();
    assert.deepEqual([scene.listed, scene.said.at(-1)], [2, undefined]);
  });
});

suite("who cannot be heard", () => {
  test("says nothing while a list is awaited: that is said, another one listens, and is asked", async () => {
    const scene = await Scene.listening();
    scene.now = 10_000;
    scene.look();
    for (let times = 0; times < 9; times += 1) scene.look();
    scene.hear(ANSWER, 0);
    for (let times = 0; times < 10; times += 1) scene.look();
    assert.deepEqual([scene.connections.length, scene.said], [1, [undefined]]);
    scene.look();
    scene.look();
    assert.equal(scene.connections.length, 2);
    scene.kernel.opened();
    await turn();
    scene.answerList();
    assert.deepEqual(scene.said, [undefined, "the kernel's words do not arrive", "it ended", undefined]);
    assert.equal(scene.listed, 2);
  });

  test("cannot even be started: it is said, and nobody waits", async () => {
    const scene = new Scene({
      connect: () => {
        throw new Error("spawn ENOMEM");
      },
    });
    await scene.conntrack.open();
    assert.deepEqual(scene.said, ["Error: spawn ENOMEM"]);
  });

  test("is said, and tried again until it listens", async () => {
    const scene = new Scene();
    const opened = scene.conntrack.open();
    scene.kernel.ended("spawn perl ENOENT");
    await opened;
    assert.deepEqual([scene.said, scene.lists], [["spawn perl ENOENT"], 0]);
    scene.look();
    assert.equal(scene.connections.length, 2);
    scene.kernel.opened();
    await turn();
    scene.answerList();
    assert.deepEqual([scene.said.at(-1), scene.listed], [undefined, 1]);
  });

  test("ends while the list is read: whoever waits for that goes on", async () => {
    const scene = await Scene.listening();
    const list = scene.conntrack.resync();
    scene.kernel.ended("it ended");
    await list;
    assert.deepEqual([scene.said.at(-1), scene.listed], ["it ended", 1]);
  });

  test("is let go: nothing is said of that", async () => {
    const scene = await Scene.listening();
    scene.conntrack.close();
    assert.deepEqual(scene.said, [undefined]);
  });
});

suite("who is to be forgotten", () => {
  test("is gone already: that is no failure", async () => {
    const scene = await Scene.listening();
    scene.conntrack.forget(ENTRY);
    scene.hear(ANSWER, scene.lastSequence, 2);
    assert.deepEqual(scene.said, [undefined]);
  });

  test("is not: it is said", async () => {
    const scene = await Scene.listening();
    scene.conntrack.forget(ENTRY);
    scene.hear(ANSWER, scene.lastSequence, 22);
    const words = "a connection cannot be ended: EINVAL";
    assert.deepEqual(scene.said, [undefined, words]);
    // It is said as long as it is so, though the list can be read.
    void scene.conntrack.resync();
    scene.answerList();
    void scene.conntrack.resync();
    scene.answerList();
    assert.deepEqual(scene.said, [undefined, words, words, undefined]);
  });
});

function turn(): Promise<unknown> {
  return new Promise(setImmediate);
}
