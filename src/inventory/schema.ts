/**
 * The shape of an inventory: every key, its kind, its bounds, and one sentence for editors.
 *
 * `schema/inventory.json` is written from it (`npm run schema`). What a text must look like (an address, a duration, a
 * name) stands here as a pattern for editors only; `resolve/` judges it, with a message that says what to write.
 */
import { z } from "zod";
import { MOST_SESSIONS } from "./limits.ts";
import { DEPOTS, TERMINALS } from "./numbering.ts";

const text = (description: string): z.ZodString => z.string().meta({ description });
const patterned = (pattern: string, description: string): z.ZodString => z.string().meta({ pattern, description });

const address = (description: string): z.ZodString => patterned(String.raw`^\d{1,3}(\.\d{1,3}){3}$`, description);
const network = (description: string): z.ZodString =>
  patterned(String.raw`^\d{1,3}(\.\d{1,3}){3}(/\d{1,2})?$`, description);
const endpoint = (description: string): z.ZodString =>
  patterned(String.raw`^\d{1,3}(\.\d{1,3}){3}:\d{1,5}$`, description);
const duration = (description: string): z.ZodString => patterned(String.raw`^\d+(ms|s|m|h|d)$`, description);
const date = (description: string): z.ZodString => patterned(String.raw`^\d{4}-\d{2}-\d{2}$`, description);
const port = (description: string): z.ZodNumber => z.number().int().min(1).max(65_535).meta({ description });
const count = (most: number, description: string): z.ZodNumber =>
  z.number().int().min(1).max(most).meta({ description });
const name = z.string().meta({ pattern: String.raw`^[^\s/]{1,80}$` });

const accountability = {
  owner: text("Who owns it").optional(),
  reason: text("The business need (PCI DSS 1.2.5)").optional(),
  approver: text("Who approved it").optional(),
  reviewed: date("Day of the last review, YYYY-MM-DD").optional(),
  nextReview: date("Day by which to review it again; six months after the last review unless given").optional(),
};

const grant = z.union([
  text("A source's name: always"),
  z.strictObject({
    source: text("A source's name"),
    until: text("The instant at which the right ends, with its time zone: 2026-12-01T18:00:00+01:00").optional(),
    reason: text("Why").optional(),
  }),
]);
const grants = (description: string): z.ZodOptional<z.ZodArray<typeof grant>> =>
  z.array(grant).meta({ description }).optional();

const onRevoke = z.enum(["drain", "cut", "keep"]).meta({
  description: "What happens to open sessions when their right goes: finish within the drain time, end, stay",
});

/** How many at once, and what becomes of those who find every place taken. */
const places = {
  sessions: count(MOST_SESSIONS, "Sessions at once; absent: no limit beyond the gateway's").optional(),
  busy: z.enum(["reject", "queue"]).meta({ description: "What happens when every slot is taken" }).optional(),
  queue: z
    .strictObject({
      length: count(1_000, "How many may wait; default 4").optional(),
      wait: duration("How long one may wait; 100ms to 1h, default 30s").optional(),
    })
    .meta({ description: "The queue of `busy: queue`" })
    .optional(),
};

const person = z.strictObject({
  name: text("Their name"),
  email: text("Their e-mail address").optional(),
  phone: text("Their telephone number").optional(),
});

const limits = z.strictObject({
  connect: duration("How long a target may take to answer; 100ms to 60s, default 5s").optional(),
  idle: duration("How long a session may be silent; 1s to 24h, default 300s").optional(),
  halfClosed: duration("How long one direction may outlive the other; 100ms to 1h, default 30s").optional(),
  stalled: duration("How long a side may take nothing of what waits for it; 1s to 1h, default 60s").optional(),
  keepalive: duration("Silence before TCP asks whether the peer is there; 1s to 2h, default 30s").optional(),
  drain: duration("How long sessions may finish at a stop; 0s to 1h, default 200s").optional(),
  sessions: count(MOST_SESSIONS, "Sessions at once through the gateway, default 4096").optional(),
  perSource: count(MOST_SESSIONS, "Sessions at once of one source address, default 256").optional(),
});

