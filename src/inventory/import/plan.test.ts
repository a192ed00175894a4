import { parseAddress, type Ipv4 } from "@ecluse/guard/address";
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type Placed, planOf, USUAL_PLAN } from "./plan.ts";

suite("planOf", () => {
  test("is the usual one where nobody says another", () => assert.deepEqual(planOf([]), USUAL_PLAN));

  test("is not taken from three terminals", () => {
    assert.deepEqual(planOf([1, 2, 3].map((terminal) => placed(terminal, `10.20.1.${100 + terminal}`, 9))), USUAL_PLAN);
  });

  test("is that of the most, four at least", () => {
    const most = [1, 2, 3, 4].map((terminal) => placed(terminal, `10.20.1.${100 + terminal}`, 20_007));
    const { network, firstHost, port } = planOf([...most, placed(5, "172.17.1.14", 8888)]);
    assert.deepEqual([network.address, firstHost, port], [parseAddress("10.20.0.0"), 101, 20_007]);
  });

  test("is the usual one where fewer than half follow the same", () => {
    const some = [1, 2, 3, 4].map((terminal) => placed(terminal, `10.20.1.${100 + terminal}`, 8888));
    const others = [5, 6, 7, 8, 9].map((terminal) => placed(terminal, `10.${terminal}.9.9`, 8888));
    assert.deepEqual(planOf([...some, ...others]), USUAL_PLAN);
  });
});

function placed(terminal: number, address: string, port: number): Placed {
  return { position: { depot: 1, terminal }, target: { address: parseAddress(address) as Ipv4, port } };
}
