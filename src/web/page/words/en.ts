/** What the page says in English. `fr.ts` has the same, and the types hold them together. */
import type { Formats } from "../times.ts";
import type { AccessChange, Attention, FlowState, PolicyChange } from "../answers.ts";

const amount = new Intl.NumberFormat("en-GB");
const many = (count: number, one: string, more: string): string =>
  `${amount.format(count)} ${count === 1 ? one : more}`;
const terminals = (count: number): string => many(count, "terminal", "terminals");
const flows = (count: number): string => many(count, "flow", "flows");

const few = (names: readonly string[]): string =>
  names.length <= 4
    ? names.join(", ")
    : `${names.slice(0, 3).join(", ")} and ${many(names.length - 3, "other", "others")}`;

const causes: Readonly<Record<string, string>> = {
  ECONNREFUSED: "it refuses the connection",
  connect: "it does not answer",
  ETIMEDOUT: "it does not answer",
  EHOSTUNREACH: "its address does not answer in the depot",
  ENETUNREACH: "there is no route to it",
  ECONNRESET: "it breaks the connection off",
  EADDRNOTAVAIL: "the gateway has no free port left",
  mute: "it takes the connection and says nothing",
  unknown: "the cause is not known",
};
const because = (cause: string | undefined): string => (cause === undefined ? "" : `: ${causes[cause] ?? cause}`);

const outcomes: Readonly<Record<string, string>> = {
  closed: "done",
  reset: "broken off",
  denied: "refused",
  busy: "terminal busy",
  "dial-failed": "not reached",
  idle: "ended: silent too long",
  stalled: "ended: stuck",
  "half-closed": "ended: half closed too long",
  revoked: "ended: right withdrawn",
  expired: "ended: right expired",
  drained: "ended: drained",
  "bad-proxy-header": "refused: balancer's header",
  overload: "no room at the gateway",
  unknown: "ended, unknown how",
};

const reasons: Readonly<Record<string, string>> = {
  "no-door": "no such door",
  "no-address": "no usable address",
  "not-listed": "not on the list",
  expired: "its right has expired",
  closed: "closed by hand",
  "not-a-balancer": "not the balancer",
  terminal: "terminal busy",
  source: "too many from there at once",
  sessions: "gateway full",
  descriptors: "gateway out of descriptors",
  malformed: "header not readable",
  checksum: "header damaged",
  "not-ipv4": "header without IPv4",
  "unusable-source": "header with an unusable address",
  incomplete: "header incomplete",
  shielded: "refused by the kernel",
  "many-doors": "at many doors",
  "many-sources": "from many addresses",
};

const states: Readonly<Record<FlowState, string>> = {
  "in-session": "in session",
  free: "free",
  down: "down",
  blocked: "door blocked",
  closed: "closed",
  draining: "draining",
  unheard: "not heard of yet",
};

/** The gateway says it in English, after the endpoint. */
function doorTrouble(message: string): string {
  const said = message.split(": ").slice(1).join(": ");
  return said === "" ? "" : `: ${said}`;
}

function attention(what: Attention, name: (flow: string) => string, time: Formats, now: number): string {
  switch (what.what) {
    case "depot-down":
      return `Depot ${what.depot} is out of reach since ${time.minute(what.since, now)}: none of its ${terminals(what.flows)} answers. Look at the link first.`;
    case "terminal-down":
      return `${name(what.flow)} is down since ${time.minute(what.since, now)}${because(what.cause)}.`;
    case "door-blocked":
      return `The door ${what.endpoint} of ${name(what.flow)} cannot be opened${doorTrouble(what.message)}.`;
    case "closed":
    case "draining": {
      const verb = what.what === "closed" ? "closed" : "put to drain";
      const reason = what.reason === undefined ? "" : ` (${what.reason})`;
      return `${name(what.flow)} was ${verb} by ${what.by}, ${time.minute(what.at, now)}${reason}.`;
    }
    case "grant-ends":
      return `The right of ${what.source} at ${terminals(what.flows)} ends in ${time.duration(what.until - now)}.`;
    case "pending":
      return `Inventory ${what.number} waits for a confirmation: back to ${what.rollbackTo} in ${time.duration(what.deadline - now)}.`;
    case "file-differs":
      return "The inventory file is not what runs: it was changed and not applied.";
    case "shield":
      return what.state === "down"
        ? "The shield is down: the gateway itself refuses strangers, and a flood slows it. ecluse status says why."
        : "The shield is stuck: it may shut out those who are allowed. ecluse status says why.";
    case "journal":
      return `The journal is ${what.state}${what.dropped === 0 ? "" : `: ${many(what.dropped, "row", "rows")} lost`}.`;
  }
}

