/** SIGTERM or SIGINT, once and twice: the first asks for an end in order, the second for an end at once. */
export interface StopRequests {
  readonly first: AbortSignal;
  readonly second: AbortSignal;
}

/** From now on they are heard, and end nothing by themselves: not even as process 1 of a container, which has no default. */
export function stopRequests(): StopRequests {
  const first = new AbortController();
  const second = new AbortController();
  const stop = (): void => (first.signal.aborted ? second : first).abort();
  process.on("SIGTERM", stop).on("SIGINT", stop);
  return { first: first.signal, second: second.signal };
}
