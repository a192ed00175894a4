/** Two names in one section that only case or accents tell apart: selectors and readers would take one for the other. */
import type { Facts } from "../facts.ts";
import { fold } from "../nearest.ts";
import { quote } from "../quote.ts";
import { declared } from "../reading.ts";

export function checkNamesAlike(facts: Facts): void {
  for (const section of ["sources", "machines", "services", "flows"]) {
    const seen = new Map<string, string>();
    for (const name of declared(facts.root, section)) {
      const other = seen.get(fold(name));
      seen.set(fold(name), name);
      if (other === undefined) continue;
      const message = `${quote(name)} and ${quote(other)} differ only by case or accents`;
      facts.complain({ code: "names-alike", path: [section, name], message, hint: "rename one of them", which: "key" });
    }
  }
}
