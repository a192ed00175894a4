import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import type { Message } from "./caisse-ap.ts";
import { NOTHING_READ, parseMessage, printMessage, readMore, valueOf } from "./caisse-ap.ts";
import {
  answersAtOnce,
  DECLINE_REASONS,
  identificationRequest,
  isCompleteRequest,
  kindOfRequest,
  negativeAnswer,
  NO_CARD,
  paymentRequest,
  positiveAnswer,
  takenAnswer,
  verdictOf,
  withReceipt,
} from "./messages.ts";

const SAMPLE = "CZ0040300CJ012247300123456CA00201CB0042500CD0010CE003978";

function message(text: string): Message {
  const parsed = parseMessage(Buffer.from(text));
  assert.ok(typeof parsed !== "string");
  return parsed;
}

suite("requests", () => {
  test("a payment request is printed as the published one", () => {
    const printed = printMessage(paymentRequest({ amountCents: 2500, till: 1 })).toString();
    assert.equal(printed, SAMPLE.replace("247300123456", "000000000000"));
  });

  test("an amount has at least two digits, at most twelve, and is whole", () => {
    assert.equal(valueOf(paymentRequest({ amountCents: 5, till: 1 }), "CB"), "05");
    assert.equal(valueOf(paymentRequest({ amountCents: 999_999_999_999, till: 1 }), "CB"), "999999999999");
    for (const amountCents of [0, -1, 1.5, NaN, 1e12]) {
      assert.throws(() => paymentRequest({ amountCents, till: 1 }), RangeError);
    }
  });

  test("a till number has two digits", () => {
    assert.equal(valueOf(identificationRequest({ till: 7 }), "CA"), "07");
    for (const till of [-1, 100, 0.5]) assert.throws(() => identificationRequest({ till }), RangeError);
  });

  test("the action gives the kind", () => {
    assert.equal(kindOfRequest(message(SAMPLE)), "payment");
    assert.equal(kindOfRequest(message(SAMPLE.replace("CD0010", "CD0011"))), "reimbursement");
    assert.equal(kindOfRequest(message(SAMPLE.replace("CD0010", "CD0012"))), "other");
    assert.equal(kindOfRequest(identificationRequest({ till: 1 })), "identification");
  });
});

suite("isCompleteRequest", () => {
  const complete = (text: string): boolean => isCompleteRequest(readMore(NOTHING_READ, Buffer.from(text)));

  test("the published sample is complete with its last byte, not before", () => {
    for (let length = 0; length < SAMPLE.length; length += 1) assert.equal(complete(SAMPLE.slice(0, length)), false);
    assert.equal(complete(SAMPLE), true);
  });

  test("whatever the order of the fields, the last one completes the request", () => {
    const [first, ...others] = paymentRequest({ amountCents: 2500, till: 1 });
    assert.ok(first);
    fc.assert(
      fc.property(fc.shuffledSubarray(others, { minLength: others.length }), (shuffled) => {
        const printed = printMessage([first, ...shuffled]).toString();
        assert.equal(complete(printed), true);
        assert.equal(complete(printed.slice(0, -1)), false);
        assert.equal(complete(printMessage([first, ...shuffled.slice(0, -1)]).toString()), false);
      }),
    );
  });

  const table = [
    ["CZ0040300CD001I", true],
    ["CZ0040300CD001ICA00201", true],
    ["CZ0040300CD001ICA0020", false],
    ["CZ0040300CD0010", false],
    ["CZ0040300CJ012000000000000CA00201CD0013", true],
    ["CZ0040300CJ012000000000000CA00201CD0011", false],
    [`${SAMPLE}XX003new`, true],
    ["GET / HTTP/1.1\r\n\r\n", false],
  ] as const;
  for (const [text, expected] of table) {
    test(`${JSON.stringify(text)} is ${expected ? "complete" : "not complete"}`, () => {
      assert.equal(complete(text), expected);
    });
  }
});

suite("answers", () => {
  const request = message(SAMPLE);

  test("done repeats the request and holds a card number that no card has", () => {
    const answer = positiveAnswer(request);
    assert.deepEqual(answer.slice(0, 6), request);
    assert.equal(valueOf(answer, "AE"), "10");
    assert.equal(valueOf(answer, "AA"), NO_CARD);
    assert.match(NO_CARD, /^0{16}$/);
    assert.deepEqual(verdictOf(answer), { kind: "done" });
  });

  test("not done carries its reason", () => {
    for (const reason of Object.keys(DECLINE_REASONS) as (keyof typeof DECLINE_REASONS)[]) {
      const answer = negativeAnswer(request, reason);
      assert.deepEqual(verdictOf(answer), { kind: "not-done", reason });
      assert.equal(valueOf(answer, "AA"), undefined);
    }
  });

  test("taken into account is the answer to BA=1, at once", () => {
    const early = message(`${SAMPLE}BA0011`);
    assert.deepEqual(verdictOf(positiveAnswer(early)), { kind: "taken-into-account" });
    assert.deepEqual(verdictOf(takenAnswer(request)), { kind: "taken-into-account" });
    assert.equal(answersAtOnce(early), true);
    assert.equal(answersAtOnce(message(`${SAMPLE}BA0010`)), false);
  });

  test("an identification is answered at once and without a card", () => {
    const identification = identificationRequest({ till: 1 });
    assert.equal(answersAtOnce(identification), true);
    assert.equal(valueOf(positiveAnswer(identification), "AA"), undefined);
    assert.deepEqual(verdictOf(positiveAnswer(identification)), { kind: "done" });
  });

  test("a verdict without AE, or with another, is unknown", () => {
    assert.deepEqual(verdictOf(request), { kind: "unknown" });
    assert.deepEqual(verdictOf([...request, { tag: "AE", value: "99" }]), { kind: "unknown" });
    assert.deepEqual(verdictOf([...request, { tag: "AE", value: "01" }]), { kind: "not-done", reason: "" });
  });

  test("a receipt makes the answer as long as asked", () => {
    const length = printMessage(withReceipt(positiveAnswer(request), 65_536)).length;
    assert.ok(length >= 65_536 && length < 65_536 + 1500);
  });
});
