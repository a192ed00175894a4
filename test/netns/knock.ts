/**
 * A client in a process of its own: node knock.ts KNOCKS (JSON) knocks at each door in turn and prints one result a line.
 *
 * It writes bytes to a socket rather than asking with an HTTP client, for what it sends is not always HTTP, and what
 * matters is everything that comes back.
 */
import { readFileSync } from "node:fs";
import { type Socket, connect } from "node:net";
import { connect as connectTls } from "node:tls";

export interface Knock {
  readonly host: string;
  readonly port: number;
  readonly send: string;
  /** Sent too, on the same socket, once the first answer has come: a kept-alive connection. */
  readonly then?: string;
  /** TLS to this name, trusting the certificate of that file. */
  readonly tls?: { readonly name: string; readonly trust: string };
  /** Reads on after a whole answer until the socket closes, however long that takes. */
  readonly hold?: boolean;
  /** Milliseconds that a silent door is given; ten seconds by default. */
  readonly patience?: number;
}

export interface Answer {
  /** The status of each answer on the socket, or nothing if there was none. */
  readonly statuses: readonly number[];
  /** How the socket ended: the error's code, `end` for FIN, `open` where this client had enough. */
  readonly by: string;
  readonly text: string;
}

if (import.meta.main) {
  for (const knock of JSON.parse(process.argv[2] ?? "[]") as Knock[])
    process.stdout.write(`${JSON.stringify(await answerTo(knock))}\n`);
}

function answerTo(knock: Knock): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = opened(knock);
    let text = "";
    let sentThen = knock.then === undefined;
    const settle = (by: string): void => {
      clearTimeout(patience);
      socket.destroy();
      resolve({ statuses: statusesOf(text), by, text });
    };
    const patience = setTimeout(() => settle("silence"), knock.patience ?? 10_000);
    socket.on("data", (chunk: Buffer) => {
      const before = statusesOf(text).length;
      text += chunk.toString("latin1");
      if (knock.hold === true && before === 0) process.stdout.write('"holding"\n');
      if (!sentThen) {
        sentThen = true;
        socket.write(knock.then ?? "");
      } else if (isWebSocketMessage(text)) settle("open");
    });
    socket.on("end", () => settle("end"));
    socket.on("error", (error: NodeJS.ErrnoException) => settle(error.code ?? error.name));
    socket.write(knock.send);
  });
}

function opened({ host, port, tls }: Knock): Socket {
  if (tls === undefined) return connect({ host, port });
  return connectTls({ host, port, servername: tls.name, ca: readFileSync(tls.trust) });
}

function statusesOf(text: string): readonly number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

/** A first frame after the switch: final, text, unmasked (RFC 6455 section 5.2). */
function isWebSocketMessage(text: string): boolean {
  return text.startsWith("HTTP/1.1 101 ") && /\r\n\r\n\x81[^]{2}/.test(text);
}
