/** What the page says in French. */
import type { AccessChange, Attention, FlowState, PolicyChange } from "../answers.ts";
import type { Formats } from "../times.ts";
import { fr } from "./french.ts";
import type { Words } from "./words.ts";

const amount = new Intl.NumberFormat("fr-FR");
const many = (count: number, one: string, more: string): string =>
  fr`${amount.format(count)} ${count < 2 ? one : more}`;
const terminals = (count: number): string => many(count, "terminal", "terminaux");
const flows = (count: number): string => many(count, "flux", "flux");

const few = (names: readonly string[]): string =>
  names.length <= 4
    ? names.join(", ")
    : `${names.slice(0, 3).join(", ")} et ${many(names.length - 3, "autre", "autres")}`;

const causes: Readonly<Record<string, string>> = {
  ECONNREFUSED: fr`il refuse la connexion`,
  connect: fr`il ne répond pas`,
  ETIMEDOUT: fr`il ne répond pas`,
  EHOSTUNREACH: fr`son adresse ne répond pas dans le dépôt`,
  ENETUNREACH: fr`aucune route n'y mène`,
  ECONNRESET: fr`il rompt la connexion`,
  EADDRNOTAVAIL: fr`la passerelle n'a plus de port libre`,
  mute: fr`il prend la connexion et ne dit rien`,
  unknown: fr`la cause n'est pas connue`,
};
const because = (cause: string | undefined): string => (cause === undefined ? "" : fr` : ${causes[cause] ?? cause}`);

const outcomes: Readonly<Record<string, string>> = {
  closed: fr`terminée`,
  reset: fr`rompue`,
  denied: fr`refusée`,
  busy: fr`terminal occupé`,
  "dial-failed": fr`terminal injoignable`,
  idle: fr`coupée : silence trop long`,
  stalled: fr`coupée : bloquée`,
  "half-closed": fr`coupée : à demi fermée trop longtemps`,
  revoked: fr`coupée : droit retiré`,
  expired: fr`coupée : droit échu`,
  drained: fr`coupée : fin de vidange`,
  "bad-proxy-header": fr`refusée : en-tête du répartiteur`,
  overload: fr`passerelle saturée`,
  unknown: fr`finie, on ne sait comment`,
};

const reasons: Readonly<Record<string, string>> = {
  "no-door": fr`aucune porte de ce nom`,
  "no-address": fr`aucune adresse utilisable`,
  "not-listed": fr`absente de la liste`,
  expired: fr`son droit est échu`,
  closed: fr`fermé à la main`,
  "not-a-balancer": fr`n'est pas le répartiteur`,
  terminal: fr`terminal occupé`,
  source: fr`trop de connexions de là à la fois`,
  sessions: fr`passerelle pleine`,
  descriptors: fr`passerelle à court de descripteurs`,
  malformed: fr`en-tête illisible`,
  checksum: fr`en-tête abîmé`,
  "not-ipv4": fr`en-tête sans IPv4`,
  "unusable-source": fr`en-tête à l'adresse inutilisable`,
  incomplete: fr`en-tête incomplet`,
  shielded: fr`refusée par le noyau`,
  "many-doors": fr`à de nombreuses portes`,
  "many-sources": fr`de nombreuses adresses`,
};

const states: Readonly<Record<FlowState, string>> = {
  "in-session": fr`en session`,
  free: fr`libre`,
  down: fr`injoignable`,
  blocked: fr`porte bloquée`,
  closed: fr`fermé`,
  draining: fr`en vidange`,
  unheard: fr`pas encore entendu`,
};

const DOOR_TROUBLES: readonly (readonly [string, string])[] = [
  ["address already in use", fr` : un autre programme écoute déjà là (ss -ltnp)`],
  ["does not have that address", fr` : cette machine n'a pas (encore) cette adresse`],
  ["permission denied", fr` : la permission manque`],
];

/** The gateway says it in English. */
function doorTrouble(message: string): string {
  return DOOR_TROUBLES.find(([english]) => message.includes(english))?.[1] ?? "";
}