const served = z.strictObject({
  listen: endpoint("Where it listens").optional(),
  enabled: z.boolean().meta({ description: "Whether it is served" }).optional(),
});

const gateway = z.strictObject({
  address: address("An IPv4 address of this host, on which terminals are offered"),
  engine: z.enum(["relay", "kernel"]).meta({ description: "What carries bytes: this process, or nftables" }).optional(),
  kernel: z
    .strictObject({
      source: text("The address that terminals see, one of this host's; or `preserved`: each one's own"),
    })
    .meta({ description: "What the kernel engine needs to know" })
    .optional(),
  terminals: z
    .strictObject({
      network: network("The /16 whose third octet is the depot; default 172.17.0.0/16").optional(),
      firstHost: count(254, "The host number of terminal 1; default 10").optional(),
      port: port("The terminals' port; default 8888").optional(),
    })
    .meta({ description: "The numbering plan" })
    .optional(),
  tunnel: z
    .strictObject({
      interface: text("The tunnel's interface; default tailscale0").optional(),
      routers: z.array(address("A subnet router")).meta({ description: "What the source `depots` means" }).optional(),
    })
    .meta({ description: "The way to the depots" })
    .optional(),
  limits: limits.meta({ description: "Time and number" }).optional(),
  onRevoke: onRevoke.optional(),
  shield: z
    .boolean()
    .meta({ description: "Whether the kernel refuses strangers before the gateway hears of them; default false" })
    .optional(),
  state: text("Folder of the last applied inventory, grants and journal").optional(),
  control: z
    .union([
      text("Its path"),
      z.strictObject({
        path: text("Its path").optional(),
        group: text("The group whose members may use it, too").optional(),
      }),
    ])
    .meta({ description: "The unix socket of the control interface" })
    .optional(),
  dashboard: served.meta({ description: "The dashboard" }).optional(),
  metrics: served.meta({ description: "Metrics for Prometheus, on loopback" }).optional(),
  journal: z
    .strictObject({
      keep: duration("How long entries are kept").optional(),
      size: patterned(String.raw`^\d+([kMGT]B|[KMGT]iB)$`, "How large it may become").optional(),
    })
    .meta({ description: "Sessions, refusals and changes, kept" })
    .optional(),
});

const source = z.strictObject({
  addresses: z.array(network("An IPv4 address or network")).meta({ description: "Who comes from where" }),
  ...accountability,
});

const terminal = z.strictObject({
  label: text("What people call it").optional(),
  model: text("Its model").optional(),
  serial: text("Its serial number").optional(),
  address: address("Its address, where the plan's is wrong").optional(),
  port: port("Its port, where the plan's is wrong").optional(),
  ...places,
  aliases: z.array(port("A public port outside the plan")).meta({ description: "More public ports" }).optional(),
  probe: z.enum(["none", "connect", "identify"]).meta({ description: "How it may be tested" }).optional(),
  onRevoke: onRevoke.optional(),
  allow: grants("Who may enter, instead of the depot's list"),
  extra: grants("Who may enter besides the depot's list"),
  ...accountability,
});

const range = patterned(String.raw`^\d{1,2}-\d{1,2}$`, "From and to: 1-12");
const terminals = z
  .union([
    count(TERMINALS, "How many: 1 to n"),
    range,
    z.array(z.union([count(TERMINALS, "A terminal's number"), range])),
    z.record(
      z.string().meta({ pattern: "^[1-9][0-9]?$" }),
      terminal.nullable().meta({ description: "A terminal; empty: all by the plan" }),
    ),
  ])
  .meta({ description: `The depot's terminals, 1 to ${TERMINALS}: a count, a range, a list or a map` });

const depot = z.strictObject({
  name: text("What people call it").optional(),
  allow: grants("Who may enter its terminals; absent: nobody"),
  terminals,
  ...accountability,
});

