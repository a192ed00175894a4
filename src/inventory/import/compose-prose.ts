/**
 * What a document says of its ports outside its listing. The first founding document exposes "9001-9099" and publishes
 * 10101 and others: the listing is what runs, so it is believed, and the contradiction is told.
 */
import type { SourceFile } from "../tree.ts";
import type { Account } from "./account.ts";
import { formatPorts } from "./draft.ts";
import { linesIn, linesOf, spotOn, type Stretch } from "./excerpt.ts";

const SAID = /ports?\s+(?:expos|publi|ouvert|open)\p{L}*\s*:?\s*(\d{4,5})\s*(?:-|à|to)\s*(\d{4,5})/iu;
const PUBLISHED = /^\s*-\s*["']?(?:[\d.]+:)?(\d{4,5}):\d+/;

export function judgeProse(file: SourceFile, listing: readonly Stretch[], account: Account): void {
  const lines = linesOf(file);
  const at = lines.findIndex((line) => SAID.test(line));
  const [, from, to] = SAID.exec(lines[at] ?? "") ?? [];
  if (from === undefined || to === undefined) return;
  const outside = listing
    .flatMap((stretch) => linesIn(lines, stretch))
    .flatMap((line) => PUBLISHED.exec(line)?.[1] ?? [])
    .map(Number)
    .filter((port) => port < Number(from) || port > Number(to));
  if (outside.length === 0) return;
  const message = `the text says ports ${from} to ${to}, the listing publishes ${formatPorts(outside)}`;
  account.report.add("prose-differs", spotOn(file, at + 1), message, "the listing was believed; correct the text");
}
