/** The known name that somebody probably meant. */

const MOST_CANDIDATES = 1_000;

/** The nearest candidate by edit distance, or `undefined` where none is near enough (a third of the name's length). */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const known = [...candidates];
  // A hint is not worth minutes to somebody who declares ten thousand sources.
  if (known.length > MOST_CANDIDATES) return undefined;
  const wanted = fold(name);
  let best: { readonly candidate: string; readonly distance: number } | undefined;
  for (const candidate of known) {
    const limit = Math.max(1, Math.floor(Math.max(wanted.length, candidate.length) / 3));
    if (wanted.length > 80 || Math.abs(wanted.length - candidate.length) > limit) continue;
    const distance = editDistance(wanted, fold(candidate));
    if (distance <= limit && distance < (best?.distance ?? Infinity)) best = { candidate, distance };
  }
  return best?.candidate;
}

/** Lower case, without accents: how two spellings of one name are compared. */
export function fold(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().normalize("NFC");
}

/** Insertions, deletions, replacements and swaps of neighbours that lead from one text to the other. */
export function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  const cell = (row: number, column: number): number => rows[row]?.[column] ?? Infinity;
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const plainCost = Math.min(cell(i - 1, j) + 1, cell(i, j - 1) + 1, cell(i - 1, j - 1) + (same ? 0 : 1));
      row.push(swapped ? Math.min(plainCost, cell(i - 2, j - 2) + 1) : plainCost);
    }
  }
  return cell(a.length, b.length);
}
