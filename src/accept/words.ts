/** The report's words, French and English. A cell's data never changes with the language; only these do. */
import type { Case, Skip } from "./cell.ts";
import type { Counts } from "./report.ts";
import type { Found } from "./verdict.ts";

export type Language = "fr" | "en";

export interface Words {
  readonly title: string;
  readonly labels: Readonly<Record<Label, string>>;
  readonly cases: Readonly<Record<Case, string>>;
  readonly expect: Readonly<Record<"connect" | "refuse", string>>;
  readonly found: Readonly<Record<Found, string>>;
  readonly skips: Readonly<Record<Skip, string>>;
  readonly verdicts: Readonly<Record<"passed" | "failed" | "not-tried", string>>;
  /** Behind a number. */
  readonly counted: Readonly<Record<keyof Counts, string>>;
  readonly nothingFailed: string;
  readonly stranger: string;
  readonly here: string;
  readonly sameInventory: string;
  readonly otherInventory: string;
  readonly everyFlow: string;
  readonly sampled: (flows: number, of: number, seed: number) => string;
  readonly hashNote: string;
  readonly ipNote: string;
  readonly loaded: (visits: number, rate: number, seconds: number) => string;
}

export const LABELS = [
  "began",
  "ended",
  "by",
  "host",
  "inventory",
  "gateway",
  "temporary",
  "vantages",
  "extent",
  "hash",
  "failedCells",
  "untried",
  "allCells",
  "load",
  "flow",
  "door",
  "from",
  "what",
  "expected",
  "found",
  "verdict",
  "address",
  "sources",
  "via",
  "why",
  "flows",
  "failures",
  "missed",
  "signature",
] as const;

export type Label = (typeof LABELS)[number];

