/** Usage: pipe-relay.ts ADDRESS PORT ALLOWED TARGET-ADDRESS TARGET-PORT. Deliberately naive: see `pipe.ts`. */
import { connect, createServer, type Socket } from "node:net";

const [address = "", port, allowed, targetAddress = "", targetPort] = process.argv.slice(2);
const options = { allowHalfOpen: true, noDelay: true };

createServer(options, relay).listen({ host: address, port: Number(port), backlog: 4096 });

function relay(client: Socket): void {
  if (client.remoteAddress !== allowed) {
    client.resetAndDestroy();
    return;
  }
  const terminal = connect({ host: targetAddress, port: Number(targetPort), ...options });
  client.on("error", () => terminal.destroy());
  terminal.on("error", () => client.destroy());
  client.pipe(terminal);
  terminal.pipe(client);
}
