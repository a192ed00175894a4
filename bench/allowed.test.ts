import assert from "node:assert/strict";
import { test } from "node:test";
import { parseNetwork } from "@ecluse/guard/address";
import { allowedNetworks } from "./allowed.ts";

test("allowedNetworks are as many networks as were asked for, none next to another, the till's address last", () => {
  assert.deepEqual(allowedNetworks(3, "198.51.100.20"), ["10.0.0.0/28", "10.0.0.32/28", "198.51.100.20"]);
  const many = allowedNetworks(100_000, "198.51.100.20");
  assert.equal(new Set(many).size, 100_000);
  assert.ok(many.every((text) => "prefix" in parseNetwork(text)));
});
