import assert from "node:assert/strict";
import { test } from "node:test";
import { EcluseError } from "../errors.ts";
import { Nft } from "./nft.ts";
import type { Ran, RunProgram } from "./run-program.ts";

const DONE: Ran = { status: 0, output: "", complaint: "" };
const WRONG: Ran = {
  status: 1,
  output: "",
  complaint: "/dev/stdin:1:13-15: Error: No such file or directory\nadd element ip box set { 1 }\n            ^^^\n",
};

interface Call {
  readonly words: readonly string[];
  readonly input: string;
  readonly end: (ran: Ran) => void;
}

/** A program that ends when the test says so; `next` waits for its next call. */
function recorded(): { readonly run: RunProgram; readonly next: () => Promise<Call> } {
  const calls: Call[] = [];
  let arrived = Promise.withResolvers<undefined>();
  const run: RunProgram = (_program, words, input) => {
    const { promise, resolve } = Promise.withResolvers<Ran>();
    calls.push({ words, input, end: resolve });
    arrived.resolve(undefined);
    return promise;
  };
  const next = async (): Promise<Call> => {
    for (;;) {
      const call = calls.shift();
      if (call !== undefined) return call;
      arrived = Promise.withResolvers();
      await arrived.promise;
    }
  };
  return { run, next };
}

test("what waits while nft runs goes in one run, in order", async () => {
  const { run, next } = recorded();
  const nft = new Nft(run);
  const first = nft.apply("add table ip a");
  const running = await next();
  const others = [nft.apply("add table ip b"), nft.apply("add table ip c")];
  running.end(DONE);
  const together = await next();
  together.end(DONE);
  await Promise.all([first, ...others]);
  assert.equal(running.input, "add table ip a");
  assert.equal(together.input, "add table ip b\nadd table ip c");
});

test("in a run that fails, each script answers for itself", async () => {
  const { run, next } = recorded();
  const nft = new Nft(run);
  const ends = Promise.allSettled([nft.apply("good"), nft.apply("bad")]);
  const inputs: string[] = [];
  for (const ran of [WRONG, DONE, WRONG]) {
    const call = await next();
    inputs.push(call.input);
    call.end(ran);
  }
  assert.deepEqual(inputs, ["good\nbad", "good", "bad"]);
  assert.deepEqual(
    (await ends).map(({ status }) => status),
    ["fulfilled", "rejected"],
  );
});

test("a failure says what nft said, and of which words", async () => {
  const nft = new Nft(() => Promise.resolve(WRONG));
  await assert.rejects(nft.apply("add element ip box set { 1 }"), (error) => {
    assert.ok(error instanceof EcluseError);
    assert.equal(error.code, "packet-filter");
    assert.match(error.message, /: No such file or directory \(add element ip box set { 1 }\)$/);
    return true;
  });
});

for (const [complaint, hint] of [
  ["Operation not permitted (you must be root)", /CAP_NET_ADMIN/],
  ["Error: spawn nft ENOENT", /apt-get install nftables/],
] as const) {
  test(`${complaint}: the hint says what to do`, async () => {
    const nft = new Nft(() => Promise.resolve({ status: 1, output: "", complaint }));
    await assert.rejects(nft.apply("x"), (error) => error instanceof EcluseError && hint.test(error.hint));
  });
}

test("a listing shows the scripts given before it", async () => {
  const { run, next } = recorded();
  const nft = new Nft(run);
  const before = nft.apply("before");
  const listed = nft.list("tables");
  const order: string[] = [];
  for (const output of ["", '{"nftables":[{"metainfo":{}},{"table":{"name":"a"}}]}']) {
    const call = await next();
    order.push(call.input === "" ? call.words.join(" ") : call.input);
    call.end({ ...DONE, output });
  }
  await before;
  assert.deepEqual(await listed, [{ table: { name: "a" } }]);
  assert.deepEqual(order, ["before", "-j list tables"]);
});

test("after a failed listing the next one is served", async () => {
  const { run, next } = recorded();
  const nft = new Nft(run);
  const failed = assert.rejects(nft.list("table", "ip", "none"), /list table ip none: No such file/);
  (await next()).end(WRONG);
  await failed;
  const listed = nft.list("tables");
  (await next()).end({ ...DONE, output: '{"nftables":[]}' });
  assert.deepEqual(await listed, []);
});

test("read: a line at a time, after what was told before it", async () => {
  const order: string[] = [];
  const nft = new Nft((_program, words, input, { line } = {}) => {
    order.push(input === "" ? words.join(" ") : input);
    line?.("table ip box {");
    line?.("}");
    return Promise.resolve(DONE);
  });
  const lines: string[] = [];
  await Promise.all([nft.apply("before"), nft.read({ line: (text) => lines.push(text) }, "table", "ip", "box")]);
  assert.deepEqual(order, ["before", "-n list table ip box"]);
  assert.deepEqual(lines, ["table ip box {", "}"]);
});

test("read: what is told meanwhile does not wait for it", async () => {
  const { run, next } = recorded();
  const nft = new Nft(run);
  const reading = nft.read({}, "table", "ip", "box");
  const listing = await next();
  const told = nft.apply("meanwhile");
  (await next()).end(DONE);
  await told;
  listing.end(DONE);
  await reading;
});
