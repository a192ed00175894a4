/** What changed, when, by whom. */
import type { ChangePage, ChangeQuery, Json, KeptChange } from "./rows.ts";
import { pageLimit } from "./session-query.ts";
import type { Store } from "./store.ts";

/** Rows looked at before others get their turn; each may have 64 KiB. */
const CHUNK = 100;
/** Characters of details after which a page ends. */
const PAGE_TEXT = 1_048_576;

type Row = Omit<KeptChange, "detail"> & { readonly detail: string };

/** Yields where others may have their turn. */
export function* findChanges({ database }: Store, query: ChangeQuery): Generator<undefined, ChangePage> {
  const statement = database.prepare(`
    SELECT seq, at, by, action, subject, detail, lower(hex(hash)) AS hash FROM change
    WHERE seq < ? ORDER BY seq DESC LIMIT ${CHUNK}`);
  const { from = -Infinity, to = Infinity } = query;
  const limit = pageLimit(query.limit);
  const found: KeptChange[] = [];
  let text = 0;
  for (let before = query.before ?? Number.MAX_SAFE_INTEGER; ;) {
    const rows = statement.all(before) as unknown as readonly Row[];
    for (const row of rows.filter(({ at }) => at >= from && at < to)) {
      found.push({ ...row, detail: parsed(row.detail) });
      text += row.detail.length;
      if (found.length === limit || text > PAGE_TEXT) return { rows: found, next: row.seq };
    }
    yield;
    if (rows.length < CHUNK) return { rows: found };
    before = rows.at(-1)?.seq ?? 0;
  }
}

/** A detail that somebody has tampered with is still shown; `verify` tells. */
function parsed(detail: string): Json {
  try {
    return JSON.parse(detail) as Json;
  } catch {
    return detail;
  }
}
