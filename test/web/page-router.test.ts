/** Every view has an address, and every address its view. */
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { type Place, addressOf, placeOf } from "../../src/web/page/router.ts";

function read(address: string): Place {
  const { pathname, search } = new URL(address, "http://127.0.0.1");
  return placeOf(pathname, search);
}

suite("addresses of the page", () => {
  test("a place's address leads back to it", () => {
    const places: fc.Arbitrary<Place> = fc.oneof(
      fc.constantFrom<Place>({ page: "overview" }, { page: "changes" }, { page: "audit" }),
      fc.record({ page: fc.constant("depot" as const), depot: fc.integer({ min: 1, max: 72 }) }),
      fc.record({
        page: fc.constant("terminal" as const),
        flow: fc.constantFrom("depot22-tpe01", "flow/opi-callback", "flow/Dépannage"),
      }),
      fc.record({ page: fc.constant("matrix" as const), text: fc.string() }),
      fc.record({
        page: fc.constant("refusals" as const),
        by: fc.constantFrom("source" as const, "flow" as const),
        range: fc.constantFrom("15m", "1h", "24h", "7d", "30d"),
      }),
    );
    fc.assert(fc.property(places, (place) => assert.deepEqual(read(addressOf(place)), { ...place })));
  });

  test("what no page has is nowhere; a query that means nothing is the usual one", () => {
    for (const path of ["/nothing", "/depot/x", "/depot/100", "/terminal/", "/terminal/%E0%A4%A"]) {
      assert.deepEqual(placeOf(path), { page: "nowhere", path });
    }
    assert.deepEqual(read("/refusals?by=cat&range=ever"), { page: "refusals", by: "source", range: "1h" });
    assert.deepEqual(read("/refusals?range=toString"), { page: "refusals", by: "source", range: "1h" });
  });
});
