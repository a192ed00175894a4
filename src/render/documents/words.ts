/**
 * Every word that the documents say, and the type by which a language that lacks one does not compile.
 *
 * Names, addresses and numbers of the inventory come as arguments; commands, ids and variables are code and are the same
 * in each language.
 */
import type { Direction, ExceptionRule } from "../../inventory/model.ts";
import type { Text } from "./document.ts";
import type { ReviewState } from "./review.ts";

export interface Words {
  readonly contents: string;
  /** Between a word and what it stands for. */
  readonly colon: string;
  readonly frame: FrameWords;
  readonly things: ThingWords;
  readonly columns: Readonly<Record<ColumnName, string>>;
  readonly matrix: MatrixWords;
  readonly terminals: TerminalWords;
  readonly ports: PortWords;
  readonly environment: EnvironmentWords;
  readonly diagram: DiagramWords;
  readonly review: ReviewWords;
  readonly runbook: RunbookWords;
}

/** What stands on every document. */
export interface FrameWords {
  readonly inventory: string;
  readonly version: (file: string, version: string) => Text;
  readonly asOf: string;
  readonly support: string;
  readonly emergency: string;
  readonly documentation: string;
  readonly unencrypted: Text;
  readonly live: Text;
  readonly exceptions: string;
  readonly noExceptions: string;
  readonly exceptionsCaption: string;
  readonly rules: Readonly<Record<ExceptionRule, string>>;
  readonly offPlanCaption: string;
  readonly difference: string;
  readonly otherAddress: (is: string, planned: string) => string;
  readonly otherPort: (is: number, planned: number) => string;
  readonly alias: (port: number) => string;
}

/** How things are called. */
export interface ThingWords {
  readonly gateway: string;
  readonly everyAddress: string;
  readonly anybody: string;
  readonly nobody: string;
  readonly terminals: (first: number, last: number) => string;
  readonly depot: (depot: number, name?: string) => string;
  readonly terminalsOf: (depot: number, first: number, last: number) => string;
  readonly ssh: string;
  readonly service: (name: string) => string;
  readonly flow: (name: string) => string;
  readonly through: (balancers: string) => string;
  readonly secondPort: string;
  readonly more: (count: number) => string;
  readonly to: (first: string, last: string) => string;
  readonly directions: Readonly<Record<Direction | "administration", string>>;
  readonly reviews: Readonly<Record<ReviewState, string>>;
}

export type ColumnName =
  | "flow"
  | "source"
  | "addresses"
  | "destination"
  | "port"
  | "protocol"
  | "direction"
  | "target"
  | "description"
  | "owner"
  | "reason"
  | "approver"
  | "reviewed"
  | "nextReview"
  | "until"
  | "depot"
  | "depotName"
  | "network"
  | "terminal"
  | "terminals"
  | "address"
  | "terminalPort"
  | "publicPort"
  | "publicPorts"
  | "otherPorts"
  | "model"
  | "serial"
  | "label"
  | "machine"
  | "service"
  | "unit"
  | "domain"
  | "listener"
  | "sources"
  | "variable"
  | "value"
  | "outbound"
  | "rule"
  | "subject"
  | "review"
  | "decision"
  | "number";

export interface MatrixWords {
  readonly title: string;
  readonly intro: Text;
  readonly flows: string;
  readonly flowsCaption: string;
  readonly nothing: string;
  readonly sources: string;
  readonly sourcesCaption: string;
  readonly shut: (flows: string) => string;
}

export interface TerminalWords {
  readonly title: string;
  readonly intro: (count: number, depots: number) => string;
  readonly numbering: Text;
  readonly none: string;
  readonly depots: string;
  readonly depotsCaption: string;
  readonly caption: (depot: string, network: string) => string;
}

export interface PortWords {
  readonly title: string;
  readonly intro: string;
  readonly domains: string;
  readonly domainsCaption: string;
  readonly noDomain: string;
  readonly listeners: string;
  readonly listenersCaption: (place: string) => string;
}

