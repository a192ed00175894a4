import assert from "node:assert/strict";
import { test } from "node:test";
import { readOptions } from "./options.ts";

test("readOptions chooses everything by default, and keeps the tables' order", () => {
  assert.equal(readOptions([]).rounds, 5);
  assert.equal(readOptions([]).steered, false);
  assert.deepEqual(readOptions(["--only", "bulk,doors"]).benchmarks, ["doors", "bulk"]);
  assert.deepEqual(
    readOptions(["--subjects", "haproxy,direct"]).subjects.map(({ name }) => name),
    ["direct", "haproxy"],
  );
});

test("readOptions names what it does not know", () => {
  assert.throws(() => readOptions(["--subjects", "envoy"]), /--subjects does not know "envoy"; it knows direct/);
  assert.throws(() => readOptions(["--rounds", "0"]), /--rounds takes a number/);
  assert.throws(() => readOptions(["--minutes", "soon"]), /--minutes takes a number from 1 to 1440/);
});
