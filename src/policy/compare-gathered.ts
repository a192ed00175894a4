/** The same change at several flows is one change. */

/** `Omit` that keeps the members of a union apart. */
export type Without<T, K extends string> = T extends unknown ? Omit<T, K> : never;

/** Changes by content, each with every flow it was seen at, in the order of their first appearance. */
export class Gathered<T extends { readonly flows: readonly string[] }> {
  readonly #byContent = new Map<string, { readonly change: Without<T, "flows">; readonly flows: string[] }>();

  add(change: Without<T, "flows">, flows: readonly string[]): void {
    const content = JSON.stringify(change);
    const known = this.#byContent.get(content);
    if (known === undefined) this.#byContent.set(content, { change, flows: [...flows] });
    else for (const flow of flows) known.flows.push(flow);
  }

  list(): readonly T[] {
    return [...this.#byContent.values()].map(({ change, flows }) => ({ ...change, flows }) as unknown as T);
  }
}
