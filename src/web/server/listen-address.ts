/** Where the dashboard listens: an address of loopback and a port. What others can reach would show them everything. */
import { contains, formatAddress, parseAddress, parseNetwork, type Network } from "@ecluse/guard/address";
import { EcluseError } from "../../errors.ts";
import { quote } from "../../inventory/quote.ts";

export interface Place {
  readonly host: string;
  readonly port: number;
}

export const USUAL_PLACE = "127.0.0.1:8080";

const LOOPBACK = parseNetwork("127.0.0.0/8") as Network;

/** Port 0: any that is free. A name is refused: what it leads to is for others to say. Throws `usage`. */
export function readListen(text: string): Place {
  const [, host = "", digits = ""] = /^([^:]*):(\d{1,5})$/.exec(text) ?? [];
  const address = parseAddress(host);
  const port = Number(digits);
  if (address === undefined || digits === "" || port > 65_535) throw refused(text, "it is no IPv4 address and port");
  if (!contains(LOOPBACK, address)) throw refused(text, "other hosts could reach it");
  return { host: formatAddress(address), port };
}

function refused(text: string, why: string): EcluseError {
  return new EcluseError("usage", `Cannot serve the dashboard on ${quote(text)}: ${why}`, {
    hint: `write an address of loopback and a port: ${USUAL_PLACE}; docs/dashboard.md says how another host gets at it`,
  });
}
