/** Placeholders that were left in: the founding documents' own (`IP_AUTORISEE`, `VOTRE_IP_ADMIN`) and everybody's. */
import { quote } from "../quote.ts";
import type { Report } from "../report.ts";
import { eachLeaf, type Mapping, spotAt, type Tree } from "../tree.ts";

const PLACEHOLDERS: readonly RegExp[] = [
  // Words in capitals, also inside a text.
  /(?:^|[^\p{L}\p{N}])(?:TODO|TBD|FIXME|XXX+|CHANGE[_-]?ME|REPLACE[_-]?ME|FILL[_-]?(?:ME|IN))(?:$|[^\p{L}\p{N}])/u,
  /^(?:changeme|change[_-]me|todo|tbd|fixme|placeholder|à compléter|a completer|à définir|a definir)$/iu,
  /(?:^|[^\p{L}])(?:VOTRE|YOUR)[_-][A-Z_-]+|^(?:MY|MON|MA)_[A-Z_]+$/u,
  /^(?:A|À)[_ -](?:COMPLETER|COMPLÉTER|DEFINIR|DÉFINIR|REMPLACER)$/u,
  // IP_ADMIN, IP_AUTORISEE, IP_AUTORISÉE, IP_DU_SERVEUR, ADMIN_IP
  /^(?:IP|ADRESSE|ADDRESS|HOST|PORT)(?:_[\p{Lu}\d]+)+$/u,
  /^(?:[\p{Lu}\d]+_)+(?:IP|ADDRESS|ADRESSE)$/u,
  // <address>, ${ADDRESS}, {{ address }}, [address], ...
  /^<.*>$/u,
  /\$\{.*\}|\{\{.*\}\}/u,
  /^\[[\p{L} _-]+\]$/u,
  /^(?:\.{3,}|…|\?+)$/u,
  // x.x.x.x, 192.168.x.x, a.b.c.d, 10.0.0.X/24
  /^(?:(?:\d{1,3}|[xX]{1,3})\.){1,3}[xX]{1,3}(?:\/\d+)?$/u,
  /^[aA]\.[bB]\.[cC]\.[dD]$/u,
];

/** Looks at every value and every key of the tree, before anything else judges them. */
export function checkPlaceholders(root: Mapping, report: Report): void {
  eachLeaf(root, ({ value, at }, path) => {
    // HOST_IP is a good name for an environment variable.
    if (typeof value === "string" && path.at(-1) !== "hostVariable" && isPlaceholder(value)) {
      report.add("placeholder", at, `${quote(value)} is a placeholder`, "write the real value");
    }
  });
  for (const section of ["sources", "machines", "services", "flows"]) {
    for (const key of keysOf(root.entries.get(section)?.value)) {
      if (!isPlaceholder(key)) continue;
      report.add(
        "placeholder",
        spotAt(root, [section, key], "key"),
        `${quote(key)} is a placeholder`,
        "write the real name",
      );
    }
  }
}

/** Whether the text stands for something that somebody was to write. */
export function isPlaceholder(text: string): boolean {
  return text.length <= 200 && PLACEHOLDERS.some((pattern) => pattern.test(text));
}

function keysOf(tree: Tree | undefined): readonly string[] {
  return tree?.kind === "mapping" ? [...tree.entries.keys()] : [];
}
