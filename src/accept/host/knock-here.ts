/** Knocks from an address of this host. */
import { type Socket, connect } from "node:net";
import { type Heard, type Knock, type Knocker, statusOf } from "../knock.ts";

/** How long the other side may take to close behind us before it gets RST, in milliseconds. */
const LEAVING = 500;

/** `address`: where connections come from; over IPv6 the system chooses. */
export function knockerHere(address: string): Knocker {
  return {
    knock: (knock) => knockFrom(address, knock),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function knockFrom(address: string, knock: Knock): Promise<Heard> {
  const { host, port, request, patience, hold, enough } = knock;
  const isIpv6 = host.includes(":");
  return new Promise((resolve) => {
    const socket = connect({ host, port, noDelay: true, ...(isIpv6 ? {} : { localAddress: address }) });
    let isUp = false;
    const settle = (heard: Heard): void => {
      clearTimeout(timer);
      enough?.removeEventListener("abort", onEnough);
      leave(socket);
      resolve(heard);
    };
    const onEnough = (): void => settle({ how: isUp ? "open" : "no-answer" });
    let timer = setTimeout(() => settle({ how: "no-answer" }), patience);
    enough?.addEventListener("abort", onEnough, { once: true });
    socket.on("connect", () => {
      isUp = true;
      clearTimeout(timer);
      timer = setTimeout(() => settle({ how: "open" }), hold);
      if (request !== undefined) socket.write(request);
    });
    // What a terminal says is not looked at; of a service's answer, the status.
    socket.on("data", (chunk: Buffer) => {
      const status = request === undefined ? undefined : statusOf(chunk.toString("latin1", 0, 16));
      if (request !== undefined) settle({ how: "open", ...(status === undefined ? {} : { status }) });
    });
    socket.on("end", () => settle({ how: "ended" }));
    socket.on("error", ({ code = "unknown" }: NodeJS.ErrnoException) => settle(heardOf(code, isUp)));
  });
}

function leave(socket: Socket): void {
  if (socket.destroyed || socket.connecting) {
    socket.destroy();
    return;
  }
  socket.end();
  const timer = setTimeout(() => socket.resetAndDestroy(), LEAVING);
  socket.once("close", () => clearTimeout(timer));
}

/** EHOSTUNREACH is also what a firewall or a router answers; the others say that nothing was sent. */
function heardOf(code: string, isUp: boolean): Heard {
  if (isUp) return { how: "reset" };
  if (code === "ECONNREFUSED") return { how: "refused" };
  if (code === "ECONNRESET") return { how: "reset" };
  if (code === "ETIMEDOUT" || code === "EHOSTUNREACH") return { how: "no-answer", why: code };
  return { how: "no-way", why: code };
}