function attention(what: Attention, name: (flow: string) => string, time: Formats, now: number): string {
  switch (what.what) {
    case "depot-down":
      return fr`Le dépôt ${what.depot} est injoignable depuis ${time.minute(what.since, now)} : aucun de ses ${terminals(what.flows)} ne répond. Voyez d'abord la liaison.`;
    case "terminal-down":
      return fr`${name(what.flow)} est injoignable depuis ${time.minute(what.since, now)}${because(what.cause)}.`;
    case "door-blocked":
      return fr`La porte ${what.endpoint} de ${name(what.flow)} ne peut être ouverte${doorTrouble(what.message)}.`;
    case "closed":
    case "draining": {
      const verb = what.what === "closed" ? "fermé" : "mis en vidange";
      const reason = what.reason === undefined ? "" : ` (${what.reason})`;
      return fr`${name(what.flow)} a été ${verb} par ${what.by}, ${time.minute(what.at, now)}${reason}.`;
    }
    case "grant-ends":
      return fr`Le droit de ${what.source} sur ${terminals(what.flows)} s'éteint dans ${time.duration(what.until - now)}.`;
    case "pending":
      return fr`L'inventaire ${what.number} attend une confirmation : retour au ${what.rollbackTo} dans ${time.duration(what.deadline - now)}.`;
    case "file-differs":
      return fr`Le fichier d'inventaire n'est pas ce qui tourne : il a été modifié sans être appliqué.`;
    case "shield":
      return what.state === "down"
        ? fr`Le bouclier est tombé : la passerelle refuse elle-même les inconnus, et un flot la ralentit. ecluse status dit pourquoi.`
        : fr`Le bouclier est bloqué : il peut refuser qui est autorisé. ecluse status dit pourquoi.`;
    case "journal": {
      const lost = what.dropped === 0 ? "" : fr` : ${many(what.dropped, "ligne perdue", "lignes perdues")}`;
      return fr`Le journal est en état « ${what.state} »${lost}.`;
    }
  }
}

function access(change: AccessChange): string {
  const { networks, source } = change;
  const who = networks[0] === "0.0.0.0/0" ? fr`Tout le monde (${source})` : source;
  const from = networks.length === 1 && networks[0] === source ? "" : ` (${few(networks)})`;
  const where = flowCount(change.flows);
  const which = few(change.flows);
  switch (change.what) {
    case "gained":
      return fr`${who}${from} peut entrer dans ${where}${change.until === undefined ? "" : ` jusqu’au ${change.until}`} : ${which}`;
    case "lost":
      return fr`${who}${from} ne peut plus entrer dans ${where} : ${which}`;
    case "gets-end":
      return fr`${who}${from} : le droit sur ${where} a désormais une fin, ${change.after ?? ""} : ${which}`;
    case "loses-end":
      return fr`${who}${from} : le droit sur ${where} n'a plus de fin : ${which}`;
    case "ends-sooner":
    case "ends-later":
      return fr`${who}${from} : le droit sur ${where} finit plus ${change.what === "ends-sooner" ? "tôt" : "tard"}, ${change.after ?? ""} : ${which}`;
  }
}

function flowCount(ids: readonly string[]): string {
  const others = ids.filter((id) => id.includes("/")).length;
  const own = ids.length - others;
  return [...(own > 0 ? [terminals(own)] : []), ...(others > 0 ? [flows(others)] : [])].join(" et ");
}

function elsewise({ doors, flows: changed, settings, limits, rules }: PolicyChange): readonly string[] {
  const door = (list: PolicyChange["doors"]["opened"]): string =>
    few(list.map(({ endpoint, flow }) => `${endpoint} (${flow})`));
  const { opened, closed } = doors;
  return [
    ...(closed.length === 0 ? [] : [fr`Ferme ${many(closed.length, "porte", "portes")} : ${door(closed)}`]),
    ...(opened.length === 0 ? [] : [fr`Ouvre ${many(opened.length, "porte", "portes")} : ${door(opened)}`]),
    ...doors.redirected.map(
      ({ endpoint, before, after }) => fr`${endpoint} mène à ${after.target}, et non plus à ${before.target}`,
    ),
    ...changed.renamed.map(({ before, after }) => fr`${before} s'appelle désormais ${after}`),
    ...settings.map(({ setting, before, after, flows: ids }) => {
      const since = setting === "engine" ? ", au prochain démarrage de la passerelle" : "";
      return fr`${setting} : ${after ?? "aucun"} au lieu de ${before ?? "aucun"}${since} : ${few(ids)}`;
    }),
    ...limits.map(({ limit, before, after }) => fr`Limite ${limit} : ${after} au lieu de ${before}`),
    ...rules.map(({ before, after, flows: ids }) => fr`La règle ${before} s'appelle ${after} : ${few(ids)}`),
  ];
}

