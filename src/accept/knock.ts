/** One attempt to come in, and what it met. No byte is sent but an HTTP request where one is given; none is kept. */

export interface Knock {
  readonly host: string;
  readonly port: number;
  /** An HTTP request; absent: nothing is said. */
  readonly request?: string;
  /** Milliseconds until the connection has to stand. */
  readonly patience: number;
  /** Milliseconds that an open connection is held, to see whether it is refused after all. */
  readonly hold: number;
  /** Ends the holding early: enough was seen. */
  readonly enough?: AbortSignal;
}

/**
 * `open`: it stood as long as it was held, or HTTP answered. `reset`: it stood, then RST. `ended`: it stood, then FIN
 * without a byte. `refused`: RST to the first packet. `no-answer`: nothing came back. `no-way`: it could not be tried.
 */
export interface Heard {
  readonly how: "open" | "reset" | "ended" | "refused" | "no-answer" | "no-way";
  /** Of an HTTP answer. */
  readonly status?: number;
  /** The system's words. */
  readonly why?: string;
}

/** What knocks from one vantage point. */
export interface Knocker extends AsyncDisposable {
  /** Never rejects. */
  readonly knock: (knock: Knock) => Promise<Heard>;
}

/** The request for a cell; a forged header is one of each kind that services read. */
export function requestFor(host: string, forged: string | undefined): string {
  const headers =
    forged === undefined
      ? []
      : [
          ...["X-Forwarded-For", "X-Real-IP", "X-Client-IP", "True-Client-IP"].map((name) => `${name}: ${forged}`),
          `Forwarded: for=${forged}`,
        ];
  return ["GET / HTTP/1.1", `Host: ${host}`, "User-Agent: ecluse-accept", ...headers, "Connection: close", "", ""].join(
    "\r\n",
  );
}

/** The status of an answer's first bytes; `undefined`: it is no HTTP. */
export function statusOf(text: string): number | undefined {
  const [, status] = /^HTTP\/1\.[01] (\d{3})/.exec(text) ?? [];
  return status === undefined ? undefined : Number(status);
}
