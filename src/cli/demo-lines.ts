/** What the demo prints: three voices, each named in front of its lines, so that nobody takes one for another. */
import { formatAddress } from "@ecluse/guard/address";
import { formatEndpoint } from "../observe/events.ts";
import type { GatewayEvent } from "../observe/events.ts";
import type { RelayedFlow } from "../policy/policy.ts";
import type { PaymentResult } from "../simulate/till.ts";
import { type Paint, count, painter, prettyWords } from "./pretty.ts";

/** A line of the demo, as data; the gateway's own events are others. */
export type DemoEvent =
  | { readonly event: "paying"; readonly flow: string; readonly door: string; readonly source: string }
  | { readonly event: "payment"; readonly flow: string; readonly result: PaymentResult }
  | {
      readonly event: "stranger";
      readonly flow: string;
      readonly door: string;
      readonly source: string;
      readonly result: PaymentResult;
    }
  /** With its token: whoever runs the demo may open it. */
  | { readonly event: "dashboard"; readonly url: string }
  | { readonly event: "ended"; readonly accepted: number; readonly otherwise: number; readonly knocks: number };

/** One line, without its newline; `at` is milliseconds since the epoch, shown as local time. */
export function demoLine(event: DemoEvent | GatewayEvent, at: number, colour: boolean): string {
  const paint = painter(colour);
  const time = paint("dim", new Date(at).toTimeString().slice(0, 8));
  return `${time}  ${words(event, paint, colour)}`;
}

function words(event: DemoEvent | GatewayEvent, paint: Paint, colour: boolean): string {
  switch (event.event) {
    case "paying":
      return `${voice("till", paint)}  asks ${event.flow} for a payment, through ${event.door}`;
    case "payment":
      return `${voice("till", paint)}  ${event.flow}: payment ${outcome(event.result, paint)}`;
    case "stranger":
      return `${voice("stranger", paint)}  knocks at ${event.door}: ${paint("red", seen(event.result))}`;
    case "dashboard":
      return `${voice("gateway", paint)}  open its dashboard: ${paint("bold", event.url)}`;
    case "ended":
      return ended(event);
    default:
      return `${voice("gateway", paint)}  ${prettyWords(event, colour)}`;
  }
}

const VOICES = { till: "cyan", stranger: "magenta", gateway: "bold" } as const;

function voice(name: keyof typeof VOICES, paint: Paint): string {
  return paint(VOICES[name], name.padEnd(8));
}

function outcome({ kind, duration }: PaymentResult, paint: Paint): string {
  return `${paint(kind === "accepted" ? "green" : "yellow", kind)} after ${(duration / 1_000).toFixed(1)} s`;
}

function seen(result: PaymentResult): string {
  return result.kind === "refused" ? `connection refused (${result.code}); no terminal heard of it` : result.kind;
}

function ended({ accepted, otherwise, knocks }: Extract<DemoEvent, { readonly event: "ended" }>): string {
  const payments = `${count(accepted, "payment", "payments")} accepted${otherwise === 0 ? "" : `, ${otherwise} not`}`;
  return `The demo has ended: ${payments}; the stranger knocked ${count(knocks, "time", "times")}.`;
}

export interface Setting {
  readonly flows: readonly RelayedFlow[];
  readonly till: string;
  readonly stranger: string;
  /** Whether a key can be pressed. */
  readonly keyboard: boolean;
}

/** What a newcomer has to know to read the lines that follow. */
export function introduction({ flows, till, stranger, keyboard }: Setting, colour: boolean): string {
  const paint = painter(colour);
  const rows = flows.map(({ id, endpoints, target }) => {
    const doors = endpoints.map(formatEndpoint).join(", ");
    return `  ${id}  ${doors}  ->  ${formatAddress(target.address)}:${target.port}`;
  });
  return [
    paint("bold", "Ecluse demo: two depots of simulated payment terminals, all on loopback."),
    "",
    "  terminal       door of the gateway  the terminal itself",
    ...rows,
    "",
    `  ${voice("till", paint)}  ${till}: the only source that the inventory (examples/demo.yaml) lets in`,
    `  ${voice("stranger", paint)}  ${stranger}: listed nowhere, so refused before any terminal is dialled`,
    `  ${voice("gateway", paint)}  its own log, as ecluse serve prints it: one line per session, refusals added up`,
    "",
    paint("bold", keyboard ? "  Press q to quit." : "  Ctrl-C quits."),
    "",
    "",
  ].join("\n");
}