export const FR: Words = {
  language: "fr",
  otherLanguage: "English",
  product: "Écluse",
  colon: fr` : `,
  nav: {
    label: fr`Pages`,
    overview: fr`Vue d'ensemble`,
    refusals: fr`Refus`,
    changes: fr`Changements`,
    matrix: fr`Matrice de flux`,
    audit: fr`Audit`,
    skip: fr`Aller au contenu`,
    menu: fr`Réglages`,
  },
  theme: { label: fr`Couleurs`, auto: fr`comme le système`, light: fr`claires`, dark: fr`sombres` },
  account: {
    out: fr`Sortir`,
    signIn: fr`Entrer`,
    token: fr`Jeton`,
    tokenHint: fr`La commande « ecluse dashboard » l'affiche à son démarrage.`,
    name: fr`Votre nom`,
    nameHint: fr`Le journal note vos changements sous ce nom.`,
    proposed: fr`Exploitant`,
    wrong: fr`Ce jeton n'est pas le bon.`,
    often: fr`Trop d'essais. Attendez un instant, puis réessayez.`,
    failed: fr`Le tableau de bord ne répond pas.`,
    as: (name) => fr`Vous êtes ${name}`,
  },
  search: {
    label: fr`Trouver un terminal`,
    placeholder: fr`22/1, 12201, Dépôt 22 TPE 1, adresse`,
    none: fr`Rien de ce nom.`,
    depot: (depot) => fr`Dépôt ${depot}`,
    count: (count) => many(count, "résultat", "résultats"),
  },
  connection: {
    connecting: fr`Connexion …`,
    live: fr`En direct`,
    cut: fr`Sans nouvelles`,
    lost: (since, ago) =>
      fr`Sans nouvelles de la passerelle depuis ${since}, il y a ${ago}. Ce qui est affiché date de ce moment.`,
    whys: {
      "no-gateway": fr`La passerelle ne répond pas : elle est arrêtée, ou en train de redémarrer.`,
      unreachable: fr`Le tableau de bord ne répond pas : il est arrêté, ou le tunnel qui y mène est coupé.`,
      other: (said) => fr`La passerelle a refusé de répondre : ${said}`,
      silent: fr`Le flux d'événements a été coupé ; un autre va être ouvert.`,
    },
    version: (version, inventory) => fr`Ecluse ${version}, inventaire ${inventory}`,
  },
  failure: {
    failed: fr`Il n'a pas été possible de répondre.`,
    again: fr`Réessayer`,
    codes: {
      "no-gateway": fr`La passerelle ne répond pas.`,
      unreachable: fr`Le tableau de bord ne répond pas.`,
      "no-such-flow": fr`Rien de ce nom n'est relayé.`,
      "journal-unavailable": fr`Le journal ne répond pas.`,
      "inventory-refused": fr`L'inventaire n'est pas valide.`,
      usage: fr`Ce n'est pas possible.`,
    },
    nowhere: fr`Cette page n'existe pas.`,
    home: fr`Vers la vue d'ensemble`,
  },
  states,
  legend: fr`Ce que disent les signes`,
  stateCount: (count, state) => fr`${count} ${states[state]}${count > 1 && AGREES.has(state) ? "s" : ""}`,
  overview: {
    title: fr`Vue d'ensemble`,
    attention: fr`À regarder`,
    calm: fr`Rien à signaler.`,
    sessions: fr`Sessions en cours`,
    noSession: fr`Personne n'est en session.`,
    refusals: fr`Refusés depuis 15 minutes`,
    noRefusal: fr`Personne n'a été refusé depuis 15 minutes.`,
    recent: fr`Dernières sessions finies`,
    noRecent: fr`Aucune session n'a encore fini.`,
    depots: fr`Dépôts`,
    others: fr`Autres flux`,
    inSession: fr`en session`,
    refused: fr`refus en 15 min`,
    down: fr`hors service`,
    terminals: (count) => (count < 2 ? "terminal" : "terminaux"),
    of: (most) => fr`sur ${most} au plus`,
    more: (count) => fr`Montrer ${count} de plus`,
    fewer: fr`En montrer moins`,
    wallHint: fr`Chaque signe est un terminal. Les flèches passent d'un dépôt à l'autre.`,
  },
  depot: (depot, name) => (name === null ? fr`Dépôt ${depot}` : fr`Dépôt ${depot}, ${name}`),
  depotWord: fr`Dépôt`,
  terminals,
  tile: (depot, count, parts) => fr`${depot} : ${terminals(count)}${parts.length === 0 ? "" : `, ${parts.join(", ")}`}`,
  terminalName: (terminal) => fr`TPE ${terminal}`,
  attention,
  causes,
  outcomes,
  reasons,
  parties: { client: fr`par le client`, target: fr`par le terminal`, gateway: fr`par la passerelle` },
  phases: { waiting: fr`attend son tour`, dialling: fr`connexion en cours`, open: fr`en session` },
  leaving: fr`peut finir, n'a plus de droit`,
  since: (when) => fr`depuis ${when}`,
  for: (duration) => fr`depuis ${duration}`,
  times: (count) => fr`${amount.format(count)} ×`,
  anySource: fr`adresse inconnue`,
  noFlow: fr`aucune porte de ce nom`,
  knocksAt: fr`vers`,
  terminal: {
    title: fr`Terminal`,
    notFound: (flow) => fr`« ${flow} » n'est pas relayé par cette passerelle.`,
    sentence: {
      "in-session": (count) => (count === 1 ? fr`En session.` : fr`${count} sessions.`),
      free: (since) => fr`Libre ; joint sans difficulté${since === "" ? "" : ` depuis ${since}`}.`,
      unheard: fr`Pas encore entendu : personne n'est venu, et aucune sonde n'a demandé.`,
      down: (since, cause) => fr`Injoignable${since === "" ? "" : ` depuis ${since}`}${because(cause)}.`,
      blocked: fr`Sa porte ne peut être ouverte : personne ne peut entrer.`,
      closed: (by, when, reason) =>
        fr`Fermé par ${by}, ${when}${reason === "" ? "" : fr` : ${reason}`}. Personne ne peut entrer.`,
      draining: (by, when, reason) =>
        fr`En vidange, à la demande de ${by}, ${when}${reason === "" ? "" : fr` : ${reason}`}. Plus personne n'entre ; qui est dedans peut finir.`,
      byHand: fr`à la main`,
    },
    neighbours: {
      alone: (others) =>
        others === 1
          ? fr`L'autre terminal connu de ce dépôt répond : c'est ce terminal, pas la liaison.`
          : fr`Les ${others} autres terminaux connus de ce dépôt répondent : c'est ce terminal, pas la liaison.`,
      all: fr`Aucun des terminaux connus de ce dépôt ne répond : voyez d'abord la liaison.`,
      some: (down, known) => fr`${down} des ${known} terminaux connus de ce dépôt sont injoignables.`,
    },
    now: fr`Sessions en cours`,
    nobody: fr`Personne n'est dedans.`,
    day: fr`24 dernières heures`,
    chart: (sessions, failed, refused) =>
      fr`${many(sessions, "session finie", "sessions finies")}, dont ${failed} avec un incident ; ${many(refused, "refus", "refus")}.`,
    chartSeries: { ended: fr`Bien finies`, failed: fr`Avec un incident`, refused: fr`Refus` },
    outcomes: fr`Comment elles ont fini`,
    noOutcome: fr`Aucune session n'a fini depuis 24 heures.`,
    who: fr`Qui peut entrer`,
    noWho: fr`Personne : aucune source n'est sur la liste.`,
    always: fr`toujours`,
    until: (when, left) => fr`jusqu'à ${when}, encore ${left}`,
    recent: fr`Dernières sessions finies`,
    noRecent: fr`Aucune pour l'instant.`,
    about: fr`Fiche`,
    fields: {
      id: fr`Nom`,
      label: fr`Libellé`,
      model: fr`Modèle`,
      serial: fr`Numéro de série`,
      door: fr`Porte publique`,
      target: fr`Mène à`,
      direction: fr`Sens`,
      owner: fr`Responsable`,
      reason: fr`Motif`,
      approver: fr`Approbateur`,
      reviewed: fr`Revu le`,
      nextReview: fr`Prochaine revue`,
      probe: fr`Sonde`,
      heard: fr`Entendu en dernier`,
    },
    directions: {
      "till-to-terminal": fr`caisse vers terminal`,
      "terminal-to-till": fr`terminal vers caisse`,
      "proxy-to-service": fr`proxy vers service`,
      other: fr`autre`,
    },
    heardBy: { session: fr`par une session`, probe: fr`par une sonde` },
  },
  columns: {
    since: fr`Depuis`,
    source: fr`De`,
    rule: fr`Droit de`,
    duration: fr`Durée`,
    bytes: fr`Octets reçus / rendus`,
    when: fr`Quand`,
    outcome: fr`Fin`,
    terminal: fr`Terminal`,
    count: fr`Fois`,
    first: fr`Première`,
    last: fr`Dernière`,
    reasons: fr`Pourquoi`,
    until: fr`Jusqu'à`,
    reason: fr`Motif`,
    networks: fr`Adresses`,
    by: fr`Par`,
    what: fr`Quoi`,
    number: fr`N°`,
    note: fr`Note`,
    state: fr`État`,
    actions: fr`Gestes`,
  },
  actions: {
    label: fr`Exploiter`,
    drain: fr`Vider`,
    close: fr`Fermer`,
    open: fr`Rouvrir`,
    grant: fr`Laisser entrer`,
    revoke: fr`Retirer`,
    probe: fr`Essayer maintenant`,
    cancel: fr`Annuler`,
    drainTitle: (name) => fr`Vider ${name} ?`,
    drainSays: fr`Plus personne n'entre. Les sessions en cours vont à leur fin.`,
    closeTitle: (name) => fr`Fermer ${name} ?`,
    closeSays: (inside) =>
      inside === 0
        ? fr`Plus personne n'entre.`
        : fr`Plus personne n'entre, et ${inside === 1 ? "la session en cours finit" : `les ${inside} sessions en cours finissent`} comme l'inventaire le dit pour un droit retiré.`,
    openTitle: (name) => fr`Rouvrir ${name} ?`,
    openSays: fr`Qui est sur la liste peut entrer de nouveau.`,
    grantTitle: (name) => fr`Laisser entrer dans ${name}`,
    grantSays: fr`Le droit s'éteint de lui-même.`,
    revokeTitle: (source) => fr`Retirer le droit de ${source} ?`,
    revokeSays: fr`Les sessions entrées par ce droit finissent comme l'inventaire le dit.`,
    source: fr`Source`,
    sourceHint: fr`Une source de l'inventaire, une adresse ou un réseau`,
    for: fr`Pour combien de temps`,
    reason: fr`Motif`,
    reasonHint: fr`Pour le journal et les documents`,
    optional: fr`facultatif`,
    probed: {
      reached: fr`Il a pris la connexion.`,
      answered: fr`Il a répondu.`,
      mute: fr`Il a pris la connexion et n'a pas répondu.`,
      failed: fr`Il n'a pas pu être joint`,
      busy: fr`Quelqu'un est dedans : rien n'a été essayé.`,
      "gave-way": fr`Quelqu'un est arrivé entre-temps : l'essai s'est effacé.`,
      forbidden: fr`L'inventaire interdit d'essayer.`,
    },
    lengths: {
      "30m": fr`30 minutes`,
      "1h": fr`1 heure`,
      "2h": fr`2 heures`,
      "4h": fr`4 heures`,
      "8h": fr`8 heures`,
      "24h": fr`24 heures`,
    },
  },
  refusals: {
    title: fr`Refus`,
    by: fr`Regroupés`,
    bySource: fr`par source`,
    byFlow: fr`par terminal`,
    range: fr`Depuis`,
    ranges: { "15m": "15 min", "1h": "1 h", "24h": "24 h", "7d": "7 jours", "30d": "30 jours" },
    none: fr`Personne n'a été refusé pendant ce temps.`,
    total: (count, rows) =>
      fr`${many(count, "connexion refusée", "connexions refusées")}, ${many(rows, "ligne", "lignes")} ; les plus fréquentes d'abord.`,
  },
  changes: {
    title: fr`Changements`,
    pending: (number, by) => fr`L'inventaire ${number}, appliqué par ${by}, attend votre confirmation.`,
    left: (left, back) => fr`Sans confirmation, l'inventaire ${back} revient dans ${left}.`,
    confirm: fr`Le garder`,
    rollback: fr`Revenir`,
    confirmTitle: (number) => fr`Garder l'inventaire ${number} ?`,
    confirmSays: fr`Il reste en vigueur ; plus rien ne revient de soi-même.`,
    rollbackTitle: (number) => fr`Revenir à l'inventaire ${number} ?`,
    rollbackSays: fr`Il remplace ce qui tourne. Rien de ce qui reste pareil n'est dérangé.`,
    file: fr`Le fichier d'inventaire`,
    same: fr`Le fichier est ce qui tourne.`,
    invalid: (count) =>
      fr`Le fichier n'est pas valide : ${many(count, "constat", "constats")}. Il ne peut être appliqué.`,
    differs: fr`Le fichier diffère de ce qui tourne. L'appliquer changerait :`,
    sessions: (count) =>
      count === 0
        ? fr`Aucune session en cours ne perd son droit.`
        : many(count, "session en cours perd son droit.", "sessions en cours perdent leur droit."),
    apply: fr`Appliquer`,
    applyTitle: fr`Appliquer le fichier d'inventaire ?`,
    note: fr`Note`,
    noteHint: fr`À quelle fin ; elle figure dans l'historique`,
    probation: fr`Revient de lui-même sans confirmation avant`,
    probations: {
      "60000": "1 minute",
      "300000": "5 minutes",
      "1800000": "30 minutes",
      "": fr`jamais : sans confirmation`,
    },
    history: fr`Inventaires appliqués`,
    inForce: fr`en vigueur`,
    damaged: fr`abîmé`,
    compare: fr`Écart avec ce qui tourne`,
    nothing: fr`Il ne changerait rien.`,
    log: fr`Qui a changé quoi`,
    noLog: fr`Rien pour l'instant.`,
    grants: fr`Droits temporaires`,
    noGrants: fr`Aucun.`,
    whats: {
      started: fr`a démarré`,
      "taken-over": fr`a pris la suite du processus précédent`,
      applied: fr`a appliqué un inventaire`,
      unchanged: fr`n'a rien trouvé à appliquer`,
      confirmed: fr`a confirmé`,
      "rolled-back": fr`est revenu en arrière`,
      "not-rolled-back": fr`n'a pas pu revenir en arrière`,
      granted: fr`a laissé entrer`,
      revoked: fr`a mis fin à un droit`,
      operated: fr`a exploité`,
    },
  },
  access,
  elsewise,
  matrix: {
    title: fr`Matrice de flux`,
    says: fr`Toutes les connexions admises ; rien d'autre ne l'est. Les mêmes lignes que le document.`,
    filter: fr`Chercher dans la matrice`,
    count: (shown, all) =>
      shown === all ? many(all, "ligne", "lignes") : fr`${amount.format(shown)} sur ${many(all, "ligne", "lignes")}`,
    none: fr`Aucune ligne ne contient cela.`,
    row: fr`Ligne de la matrice de flux`,
    close: fr`Fermer`,
  },
  audit: {
    title: fr`Audit de cette machine`,
    says: fr`Ce que cette machine fait vraiment, face à ce que dit l'inventaire. Il lit, et ne change rien.`,
    never: fr`Il n'a pas encore été lancé depuis le démarrage du tableau de bord.`,
    run: fr`Le lancer`,
    running: fr`Lecture de cette machine …`,
    none: fr`Conforme à l'inventaire : rien à redire.`,
    taken: (host, when) => fr`${host}, lue ${when}`,
    counts: (count) => many(count, "constat", "constats"),
    severities: { critical: fr`critique`, error: fr`erreur`, warning: fr`avertissement`, notice: fr`remarque` },
    evidence: fr`Lu`,
    fix: fr`Que faire`,
  },
  keys: {
    title: fr`Touches`,
    close: fr`Fermer`,
    list: [
      ["/", fr`trouver un terminal`],
      ["g o", fr`vue d'ensemble`],
      ["g r", fr`refus`],
      ["g c", fr`changements`],
      ["g m", fr`matrice de flux`],
      ["g a", fr`audit`],
      ["← ↑ ↓ →", fr`se déplacer sur le mur et parmi les terminaux`],
      ["?", fr`ces touches`],
    ],
  },
  loading: fr`Chargement …`,
};

/** Those that take the plural. */
const AGREES: ReadonlySet<FlowState> = new Set(["free", "down", "closed"]);
