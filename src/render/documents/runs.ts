/** Rows that follow one another, added up into a run: terminals 1 to 99 of a depot, open to the same, are one line. */

export interface Run<Row> {
  readonly first: Row;
  /** The same as `first` where the run is one row. */
  readonly last: Row;
}

/**
 * Runs of rows with the same key, each of which follows the one before; in the order of their first rows. Rows of other
 * keys may stand between them.
 */
export function runsOf<Row>(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
  follows: (row: Row, before: Row) => boolean,
): readonly Run<Row>[] {
  const runs: { readonly first: Row; last: Row }[] = [];
  const open = new Map<string, (typeof runs)[number]>();
  for (const row of rows) {
    const key = keyOf(row);
    const run = open.get(key);
    if (run !== undefined && follows(row, run.last)) {
      run.last = row;
      continue;
    }
    const begun = { first: row, last: row };
    runs.push(begun);
    open.set(key, begun);
  }
  return runs;
}
