/** Usage: pipe-relay.ts ADDRESS ALLOWED PORT=TARGET-ADDRESS:TARGET-PORT... Deliberately naive: see `pipe.ts`. */
import { connect, createServer, type Socket } from "node:net";

const [address = "", allowed, ...doors] = process.argv.slice(2);
const options = { allowHalfOpen: true, noDelay: true };

for (const door of doors) {
  const [port, host = "", targetPort] = door.split(/[=:]/);
  const relayTo = (client: Socket): void => relay(client, { host, port: Number(targetPort) });
  createServer(options, relayTo).listen({ host: address, port: Number(port), backlog: 4096 });
}

function relay(client: Socket, target: { readonly host: string; readonly port: number }): void {
  if (client.remoteAddress !== allowed) {
    client.resetAndDestroy();
    return;
  }
  const terminal = connect({ ...target, ...options });
  client.on("error", () => terminal.destroy());
  terminal.on("error", () => client.destroy());
  client.pipe(terminal);
  terminal.pipe(client);
}