export const WORDS: Readonly<Record<Language, Words>> = {
  fr: {
    title: "Procès-verbal de recette",
    labels: {
      began: "Début",
      ended: "Fin",
      by: "Exécuté par",
      host: "Depuis la machine",
      inventory: "Inventaire",
      gateway: "Inventaire en service sur la passerelle",
      temporary: "Droits temporaires pris en compte",
      vantages: "Points d’observation",
      extent: "Étendue",
      hash: "Empreinte SHA-256",
      failedCells: "Essais en échec",
      untried: "Non essayé, et pourquoi",
      allCells: "Tous les essais",
      load: "Charge",
      flow: "Flux",
      door: "Porte",
      from: "Depuis",
      what: "Essai",
      expected: "Attendu",
      found: "Constaté",
      verdict: "Résultat",
      address: "Adresse",
      sources: "Sources de l’inventaire",
      via: "Par",
      why: "Raison",
      flows: "Nombre de flux",
      failures: "Échecs",
      missed: "Non tentées, tous les terminaux étant occupés",
      signature: "Nom, date et signature",
    },
    cases: {
      authorised: "source autorisée",
      expired: "droit expiré",
      "other-source": "source autorisée ailleurs",
      direct: "accès direct au service",
      stranger: "inconnu",
      closed: "porte fermée par un opérateur",
      "not-a-balancer": "sans passer par le répartiteur",
      "forged-header": "en-tête X-Forwarded-For falsifié",
      ipv6: "IPv6",
    },
    expect: { connect: "connexion", refuse: "refus" },
    found: {
      open: "connecté",
      reset: "refusé (RST après connexion)",
      ended: "refusé (fermé sans un octet)",
      refused: "refusé (RST)",
      "no-answer": "aucune réponse",
      "no-way": "impossible à essayer",
      status: "réponse HTTP",
      "let-in": "ADMIS par la passerelle, selon son journal",
      "other-rule": "admis par une autre règle",
      "not-reached": "admis, mais le terminal n’a pas été joint",
      "not-in-journal": "absent du journal de la passerelle",
    },
    skips: {
      "no-vantage": "aucun point d’observation",
      "probe-none": "l’inventaire interdit de sonder ce terminal (probe: none)",
      balancer: "on y entre par un répartiteur, qui annonce qui vient",
      "no-ipv6": "aucune adresse IPv6 connue de cette machine",
      "somebody-inside": "une session était ouverte sur le terminal",
      "no-way": "le point d’observation n’a pas pu essayer",
      unproven: "aucun signe de vie de ce flux : un refus ne prouverait rien",
    },
    verdicts: { passed: "conforme", failed: "ÉCHEC", "not-tried": "non essayé" },
    counted: { passed: "conformes", failed: "en échec", notTried: "non essayés" },
    nothingFailed: "Aucun.",
    stranger: "aucune : un inconnu",
    here: "cette machine (sans traverser le réseau)",
    sameInventory: "le même",
    otherInventory: "UN AUTRE que celui de cette recette",
    everyFlow: "tous les flux",
    sampled: (flows, of, seed) =>
      `échantillon de ${flows} flux sur ${of} : chaque dépôt, chaque liste de droits distincte, le reste au hasard (graine ${seed})`,
    hashNote:
      "L’empreinte est celle du fichier acceptance.json sans son champ « hash », clés triées et sans espaces : jq -cSj 'del(.hash)' acceptance.json | sha256sum",
    ipNote: "Un filtre par adresse IP n’est pas un chiffrement.",
    loaded: (visits, rate, seconds) => `${visits} connexions, ${rate} par seconde pendant ${seconds} s`,
  },
  en: {
    title: "Acceptance report",
    labels: {
      began: "Began",
      ended: "Ended",
      by: "Run by",
      host: "From the machine",
      inventory: "Inventory",
      gateway: "Inventory that the gateway runs",
      temporary: "Temporary rights counted in",
      vantages: "Vantage points",
      extent: "Extent",
      hash: "SHA-256",
      failedCells: "Failed attempts",
      untried: "Not tried, and why",
      allCells: "Every attempt",
      load: "Load",
      flow: "Flow",
      door: "Door",
      from: "From",
      what: "Attempt",
      expected: "Expected",
      found: "Found",
      verdict: "Verdict",
      address: "Address",
      sources: "Sources of the inventory",
      via: "By",
      why: "Reason",
      flows: "Flows",
      failures: "Failures",
      missed: "Not attempted, every terminal being in use",
      signature: "Name, date and signature",
    },
    cases: {
      authorised: "authorised source",
      expired: "expired right",
      "other-source": "source authorised elsewhere",
      direct: "direct to the service",
      stranger: "stranger",
      closed: "door closed by an operator",
      "not-a-balancer": "past the balancer",
      "forged-header": "forged X-Forwarded-For",
      ipv6: "IPv6",
    },
    expect: { connect: "connects", refuse: "refused" },
    found: {
      open: "connected",
      reset: "refused (RST after the connection)",
      ended: "refused (closed without a byte)",
      refused: "refused (RST)",
      "no-answer": "no answer",
      "no-way": "could not be tried",
      status: "HTTP answer",
      "let-in": "LET IN by the gateway, as its journal says",
      "other-rule": "let in by another rule",
      "not-reached": "let in, but the terminal was not reached",
      "not-in-journal": "not in the gateway’s journal",
    },
    skips: {
      "no-vantage": "no vantage point",
      "probe-none": "the inventory forbids to look at this terminal (probe: none)",
      balancer: "entered through a balancer, which says who comes",
      "no-ipv6": "no IPv6 address of this machine is known",
      "somebody-inside": "a session was open at the terminal",
      "no-way": "the vantage point could not try",
      unproven: "no sign of life from this flow: a refusal would prove nothing",
    },
    verdicts: { passed: "passed", failed: "FAILED", "not-tried": "not tried" },
    counted: { passed: "passed", failed: "failed", notTried: "not tried" },
    nothingFailed: "None.",
    stranger: "none: a stranger",
    here: "this machine (the network is not crossed)",
    sameInventory: "the same",
    otherInventory: "ANOTHER than the one of this run",
    everyFlow: "every flow",
    sampled: (flows, of, seed) =>
      `a sample of ${flows} flows of ${of}: every depot, every distinct list of rights, the rest by chance (seed ${seed})`,
    hashNote:
      "The hash is that of acceptance.json without its field “hash”, keys sorted and without blanks: jq -cSj 'del(.hash)' acceptance.json | sha256sum",
    ipNote: "A filter by IP address is not encryption.",
    loaded: (visits, rate, seconds) => `${visits} connections, ${rate} a second for ${seconds} s`,
  },
};

/** What was found, with its detail: `HTTP answer 403`. */
export function foundIn(words: Words, { found, detail }: { readonly found?: Found; readonly detail?: string }): string {
  if (found === undefined) return "";
  if (detail === undefined) return words.found[found];
  return found === "status" ? `${words.found.status} ${detail}` : `${words.found[found]} (${detail})`;
}
