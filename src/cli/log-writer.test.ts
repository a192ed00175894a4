import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { type LogOutput, LogWriter, type Written } from "./log-writer.ts";

/** An output that does with each write what the test says; without a word it takes everything. */
class FakeOutput implements LogOutput {
  readonly script: Written[];
  text = Buffer.alloc(0);
  writes = 0;
  closed = 0;
  /** Called with each write, before anything is answered. */
  onWrite: () => void = () => undefined;

  constructor(script: readonly Written[] = []) {
    this.script = [...script];
  }

  write(bytes: Buffer): Promise<Written> {
    this.writes += 1;
    this.onWrite();
    const next = this.script.shift() ?? bytes.length;
    if (typeof next !== "number") return Promise.resolve(next);
    const taken = Math.min(next, bytes.length);
    this.text = Buffer.concat([this.text, bytes.subarray(0, taken)]);
    return Promise.resolve(taken);
  }

  close(): void {
    this.closed += 1;
  }

  get lines(): readonly string[] {
    return this.text.toString().split("\n").slice(0, -1);
  }
}

/** An output that never answers. */
const silent: LogOutput = { write: () => new Promise<Written>(() => undefined), close: () => undefined };

function writerTo(output: LogOutput, bound?: number): LogWriter {
  const dropped = ({ count }: { readonly count: number }): string => `dropped ${count}.`;
  return new LogWriter(output, bound === undefined ? { dropped } : { bound, dropped });
}

/** Every line given at once, then closed. */
async function written(output: FakeOutput, lines: readonly string[], bound?: number): Promise<readonly string[]> {
  const log = writerTo(output, bound);
  for (const line of lines) log.line(line);
  await log.close(10_000);
  return output.lines;
}