function access(change: AccessChange): string {
  const { networks, source } = change;
  const who = networks[0] === "0.0.0.0/0" ? `Everyone (${source})` : source;
  const from = networks.length === 1 && networks[0] === source ? "" : ` (${few(networks)})`;
  const where = flowCount(change.flows);
  const which = few(change.flows);
  switch (change.what) {
    case "gained":
      return `${who}${from} may enter ${where}${change.until === undefined ? "" : ` until ${change.until}`}: ${which}`;
    case "lost":
      return `${who}${from} may no longer enter ${where}: ${which}`;
    case "gets-end":
      return `${who}${from}: the right at ${where} now ends, ${change.after ?? ""}: ${which}`;
    case "loses-end":
      return `${who}${from}: the right at ${where} has no end any more: ${which}`;
    case "ends-sooner":
    case "ends-later":
      return `${who}${from}: the right at ${where} ends ${change.what === "ends-sooner" ? "sooner" : "later"}, ${change.after ?? ""}: ${which}`;
  }
}

function flowCount(ids: readonly string[]): string {
  const others = ids.filter((id) => id.includes("/")).length;
  const own = ids.length - others;
  return [...(own > 0 ? [terminals(own)] : []), ...(others > 0 ? [flows(others)] : [])].join(" and ");
}

/** What changes besides access, one line each. */
function elsewise({ doors, flows: changed, settings, limits, rules }: PolicyChange): readonly string[] {
  const door = (list: PolicyChange["doors"]["opened"]): string =>
    few(list.map(({ endpoint, flow }) => `${endpoint} (${flow})`));
  return [
    ...(doors.closed.length === 0
      ? []
      : [`Closes ${many(doors.closed.length, "door", "doors")}: ${door(doors.closed)}`]),
    ...(doors.opened.length === 0
      ? []
      : [`Opens ${many(doors.opened.length, "door", "doors")}: ${door(doors.opened)}`]),
    ...doors.redirected.map(
      ({ endpoint, before, after }) => `${endpoint} leads to ${after.target}, not to ${before.target}`,
    ),
    ...changed.renamed.map(({ before, after }) => `${before} is called ${after} from now on`),
    ...settings.map(({ setting, before, after, flows: ids }) => {
      const since = setting === "engine" ? ", from the next start of the gateway" : "";
      return `${setting}: ${after ?? "none"}, not ${before ?? "none"}${since}: ${few(ids)}`;
    }),
    ...limits.map(({ limit, before, after }) => `Limit ${limit}: ${after}, not ${before}`),
    ...rules.map(({ before, after, flows: ids }) => `The rule ${before} is called ${after}: ${few(ids)}`),
  ];
}

