/** The relay that everybody writes first: two pipes. Here for the tests that must go red where it fails. */
import { connect } from "node:net";
import type { StartRelay } from "../relay/semantics.ts";
import { listen, loopbackAddress } from "./loopback.ts";

export const startPipeRelay: StartRelay = (target) =>
  listen(
    (client) => {
      const server = connect(target.port, target.host);
      for (const socket of [client, server]) socket.on("error", () => undefined);
      client.pipe(server);
      server.pipe(client);
    },
    { host: loopbackAddress(), port: 0 },
    { allowHalfOpen: false },
  );
