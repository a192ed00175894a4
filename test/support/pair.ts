/** One connection through a door: both of its ends in the test's hands. */
import { once } from "node:events";
import type { Socket } from "node:net";
import { type Peer, dial, listen } from "./loopback.ts";
import { type DoorOptions, type OpenDoor, openDoor } from "./relay.ts";

export interface Pair extends AsyncDisposable {
  readonly door: OpenDoor;
  readonly terminal: Peer;
  readonly client: Socket;
  /** The terminal's socket of this client. */
  readonly target: Socket;
  /** One more client of the same door, and the terminal's socket of it. */
  readonly another: (from?: string) => Promise<{ readonly client: Socket; readonly target: Socket }>;
}

/** A terminal, a door before it, and one client through both; a byte each way has been exchanged. */
export async function through({ from, ...options }: DoorOptions & { readonly from?: string } = {}): Promise<Pair> {
  const terminal = await listen(() => undefined);
  const door = await openDoor(terminal, options);
  const clients = new Set<Socket>();
  const another = async (source = from): ReturnType<Pair["another"]> => {
    const pair = await connectPair(terminal, door, source);
    clients.add(pair.client);
    return pair;
  };
  return {
    door,
    terminal,
    another,
    ...(await another()),
    // Both ends are closed first, for a relay whose clock stands still waits for them without end.
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) client.destroy();
      await terminal[Symbol.asyncDispose]();
      await door[Symbol.asyncDispose]();
    },
  };
}

async function connectPair(
  terminal: Peer,
  door: OpenDoor,
  from?: string,
): Promise<{ readonly client: Socket; readonly target: Socket }> {
  const accepted = once(terminal.server, "connection") as Promise<[Socket]>;
  const client = await dial({ ...door, ...(from === undefined ? {} : { from }) });
  client.on("error", () => undefined);
  client.write("?");
  const [target] = await accepted;
  await once(target, "data");
  target.write("!");
  await once(client, "data");
  return { client, target };
}
