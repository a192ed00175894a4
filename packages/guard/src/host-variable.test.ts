import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { hostFromEnvironment } from "./host-variable.ts";

suite("hostFromEnvironment", () => {
  for (const name of ["DASHBOARD_HOST", "API_HOST", "FAUCET_API_HOST", "WATERMARK_API_HOST", "CLAMAV_API_HOST"])
    test(`reads ${name}, the only one`, () =>
      assert.equal(hostFromEnvironment({ [name]: "10.0.0.5", HOME: "/" }), "10.0.0.5"));

  test("reads the one that is named", () => {
    const env = { API_HOST: "10.0.0.5", DB_HOST: "10.0.0.6", ECLUSE_HOST_VARIABLE: "API_HOST" };
    assert.equal(hostFromEnvironment(env), "10.0.0.5");
  });

  test("does not guess", () => {
    assert.throws(
      () => hostFromEnvironment({ DB_HOST: "10.0.0.6", API_HOST: "10.0.0.5" }),
      /"API_HOST", "DB_HOST" are all/,
    );
    assert.throws(() => hostFromEnvironment({}), /no variable is named \*_HOST/);
    assert.throws(() => hostFromEnvironment({ ECLUSE_HOST_VARIABLE: "API_HOST" }), /API_HOST is absent/);
  });

  for (const value of ["", "0.0.0.0", "::", "localhost", "bitcoin.lan"])
    test(`refuses ${JSON.stringify(value)}`, () =>
      assert.throws(() => hostFromEnvironment({ API_HOST: value }), { code: "host" }));
});
