/** Texts that repeat, kept once: a row of a small table has an id, and the rows of the large tables say the id. */
import type { DatabaseSync, StatementSync } from "node:sqlite";

export type Cell = string | number;

export class InternTable {
  readonly #find: StatementSync;
  readonly #insert: StatementSync;
  readonly #read: StatementSync;
  readonly #columns: readonly string[];
  readonly #ids = new Map<string, number>();
  readonly #cells = new Map<number, readonly Cell[]>();

  /** The ids it hands out hold as long as the database stays open and no transaction with them is rolled back. */
  constructor(database: DatabaseSync, table: string, columns: readonly string[]) {
    this.#columns = columns;
    const where = columns.map((column) => `${column} = ?`).join(" AND ");
    this.#find = database.prepare(`SELECT id FROM ${table} WHERE ${where}`);
    this.#insert = database.prepare(
      `INSERT INTO ${table} (${columns.join()}) VALUES (${columns.map(() => "?").join()})`,
    );
    this.#read = database.prepare(`SELECT ${columns.join()} FROM ${table} WHERE id = ?`);
  }

  /** The id of a row, which is added if it is new. */
  id(...cells: readonly Cell[]): number {
    const key = cells.join("\0");
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const found = this.#find.get(...cells) as { readonly id: number } | undefined;
    const id = found?.id ?? Number(this.#insert.run(...cells).lastInsertRowid);
    this.#ids.set(key, id);
    return id;
  }

  /** What an id stands for, in the order of the columns. */
  cells(id: number): readonly Cell[] {
    const known = this.#cells.get(id);
    if (known !== undefined) return known;
    const row = this.#read.get(id) as Readonly<Record<string, Cell>> | undefined;
    const cells = this.#columns.map((column) => row?.[column] ?? "");
    this.#cells.set(id, cells);
    return cells;
  }
}
