import assert from "node:assert/strict";
import { test } from "node:test";
import { answerFor, readRequest, requestFor, REQUEST_BYTES } from "./traffic.ts";

test("readRequest reads what requestFor wrote", () => {
  assert.deepEqual(readRequest(requestFor("answer", 70_000)), { asked: "answer", number: 70_000 });
  assert.deepEqual(readRequest(requestFor("bulk", 1024)), { asked: "bulk", number: 1024 });
});

test("readRequest refuses a request with one wrong byte, wherever it is not the number", () => {
  for (const index of Array.from({ length: REQUEST_BYTES }, (_, each) => each).filter((each) => each < 4 || each > 7)) {
    const request = requestFor("answer", 1);
    request.writeUInt8(request.readUInt8(index) ^ 0x80, index);
    assert.equal(readRequest(request), undefined, `byte ${index}`);
  }
});

test("answerFor differs by number and by terminal", () => {
  assert.notDeepEqual(answerFor(1, "172.17.1.10"), answerFor(2, "172.17.1.10"));
  assert.notDeepEqual(answerFor(1, "172.17.1.10"), answerFor(1, "172.17.1.100"));
});
