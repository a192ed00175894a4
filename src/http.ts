/**
 * The parts of `node:http` that we use, had without an import: that asks for every export there is, and one of them,
 * `WebSocket`, has Node load undici, which nobody here needs (12 MB resident and 20 ms, in a program that does nothing else; Node 24.21).
 */
export const { STATUS_CODES, createServer, request } = process.getBuiltinModule("node:http");
