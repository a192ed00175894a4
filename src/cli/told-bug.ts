/** A bug that ends nothing: its stack on stderr, for whoever reads the log. */

export function tellBug(error: unknown): void {
  const stack = error instanceof Error ? error.stack : undefined;
  process.stderr.write(`ecluse: a bug, please report it: ${stack ?? String(error)}\n`);
}