suite("LogWriter", () => {
  test("lines of one turn go out together, in order", async () => {
    const output = new FakeOutput();
    assert.deepEqual(await written(output, ["a", "b", "c"]), ["a", "b", "c"]);
    assert.equal(output.writes, 1);
    assert.equal(output.closed, 1);
  });

  test("a line after a silence goes out at once; those that follow wait for each other", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const output = new FakeOutput();
    const log = writerTo(output);
    const linesAfter = async (line: string): Promise<readonly string[]> => {
      log.line(line);
      await turns();
      return output.lines;
    };
    assert.deepEqual(await linesAfter("a"), ["a"]);
    assert.deepEqual(await linesAfter("b"), ["a"]);
    assert.deepEqual(await linesAfter("c"), ["a"]);
    context.mock.timers.tick(10);
    await turns();
    assert.deepEqual(output.lines, ["a", "b", "c"]);
    assert.equal(output.writes, 2);
    await linesAfter("d");
    await log.close(1_000);
    assert.deepEqual(output.lines, ["a", "b", "c", "d"]);
  });

  test("a batch is at most 64 KiB, but for a line that is longer by itself", async () => {
    const sizes: number[] = [];
    const output = new FakeOutput();
    const write = output.write.bind(output);
    output.write = (bytes) => {
      sizes.push(bytes.length);
      return write(bytes);
    };
    const lines = ["x".repeat(100_000), ...Array.from({ length: 3 }, () => "y".repeat(30_000))];
    assert.deepEqual(await written(output, lines), lines);
    assert.deepEqual(sizes, [100_001, 60_002, 30_001]);
  });

  test("a part that was taken is followed by the rest, within a character too", async () => {
    const output = new FakeOutput([1, 2, "later", 3, 0, 1]);
    assert.deepEqual(await written(output, ["é€𝄞", "…"]), ["é€𝄞", "…"]);
    assert.equal(output.writes, 7);
  });

  test("the bound counts bytes, not characters", async () => {
    const log = (bound: number): Promise<readonly string[]> => written(new FakeOutput(), ["€€€€"], bound);
    assert.deepEqual(await log(13), ["€€€€"]);
    assert.deepEqual(await log(12), ["dropped 1."]);
  });

  test("what does not fit is dropped, and its number is the first thing told, once", async () => {
    const output = new FakeOutput(["later"]);
    const log = writerTo(output, 4);
    for (const line of ["a", "b", "c", "d", "e"]) log.line(line);
    await log.close(10_000);
    assert.deepEqual(output.lines, ["dropped 3.", "a", "b"]);
  });

  test("lines dropped while others are on their way are told before what was kept meanwhile", async () => {
    const output = new FakeOutput();
    const log = writerTo(output, 6);
    output.onWrite = () => {
      if (output.writes > 1) return;
      for (const line of ["c", "d", "e"]) log.line(line);
    };
    log.line("a");
    log.line("b");
    await log.close(10_000);
    assert.deepEqual(output.lines, ["a", "b", "dropped 2.", "c"]);
  });

  test("room is given back when a batch is written, not before", async () => {
    const output = new FakeOutput();
    const log = writerTo(output, 4);
    for (const line of ["a", "b"]) log.line(line);
    await turns();
    for (const line of ["c", "d"]) log.line(line);
    await log.close(10_000);
    assert.deepEqual(output.lines, ["a", "b", "c", "d"]);
  });

  test("a batch that was lost is counted, and told with the next line", async () => {
    const output = new FakeOutput(["failed"]);
    const log = writerTo(output);
    log.line("a");
    log.line("b");
    await turns();
    assert.equal(output.writes, 1, "an output that failed is not tried again by itself");
    log.line("c");
    await log.close(10_000);
    assert.deepEqual(output.lines, ["dropped 2.", "c"]);
  });

  test("a count that could not be told is not forgotten, nor counted as a line", async () => {
    const output = new FakeOutput(["failed", "failed", 3, "failed"]);
    const log = writerTo(output);
    for (const line of ["a", "b", "c"]) {
      const write = new Promise<void>((resolve) => (output.onWrite = resolve));
      log.line(line);
      await write;
      await turns();
    }
    output.onWrite = () => undefined;
    log.line("d");
    await log.close(10_000);
    assert.deepEqual(output.lines, ["dro", "dropped 3.", "d"]);
  });

  test("of a batch that was lost half-way, the whole lines count as written, and the torn one ends its line", async () => {
    const output = new FakeOutput([4, "failed"]);
    const log = writerTo(output);
    for (const line of ["aa", "bb", "cc"]) log.line(line);
    await turns();
    log.line("dd");
    await log.close(10_000);
    assert.deepEqual(output.lines, ["aa", "b", "dropped 2.", "dd"]);
  });

  test("lost between two lines: no empty line", async () => {
    const output = new FakeOutput([3, "failed"]);
    const log = writerTo(output);
    for (const line of ["aa", "bb"]) log.line(line);
    await turns();
    log.line("cc");
    await log.close(10_000);
    assert.deepEqual(output.lines, ["aa", "dropped 1.", "cc"]);
  });

  test("close waits for an output that takes its time, as long as it is given", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const output = new FakeOutput(["later", "later"]);
    const log = writerTo(output);
    log.line("a");
    const closed = log.close(1_000);
    for (let step = 0; step < 10; step += 1) {
      await turns();
      context.mock.timers.tick(10);
    }
    await closed;
    assert.deepEqual(output.lines, ["a"]);
  });

  test("close lets go of an output that never answers when its time is over", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const log = writerTo(silent);
    log.line("a");
    let closed = false;
    const closing = log.close(1_000).then(() => (closed = true));
    await turns();
    context.mock.timers.tick(999);
    await turns();
    assert.equal(closed, false);
    context.mock.timers.tick(1);
    await closing;
    assert.equal(closed, true);
  });

  test("after close nothing is written any more, neither what was kept nor what comes", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const output = new FakeOutput(Array.from({ length: 1_000 }, () => "later" as const));
    const log = writerTo(output);
    log.line("a");
    await turns();
    const closing = log.close(10);
    context.mock.timers.tick(10);
    await closing;
    const { writes } = output;
    log.line("b");
    for (let step = 0; step < 5; step += 1) {
      context.mock.timers.tick(1_000);
      await turns();
    }
    assert.equal(output.writes, writes);
  });

  test("a line that comes while the last one is being finished is not left behind", async () => {
    // Microtask by microtask: wherever the writer's own work ends, one of these comes right behind it.
    for (let steps = 0; steps < 20; steps += 1) {
      const output = new FakeOutput();
      const log = writerTo(output);
      output.onWrite = () => {
        output.onWrite = () => undefined;
        let after = Promise.resolve();
        for (let step = 0; step < steps; step += 1) after = after.then(() => undefined);
        void after.then(() => log.line("last"));
      };
      log.line("first");
      await turns();
      await log.close(10_000);
      assert.deepEqual(output.lines, ["first", "last"], `after ${steps} microtasks`);
    }
  });

  test("whatever the output does, each line is there or counted, in order, and none twice", async () => {
    const step = fc.oneof(fc.constant("failed" as const), fc.nat(40));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.nat(200), async (script, bound) => {
        const output = new FakeOutput(script.map((taken) => (taken === 0 ? "failed" : taken)));
        const log = writerTo(output, bound);
        for (let n = 0; n < 60; n += 1) {
          log.line(`<${n}>`);
          if (n % 7 === 0) await turns();
        }
        output.script.length = 0;
        await turns();
        log.line("<last>");
        await log.close(10_000);
        const whole = output.lines.filter((line) => /^<\d+>$/.test(line)).map((line) => Number(line.slice(1, -1)));
        const counted = output.lines.reduce((sum, line) => sum + Number(/^dropped (\d+)\.$/.exec(line)?.[1] ?? 0), 0);
        assert.deepEqual(
          whole,
          [...new Set(whole)].sort((a, b) => a - b),
        );
        assert.equal(whole.length + counted + (output.lines.includes("<last>") ? 1 : 0), 61);
      }),
    );
  });
});

/** Lets whatever is ready run, without the passing of time. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
