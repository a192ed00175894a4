import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { manualClock } from "../../test/support/clock.ts";
import { EventStream, type EventStreamOptions } from "./event-stream.ts";
import type { StreamEvent } from "./stream-events.ts";
import type { Sink } from "./subscriber.ts";

interface Reader extends Sink {
  readonly chunks: Uint8Array[];
  readonly text: () => string;
  /** Of the events it got. */
  readonly numbers: () => readonly number[];
  takes: boolean;
  ended: boolean;
  isCut: boolean;
}

function reader(): Reader {
  const chunks: Uint8Array[] = [];
  const text = (): string => Buffer.concat(chunks).toString();
  const self: Reader = {
    ...{ chunks, text, takes: true, ended: false, isCut: false },
    numbers: () => [...text().matchAll(/^id: e-(\d+)\nevent: (?!lost)/gm)].map(([, number]) => Number(number)),
    write: (bytes) => {
      chunks.push(bytes);
      return self.takes;
    },
    end: () => void (self.ended = true),
    cut: () => void (self.isCut = true),
  };
  return self;
}

function streaming(options: Partial<EventStreamOptions> = {}) {
  const clock = manualClock();
  const stream = new EventStream({ clock, epoch: "e", ...options });
  const tell = (count: number): void => {
    for (let told = 0; told < count; told += 1) stream.tell(EVENT);
  };
  return { clock, stream, tell };
}

const EVENT: StreamEvent = { event: "health", data: { flow: "a", state: "up", since: 1 } };

