/**
 * Protects a service without touching its code: `node --import @ecluse/guard/register service.js`.
 *
 * Before the service runs, `listen` of every server (net, tls, http, https, http2 share one) is replaced: a port that
 * would be opened on every address, or on IPv6, opens on the service's `*_HOST` instead, and the guard of
 * `ALLOWED_SOURCE_IP` sits before it. A service whose environment is not right does not start.
 *
 * The processes of a cluster and the worker threads of a file are covered, for Node hands the flag on to them.
 *
 * Limits: not covered are worker threads made of a text (`eval: true`, which Node starts without it), child processes
 * started without the flag, UDP, native addons that listen by themselves, and other runtimes. A path in the file system is left to its permissions. A socket that was opened elsewhere (systemd
 * socket activation, a handle) keeps its address, and is filtered.
 */
import { Server } from "node:net";
import { guardFromEnvironment } from "./environment.ts";
import { hostFromEnvironment } from "./host-variable.ts";
import { onIpv4, readListenCall } from "./listen-arguments.ts";

const host = hostFromEnvironment(process.env);
const guard = guardFromEnvironment({ host });

type Listen = (this: Server, ...values: readonly unknown[]) => Server;
// eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with the server that it was called on
const listen = Server.prototype.listen as Listen;

const guarded: Listen = function (...values) {
  const call = readListenCall(values);
  if (call.kind !== "path") guard.protect(this);
  return call.kind === "tcp"
    ? listen.call(this, onIpv4(call.options, host), ...call.rest)
    : listen.apply(this, [...values]);
};

Object.defineProperty(Server.prototype, "listen", { value: guarded, writable: true, configurable: true });