export interface EnvironmentWords {
  readonly title: string;
  readonly intro: Text;
  readonly none: string;
  readonly machine: (name: string, address: string) => string;
  readonly caption: (machine: string) => string;
  readonly noHostVariable: (service: string, endpoint: string) => Text;
  readonly nobody: (service: string) => Text;
  readonly anybody: (service: string) => Text;
  readonly ends: (service: string, source: string, until: string) => Text;
  readonly outboundAny: string;
  readonly outboundNone: string;
  readonly rules: readonly Text[];
  readonly rulesTitle: string;
}

export interface DiagramWords {
  readonly title: string;
  readonly intro: Text;
  readonly overview: string;
  readonly overviewCaption: string;
  readonly depotCaption: (depot: string) => string;
  readonly sources: string;
  readonly depots: string;
  readonly router: string;
  readonly noRouter: string;
  readonly depotNetwork: (network: string, port: number) => string;
  readonly tunnel: (name: string) => string;
  readonly encrypted: string;
  readonly clear: string;
  readonly backEnd: string;
  readonly terminalCount: (count: number) => string;
  readonly ports: (range: string) => string;
  readonly others: string;
  readonly legend: string;
  readonly segments: string;
  readonly segmentsCaption: string;
  readonly segment: string;
  readonly carries: string;
  readonly protection: string;
  readonly rows: {
    readonly public: readonly [string, string, string];
    readonly tunnel: readonly [string, string, string];
    readonly depot: readonly [string, string, string];
    readonly backEnd: readonly [string, string, string];
    readonly callback: readonly [string, string, string];
  };
}

export interface ReviewWords {
  readonly title: string;
  readonly intro: Text;
  readonly summary: (count: Readonly<Record<ReviewState, number>>) => string;
  readonly sources: string;
  readonly sourcesCaption: string;
  readonly flows: string;
  readonly flowsCaption: string;
  readonly nothing: string;
  readonly decisions: string;
  readonly questions: string;
  readonly questionList: readonly string[];
  readonly signatures: string;
  readonly signaturesCaption: string;
  readonly role: string;
  readonly roles: readonly string[];
  readonly name: string;
  readonly day: string;
  readonly signature: string;
}

export interface RunbookWords {
  readonly title: string;
  readonly intro: Text;
  readonly phases: readonly [string, string, string, string];
  readonly system: Text;
  readonly tailscale: Text;
  readonly node: Text;
  readonly ssh: Text;
  readonly noSsh: Text;
  readonly firewall: Text;
  readonly ring: Text;
  readonly docker: (network: string) => Text;
  readonly routes: (name: string) => Text;
  readonly router: (address: string) => Text;
  readonly oneRouter: Text;
  readonly reach: Text;
  readonly check: Text;
  readonly install: Text;
  readonly start: Text;
  readonly container: Text;
  readonly doors: (count: number) => Text;
  readonly tryEach: Text;
  readonly dashboard: (place: string) => Text;
  readonly authorised: (source: string, addresses: string) => Text;
  readonly authorisedExpected: Text;
  readonly refused: Text;
  readonly refusedSource: (source: string, addresses: string) => Text;
  readonly refusedExpected: Text;
  readonly everybodyMayEnter: Text;
  readonly logs: Text;
  readonly load: Text;
  readonly changes: string;
  readonly changesText: Text;
  readonly back: Text;
  readonly listening: string;
  readonly listeningIntro: (proxy: string) => Text;
  readonly steps: readonly [string, string, string, string];
  readonly units: Text;
  readonly unitOf: (service: string, machine: string) => Text;
  readonly noUnit: (service: string, endpoint: string, sources: string) => Text;
  readonly restart: (machine: string, address: string) => Text;
  readonly restartByHand: Text;
  readonly from: (source: string, address: string) => Text;
  readonly serviceExpected: Text;
  readonly serviceRefused: (machine: string, address: string) => Text;
  readonly serviceRefusedElsewhere: Text;
  readonly development: Text;
  readonly analysis: string;
  readonly analysisText: (machine: string, address: string) => Text;
  readonly nothingToDeploy: string;
}