const ssh = z.strictObject({ allow: grants("Sources that may come by SSH") });

const machine = z.strictObject({
  address: address("Its IPv4 address"),
  ssh: ssh.meta({ description: "SSH to this machine" }).optional(),
});

const service = z.strictObject({
  machine: text("The machine on which it listens"),
  port: port("Its port"),
  hostVariable: text("The environment variable that holds its listening address").optional(),
  unit: text("Its systemd unit, without .service").optional(),
  domain: text("Its public domain").optional(),
  outbound: z
    .union([z.literal("any"), z.array(text("A source's name"))])
    .meta({ description: "Where it may connect to: anywhere, or the addresses of these sources" })
    .optional(),
  allow: grants("Who may connect; absent: nobody"),
  ...accountability,
});

const flow = z.strictObject({
  listen: endpoint("Where it is entered: ADDRESS:PORT"),
  target: endpoint("Where it leads: ADDRESS:PORT; absent: a program listens there itself").optional(),
  allow: grants("Who may enter; absent: nobody"),
  direction: z
    .enum(["till-to-terminal", "terminal-to-till", "proxy-to-service", "other"])
    .meta({ description: "For documents; default other" })
    .optional(),
  ...places,
  onRevoke: onRevoke.optional(),
  acceptProxy: z
    .union([z.literal(false), text("A balancer's source"), z.array(text("A balancer's source"))])
    .meta({ description: "The balancers that connect, and say by a PROXY header for whom" })
    .optional(),
  sendProxy: z.enum(["none", "v1", "v2"]).meta({ description: "Which PROXY header the target is sent" }).optional(),
  ...accountability,
});

const exception = z.strictObject({
  rule: z
    .enum(["wildcard-listen", "terminal-on-loopback", "port-outside-plan", "terminal-outside-network", "source-any"])
    .meta({ description: "The rule that does not hold here" }),
  on: text("What for: a selector of terminals or flows; `gateway`; a source's name"),
  reason: text("Why"),
  until: date("The last day, YYYY-MM-DD").optional(),
});

export const inventorySchema = z
  .strictObject({
    language: z.enum(["fr", "en"]).meta({ description: "Of generated documents; default en" }).optional(),
    contact: z
      .strictObject({
        support: person.meta({ description: "Whom to ask" }).optional(),
        emergency: person.meta({ description: "Whom to wake" }).optional(),
        documentation: text("Where to read on: an http(s) address").optional(),
      })
      .meta({ description: "Whom documents name" })
      .optional(),
    gateway: gateway.meta({ description: "The host that relays" }),
    sources: z.record(name, source).meta({ description: "Named addresses that may come" }).optional(),
    ssh: ssh.meta({ description: "SSH to the gateway" }).optional(),
    depots: z
      .record(z.string().meta({ pattern: "^[1-9][0-9]?$" }), depot)
      .meta({ description: `Sites 1 to ${DEPOTS}` })
      .optional(),
    machines: z.record(name, machine).meta({ description: "Hosts of the back-end; each is a source too" }).optional(),
    services: z.record(name, service).meta({ description: "Programs that listen themselves" }).optional(),
    flows: z.record(name, flow).meta({ description: "Anything else, in either direction" }).optional(),
    exceptions: z.array(exception).meta({ description: "What may be done against the rules" }).optional(),
    include: z.array(text("A file or a pattern, relative to this file")).meta({ description: "More files" }).optional(),
  })
  .meta({ title: "Ecluse inventory", description: "Who may reach what" });

export type RawInventory = z.infer<typeof inventorySchema>;
export type RawGrant = z.infer<typeof grant>;
export type RawDepot = z.infer<typeof depot>;
export type RawTerminal = z.infer<typeof terminal>;
export type RawPlaces = Pick<RawTerminal, keyof typeof places>;
export type RawAccountability = Pick<RawTerminal, keyof typeof accountability>;

/** The JSON Schema for editors. */
export function jsonSchema(): object {
  return z.toJSONSchema(inventorySchema, { io: "input" });
}
