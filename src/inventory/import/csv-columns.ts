/** What a table's columns are called, in French and in English, and which separator stands between them. */
import { fold } from "../nearest.ts";

export type Column =
  "depot" | "depotName" | "network" | "terminal" | "address" | "publicPort" | "port" | "label" | "model" | "serial";

/** Folded: lower case, without accents; spaces and signs count for nothing. */
const NAMES: Readonly<Record<Column, readonly string[]>> = {
  depot: [
    ...["depot", "n depot", "no depot", "numero depot", "numero de depot", "num depot", "depot n", "site", "magasin"],
    ...["depot number", "depot no", "store", "shop"],
  ],
  depotName: ["nom du depot", "nom depot", "depot name", "site name", "ville", "city"],
  network: ["reseau", "network", "subnet", "sous reseau", "reseau local", "lan"],
  terminal: [
    ...["tpe", "n tpe", "no tpe", "numero tpe", "numero de tpe", "num tpe", "terminal", "n terminal"],
    ...["numero terminal", "numero du terminal", "terminal number", "terminal no"],
  ],
  address: ["ip", "adresse", "adresse ip", "ip tpe", "ip du tpe", "adresse ip du tpe", "address", "ip address"],
  publicPort: [
    ...["port public", "public port", "port externe", "external port", "port vm", "port publie", "published port"],
    ...["port d acces", "gateway port"],
  ],
  port: [
    "port",
    "port tpe",
    "port du tpe",
    "port interne",
    "internal port",
    "terminal port",
    "port local",
    "target port",
  ],
  label: ["libelle", "label", "designation", "description", "nom", "name", "caisse", "emplacement", "location"],
  model: ["modele", "model", "type", "marque", "brand"],
  serial: [
    ...["serie", "n de serie", "n serie", "no de serie", "numero de serie", "num serie", "serial", "serial number"],
    ...["serial no", "s n", "sn"],
  ],
};

const SEPARATORS = ["\t", ";", ","] as const;

/** The column that a header names; `undefined`: none that an inventory has. */
export function columnOf(header: string): Column | undefined {
  const folded = fold(header)
    .replaceAll(/n[°º]/g, "n ")
    .replaceAll(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
  const found = Object.entries(NAMES).find(([, names]) => names.includes(folded));
  return found?.[0] as Column | undefined;
}

/** The separator by which a line names columns from which a terminal can be told; `undefined`: it is no header. */
export function separatorOf(line: string): string | undefined {
  return SEPARATORS.find((separator) => {
    const columns = line.split(separator).map((text) => columnOf(text.trim().replaceAll(/^"|"$/g, "")));
    const has = (...wanted: readonly Column[]): boolean => wanted.every((column) => columns.includes(column));
    const known = columns.filter((column) => column !== undefined);
    const isTold = has("publicPort") || has("depot", "terminal") || has("network", "terminal");
    return known.length >= 2 && isTold && new Set(known).size === known.length;
  });
}
