import { suite, test } from "node:test";
import { freePort, ipv4, loopbackAddress } from "../support/loopback.ts";
import { policyOf, startRelay } from "../support/relay.ts";
import { SEMANTICS, type StartRelay } from "./semantics.ts";

const ecluse: StartRelay = async (target) => {
  const host = loopbackAddress();
  const port = await freePort(host);
  const started = startRelay();
  await started.relay.apply(policyOf([{ listen: { address: ipv4(host), port }, target: target.endpoint }]));
  return { host, port, [Symbol.asyncDispose]: () => started[Symbol.asyncDispose]() };
};

suite("the relay's seven semantics", () => {
  for (const { name, check } of SEMANTICS) test(name, () => check(ecluse));
});