export const EN = {
  language: "en" as "en" | "fr",
  otherLanguage: "Français",
  product: "Ecluse",
  colon: ": ",
  nav: {
    label: "Pages",
    overview: "Overview",
    refusals: "Refusals",
    changes: "Changes",
    matrix: "Flow matrix",
    audit: "Audit",
    skip: "Go to the content",
    menu: "Settings",
  },
  theme: { label: "Colours", auto: "as the system", light: "light", dark: "dark" },
  account: {
    out: "Sign out",
    signIn: "Sign in",
    token: "Token",
    tokenHint: "The command “ecluse dashboard” prints it when it starts.",
    name: "Your name",
    nameHint: "The journal notes your changes under it.",
    proposed: "Operator",
    wrong: "This token is not the right one.",
    often: "Too many attempts. Wait a moment, then try again.",
    failed: "The dashboard does not answer.",
    as: (name: string): string => `You are ${name}`,
  },
  search: {
    label: "Find a terminal",
    placeholder: "22/1, 12201, Depot 22 TPE 1, address",
    none: "Nothing of that name.",
    depot: (depot: number): string => `Depot ${depot}`,
    count: (count: number): string => many(count, "result", "results"),
  },
  connection: {
    connecting: "Connecting …",
    live: "Live",
    cut: "No news",
    lost: (since: string, ago: string): string =>
      `No news from the gateway since ${since}, ${ago} ago. What is shown is of then.`,
    whys: {
      "no-gateway": "The gateway does not answer: it has stopped, or is being started again.",
      unreachable: "The dashboard does not answer: it has stopped, or the tunnel to it is down.",
      other: (said: string): string => `The gateway refused to answer: ${said}`,
      silent: "The stream was cut; a new one is being opened.",
    },
    version: (version: string, inventory: number): string => `Ecluse ${version}, inventory ${inventory}`,
  },
  failure: {
    failed: "This could not be answered.",
    again: "Try again",
    codes: {
      "no-gateway": "The gateway does not answer.",
      unreachable: "The dashboard does not answer.",
      "no-such-flow": "Nothing of that name is relayed.",
      "journal-unavailable": "The journal does not answer.",
      "inventory-refused": "The inventory is not valid.",
      usage: "That is not possible.",
    } as Readonly<Record<string, string>>,
    nowhere: "There is no such page.",
    home: "To the overview",
  },
  states,
  legend: "What the signs mean",
  stateCount: (count: number, state: FlowState): string => `${count} ${states[state]}`,
  overview: {
    title: "Overview",
    attention: "Needs attention",
    calm: "Nothing needs attention.",
    sessions: "Sessions now",
    noSession: "Nobody is in session.",
    refusals: "Refused, last 15 minutes",
    noRefusal: "Nobody was refused in the last 15 minutes.",
    recent: "Ended last",
    noRecent: "No session has ended yet.",
    depots: "Depots",
    others: "Other flows",
    inSession: "in session",
    refused: "refused in 15 min",
    down: "out of service",
    terminals: (count: number): string => (count === 1 ? "terminal" : "terminals"),
    of: (most: string): string => `of ${most} at most`,
    more: (count: number): string => `Show ${count} more`,
    fewer: "Show fewer",
    wallHint: "Each sign is a terminal. Arrow keys move between depots.",
  },
  depot: (depot: number, name: string | null): string => (name === null ? `Depot ${depot}` : `Depot ${depot}, ${name}`),
  depotWord: "Depot",
  terminals,
  tile: (depot: string, count: number, parts: readonly string[]): string =>
    `${depot}: ${terminals(count)}${parts.length === 0 ? "" : `, ${parts.join(", ")}`}`,
  terminalName: (terminal: string): string => `TPE ${terminal}`,
  attention,
  causes,
  outcomes,
  reasons,
  parties: { client: "by the client", target: "by the terminal", gateway: "by the gateway" } as Readonly<
    Record<string, string>
  >,
  phases: { waiting: "waits for its turn", dialling: "being connected", open: "in session" },
  leaving: "may finish, no right any more",
  since: (when: string): string => `since ${when}`,
  for: (duration: string): string => `for ${duration}`,
  times: (count: number): string => `${amount.format(count)}×`,
  anySource: "unknown address",
  noFlow: "no such door",
  knocksAt: "at",
  terminal: {
    title: "Terminal",
    notFound: (flow: string): string => `“${flow}” is not relayed by this gateway.`,
    sentence: {
      "in-session": (count: number): string => (count === 1 ? "In session." : `${count} sessions.`),
      free: (since: string): string => `Free; reached without trouble${since === "" ? "" : ` since ${since}`}.`,
      unheard: "Not heard of yet: nobody has come, and no probe has asked.",
      down: (since: string, cause: string | undefined): string =>
        `Down${since === "" ? "" : ` since ${since}`}${because(cause)}.`,
      blocked: "Its door cannot be opened: nobody can enter.",
      closed: (by: string, when: string, reason: string): string =>
        `Closed by ${by}, ${when}${reason === "" ? "" : `: ${reason}`}. Nobody can enter.`,
      draining: (by: string, when: string, reason: string): string =>
        `Draining: put so by ${by}, ${when}${reason === "" ? "" : `: ${reason}`}. Nobody new enters; who is inside may finish.`,
      byHand: "by hand",
    },
    neighbours: {
      alone: (others: number): string =>
        others === 1
          ? "The other terminal heard of in this depot answers: it is this terminal, not the link."
          : `The ${others} other terminals heard of in this depot answer: it is this terminal, not the link.`,
      all: "None of this depot's terminals that were heard of answers: look at the link first.",
      some: (down: number, known: number): string => `${down} of ${known} terminals heard of in this depot are down.`,
    },
    now: "Sessions now",
    nobody: "Nobody is inside.",
    day: "Last 24 hours",
    chart: (sessions: number, failed: number, refused: number): string =>
      `${many(sessions, "session", "sessions")} ended, ${failed} of them in trouble; ${many(refused, "refusal", "refusals")}.`,
    chartSeries: { ended: "Ended well", failed: "In trouble", refused: "Refused" },
    outcomes: "How they ended",
    noOutcome: "No session ended in the last 24 hours.",
    who: "Who may enter",
    noWho: "Nobody: no source is listed.",
    always: "always",
    until: (when: string, left: string): string => `until ${when}, ${left} left`,
    recent: "Sessions that ended last",
    noRecent: "None yet.",
    about: "About it",
    fields: {
      id: "Name",
      label: "Label",
      model: "Model",
      serial: "Serial number",
      door: "Public door",
      target: "Leads to",
      direction: "Direction",
      owner: "Owner",
      reason: "Reason",
      approver: "Approved by",
      reviewed: "Reviewed",
      nextReview: "Next review",
      probe: "Probe",
      heard: "Last heard of",
    },
    directions: {
      "till-to-terminal": "till to terminal",
      "terminal-to-till": "terminal to till",
      "proxy-to-service": "proxy to service",
      other: "other",
    } as Readonly<Record<string, string>>,
    heardBy: { session: "by a session", probe: "by a probe" },
  },
  columns: {
    since: "Since",
    source: "From",
    rule: "Right of",
    duration: "Length",
    bytes: "Bytes in / out",
    when: "When",
    outcome: "Outcome",
    terminal: "Terminal",
    count: "Times",
    first: "First",
    last: "Last",
    reasons: "Why",
    until: "Until",
    reason: "Reason",
    networks: "Addresses",
    by: "By",
    what: "What",
    number: "No.",
    note: "Note",
    state: "State",
    actions: "Actions",
  },
  actions: {
    label: "Operate",
    drain: "Drain",
    close: "Close",
    open: "Open again",
    grant: "Let somebody in",
    revoke: "Withdraw",
    probe: "Look now",
    cancel: "Cancel",
    drainTitle: (name: string): string => `Drain ${name}?`,
    drainSays: "Nobody new enters. Sessions inside go on to their end.",
    closeTitle: (name: string): string => `Close ${name}?`,
    closeSays: (inside: number): string =>
      inside === 0
        ? "Nobody enters any more."
        : `Nobody enters any more, and ${many(inside, "session inside ends", "sessions inside end")} as the inventory says for a withdrawn right.`,
    openTitle: (name: string): string => `Open ${name} again?`,
    openSays: "Who is listed may enter again.",
    grantTitle: (name: string): string => `Let somebody in at ${name}`,
    grantSays: "The right ends by itself.",
    revokeTitle: (source: string): string => `Withdraw the right of ${source}?`,
    revokeSays: "Sessions that entered by it end as the inventory says.",
    source: "Source",
    sourceHint: "A source of the inventory, an address or a network",
    for: "For how long",
    reason: "Reason",
    reasonHint: "For the journal and the documents",
    optional: "optional",
    probed: {
      reached: "It took the connection.",
      answered: "It answered.",
      mute: "It took the connection and did not answer.",
      failed: "It could not be reached",
      busy: "Somebody is inside: nothing was tried.",
      "gave-way": "Somebody came meanwhile: the look gave way.",
      forbidden: "The inventory forbids to look.",
    } as Readonly<Record<string, string>>,
    lengths: {
      "30m": "30 minutes",
      "1h": "1 hour",
      "2h": "2 hours",
      "4h": "4 hours",
      "8h": "8 hours",
      "24h": "24 hours",
    },
  },
  refusals: {
    title: "Refusals",
    by: "Grouped",
    bySource: "by source",
    byFlow: "by terminal",
    range: "Going back",
    ranges: { "15m": "15 min", "1h": "1 h", "24h": "24 h", "7d": "7 days", "30d": "30 days" } as Readonly<
      Record<string, string>
    >,
    none: "Nobody was refused in this time.",
    total: (count: number, rows: number): string =>
      `${many(count, "connection", "connections")} refused, ${many(rows, "row", "rows")}; most frequent first.`,
  },
  changes: {
    title: "Changes",
    pending: (number: number, by: string): string =>
      `Inventory ${number}, applied by ${by}, waits for your confirmation.`,
    left: (left: string, back: number): string => `Unless it is confirmed, inventory ${back} comes back in ${left}.`,
    confirm: "Keep it",
    rollback: "Go back",
    confirmTitle: (number: number): string => `Keep inventory ${number}?`,
    confirmSays: "It stays in force; nothing goes back by itself any more.",
    rollbackTitle: (number: number): string => `Go back to inventory ${number}?`,
    rollbackSays: "What runs now is replaced by it. Nothing that stays the same is disturbed.",
    file: "The inventory file",
    same: "The file is what runs.",
    invalid: (count: number): string =>
      `The file is not valid: ${many(count, "finding", "findings")}. It cannot be applied.`,
    differs: "The file differs from what runs. Applying it would change:",
    sessions: (count: number): string =>
      count === 0
        ? "No session now open loses its right."
        : `${many(count, "session now open loses its", "sessions now open lose their")} right.`,
    apply: "Apply",
    applyTitle: "Apply the inventory file?",
    note: "Note",
    noteHint: "What for; it stands in the history",
    probation: "Goes back by itself unless confirmed within",
    probations: {
      "60000": "1 minute",
      "300000": "5 minutes",
      "1800000": "30 minutes",
      "": "never: no confirmation",
    } as Readonly<Record<string, string>>,
    history: "Applied inventories",
    inForce: "in force",
    damaged: "damaged",
    compare: "Difference to now",
    nothing: "It would change nothing.",
    log: "Who changed what",
    noLog: "Nothing yet.",
    grants: "Temporary rights",
    noGrants: "None.",
    whats: {
      started: "started",
      "taken-over": "took over from the process before",
      applied: "applied an inventory",
      unchanged: "found nothing to apply",
      confirmed: "confirmed",
      "rolled-back": "went back",
      "not-rolled-back": "could not go back",
      granted: "let somebody in",
      revoked: "ended a right",
      operated: "operated",
    } as Readonly<Record<string, string>>,
  },
  access,
  elsewise,
  matrix: {
    title: "Flow matrix",
    says: "Every connection that is allowed; nothing else is. The same rows as the document.",
    filter: "Find in the matrix",
    count: (shown: number, all: number): string =>
      shown === all ? many(all, "row", "rows") : `${amount.format(shown)} of ${many(all, "row", "rows")}`,
    none: "No row has that.",
    row: "Row of the flow matrix",
    close: "Close",
  },
  audit: {
    title: "Audit of this host",
    says: "What this host really does, against what the inventory says. It reads, and changes nothing.",
    never: "It has not been run since the dashboard began.",
    run: "Run it now",
    running: "Reading this host …",
    none: "As the inventory says: nothing found.",
    taken: (host: string, when: string): string => `${host}, read ${when}`,
    counts: (count: number): string => many(count, "finding", "findings"),
    severities: { critical: "critical", error: "error", warning: "warning", notice: "notice" } as Readonly<
      Record<string, string>
    >,
    evidence: "Read",
    fix: "What to do",
  },
  keys: {
    title: "Keys",
    close: "Close",
    list: [
      ["/", "find a terminal"],
      ["g o", "overview"],
      ["g r", "refusals"],
      ["g c", "changes"],
      ["g m", "flow matrix"],
      ["g a", "audit"],
      ["← ↑ ↓ →", "move on the wall and among terminals"],
      ["?", "these keys"],
    ] as readonly (readonly [string, string])[],
  },
  loading: "Loading …",
};