suite("EventStream", () => {
  test("one who follows from now on gets what comes then, in order and once, all that waits in one write", () => {
    const { clock, stream, tell } = streaming();
    tell(3);
    const sink = reader();
    stream.subscribe(sink);
    tell(2);
    assert.equal(sink.chunks.length, 1, "nothing between two beats");
    clock.pass(50);
    tell(1);
    clock.pass(1_000);
    assert.deepEqual(sink.numbers(), [4, 5, 6]);
    assert.equal(sink.chunks.length, 3, "no write without an event");
    assert.equal(
      sink.text().slice(0, 110),
      'retry: 1000\nid: e-3\n\nid: e-4\nevent: health\ndata: {"flow":"a","state":"up","since":1}\n\nid: e-5\nevent: health\nda',
    );
  });

  test("taken up again after any event, it has neither a gap nor anything twice", () => {
    const { clock, stream, tell } = streaming();
    tell(10);
    for (const after of [0, 1, 7, 10]) {
      const sink = reader();
      stream.subscribe(sink, `e-${after}`);
      clock.pass(50);
      assert.deepEqual(sink.numbers(), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].slice(after));
      assert.doesNotMatch(sink.text(), /lost/);
    }
  });

  test("what is gone, not yet told, or another process's is lost, and the stream goes on from now", () => {
    const { clock, stream, tell } = streaming({ ring: 5 });
    tell(10);
    for (const after of ["e-4", "e-99", "f-9", "nonsense", ""]) {
      const sink = reader();
      const subscription = stream.subscribe(sink, after);
      assert.match(sink.text(), /\nid: e-(\d+)\nevent: lost\ndata: \{\}\n\n$/, after);
      const known = sink.text();
      tell(1);
      clock.pass(50);
      assert.equal(sink.numbers().length, 1, `${known}: ${sink.text()}`);
      subscription.left();
    }
    const sink = reader();
    stream.subscribe(sink, "e-10");
    assert.doesNotMatch(sink.text(), /lost/, "the oldest that the ring reaches");
  });

  test("is written once for all: the same bytes, not the same text again", () => {
    const { clock, stream, tell } = streaming();
    const sinks = Array.from({ length: 5 }, reader);
    for (const sink of sinks) stream.subscribe(sink);
    tell(20);
    clock.pass(50);
    for (const sink of sinks) assert.equal(sink.chunks[1], sinks[0]?.chunks[1]);
    assert.deepEqual(sinks[4]?.numbers().length, 20);
  });

  test("more than one write may hold comes in several", () => {
    const { clock, stream, tell } = streaming({ chunk: 4 });
    const sink = reader();
    stream.subscribe(sink);
    tell(10);
    clock.pass(50);
    assert.equal(sink.numbers().length, 4);
    clock.pass(100);
    assert.deepEqual(sink.numbers(), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test("one that does not read is written nothing more, and cut once the ring has gone past it; others go on", () => {
    const { clock, stream, tell } = streaming({ ring: 8 });
    const [stuck, sound] = [reader(), reader()];
    stream.subscribe(stuck);
    stream.subscribe(sound);
    stuck.takes = false;
    for (let beat = 0; beat < 5; beat += 1) {
      tell(3);
      clock.pass(50);
    }
    assert.equal(stuck.chunks.length, 2, "its beginning, and the chunk it never took");
    assert.equal(stuck.isCut, true);
    assert.equal(sound.numbers().length, 15);
    assert.equal(sound.isCut, false);
  });

  test("one that takes its time is told the rest when it is ready", () => {
    const { clock, stream, tell } = streaming();
    const slow = reader();
    const subscription = stream.subscribe(slow);
    slow.takes = false;
    tell(2);
    clock.pass(50);
    tell(2);
    clock.pass(10_000);
    assert.deepEqual(slow.numbers(), [1, 2]);
    subscription.drained();
    clock.pass(50);
    assert.deepEqual(slow.numbers(), [1, 2, 3, 4]);
    assert.equal(slow.isCut, false);
  });

  test("one that takes nothing for half a minute is cut though nothing happens", () => {
    const { clock, stream, tell } = streaming();
    const stuck = reader();
    stream.subscribe(stuck);
    stuck.takes = false;
    tell(1);
    clock.pass(29_000);
    assert.equal(stuck.isCut, false);
    clock.pass(2_000);
    assert.equal(stuck.isCut, true);
  });

  test("says in silence that somebody is here", () => {
    const { clock, stream } = streaming();
    const sink = reader();
    stream.subscribe(sink);
    clock.pass(14_900);
    assert.equal(sink.chunks.length, 1);
    clock.pass(200);
    assert.equal(sink.chunks.at(-1)?.toString(), ":\n\n");
  });

  test("takes no more than so many; one that leaves makes room", () => {
    const { stream } = streaming({ subscribers: 2 });
    const first = stream.subscribe(reader());
    assert.equal(stream.isFull, false);
    stream.subscribe(reader());
    assert.equal(stream.isFull, true);
    first.left();
    first.left();
    assert.equal(stream.isFull, false);
  });

  test("beats only while somebody follows", () => {
    const { clock, stream, tell } = streaming();
    let beats = 0;
    const every = clock.every;
    Object.assign(clock, {
      every: (period: number, callback: () => void) =>
        every(period, () => {
          beats += 1;
          callback();
        }),
    });
    tell(5);
    clock.pass(1_000);
    assert.equal(beats, 0);
    const [one, other] = [stream.subscribe(reader()), stream.subscribe(reader())];
    clock.pass(500);
    assert.equal(beats, 10, "one beat for all");
    one.left();
    other.left();
    clock.pass(1_000);
    assert.equal(beats, 10);
  });

  test("ends everybody, with what was told until then; who does not read is cut; who comes later is ended at once", () => {
    const { clock, stream, tell } = streaming();
    const [sound, stuck, late] = [reader(), reader(), reader()];
    stream.subscribe(sound);
    stream.subscribe(stuck);
    stuck.takes = false;
    tell(1);
    clock.pass(50);
    tell(1);
    stream.end();
    assert.deepEqual([sound.numbers(), sound.ended, sound.isCut], [[1, 2], true, false]);
    assert.deepEqual([stuck.ended, stuck.isCut], [false, true]);
    stream.subscribe(late);
    assert.equal(late.ended, true);
    const written = sound.chunks.length;
    tell(1);
    clock.pass(1_000);
    assert.equal(sound.chunks.length, written);
  });
});
