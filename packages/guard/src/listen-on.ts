/** Listens on one IPv4 address, and waits for it while the machine's network comes up. */
import { type AddressInfo, createServer, type Server } from "node:net";
import { setTimeout as after } from "node:timers/promises";
import { formatAddress } from "./address.ts";
import { GuardError } from "./error.ts";
import { readListenHost } from "./listen-host.ts";
import { quoted } from "./quoted.ts";
import { writeLine } from "./refusals.ts";

export interface ListenOptions {
  /** One IPv4 address of this machine, as a dotted quad. */
  readonly host: string;
  /** 1 to 65535, or 0 for one that the kernel picks. */
  readonly port: number;
  /** Milliseconds to wait for the address; 60,000 by default, 0 to try once. */
  readonly patience?: number | undefined;
  /** Milliseconds between two tries; 1,000 by default. */
  readonly every?: number | undefined;
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined;
  /** Where a waiting is told, once at its begin and once at its end; standard error by default. */
  readonly log?: ((line: string) => void) | undefined;
}

/**
 * Listens, and resolves with the address once it does. While the address is not up (EADDRNOTAVAIL: the LAN comes after
 * the service at boot), tries again, bounded.
 * @throws GuardError `host` or `port` for a place where such a service must not listen, `address-not-available` when
 * patience is over; any other error of `listen` as it is.
 */
export async function listenOn(server: Server, options: ListenOptions): Promise<AddressInfo> {
  const host = formatAddress(readListenHost((options as Partial<ListenOptions> | undefined)?.host, "host"));
  const { port } = options;
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new GuardError("port", `port must be a number from 0 to 65535: ${quoted(String(port))}`);
  await addressUp(host, options);
  await opened(server, host, port);
  return server.address() as AddressInfo;
}

/**
 * Tried with a socket of our own, because each failed try of the service's server would reach its 'error' listeners,
 * and those usually end the process.
 */
async function addressUp(host: string, options: ListenOptions): Promise<void> {
  const { patience = 60_000, every = 1_000, signal, log = writeLine } = options;
  const from = process.hrtime.bigint();
  for (let tries = 0; !(await isUp(host)); tries += 1) {
    if (Number(process.hrtime.bigint() - from) / 1e6 >= patience) throw notAvailable(host, patience);
    if (tries === 0) log(`ecluse guard: waiting for ${host} to be an address of this machine`);
    await after(every, undefined, { signal });
  }
  if (Number(process.hrtime.bigint() - from) / 1e6 >= every) log(`ecluse guard: ${host} is up`);
}

async function isUp(host: string): Promise<boolean> {
  const probe = createServer();
  try {
    await opened(probe, host, 0);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRNOTAVAIL") return false;
    throw error;
  } finally {
    probe.close();
  }
}

function opened(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error): void => {
      server.removeListener("error", settle).removeListener("listening", settle);
      if (error === undefined) resolve();
      else reject(error);
    };
    server.once("error", settle).once("listening", settle).listen({ host, port });
  });
}

function notAvailable(host: string, patience: number): GuardError {
  const waited = `${patience / 1000} s`;
  return new GuardError(
    "address-not-available",
    `Cannot listen on ${host}: not an address of this machine for ${waited}`,
  );
}
