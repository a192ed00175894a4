/** What is measured of each subject: the work, and the columns of its table. */
import { DEPOTS, TERMINALS } from "../src/inventory/numbering.ts";
import type { Work } from "./load/job.ts";
import type { Benchmark } from "./subjects/subject.ts";

export interface Case {
  readonly name: string;
  readonly benchmark: Benchmark;
  readonly title: string;
  /** How many doors the gateway has; traffic uses them in turn. */
  readonly doors: number;
  readonly work: Work;
  readonly columns: readonly Column[];
}

export interface Column {
  /** A key of the figures. */
  readonly key: string;
  readonly title: string;
  readonly digits: number;
  /** The figure is divided by this to be shown. */
  readonly unit?: number;
  /** Followed by its ratio to the reference's. */
  readonly ratio?: true;
}

const MEGABYTE = 1e6;
const ALL_DOORS = DEPOTS * TERMINALS;

/**
 * Each connection leaves a pair of ports in TIME_WAIT for a minute. Thousands to one and the same terminal, as no till
 * makes them, and the system's search for a free port becomes most of what is measured.
 */
const SOME_DOORS = 16;

/** `quick` proves that the bench works; its figures mean little. */
export function casesOf(quick: boolean): readonly Case[] {
  const size = (full: number, small: number): number => (quick ? small : full);
  return [
    {
      name: "doors",
      benchmark: "doors",
      title: "7,128 doors: from start until the last one carries a request; memory of all its processes",
      doors: ALL_DOORS,
      work: { kind: "doors" },
      columns: [
        { key: "openSeconds", title: "open s", digits: 2, ratio: true },
        { key: "readySeconds", title: "says ready s", digits: 2 },
        { key: "cpuSeconds", title: "CPU s", digits: 2, ratio: true },
        { key: "alone", title: "memory MB", digits: 1, unit: MEGABYTE, ratio: true },
        { key: "pss", title: "PSS MB", digits: 1, unit: MEGABYTE },
        { key: "rss", title: "RSS MB", digits: 1, unit: MEGABYTE },
      ],
    },
    {
      name: "change",
      benchmark: "change",
      title: `one terminal more than 7,127, with ${size(1_000, 100)} open sessions that go on asking`,
      doors: ALL_DOORS,
      work: { kind: "change", sessions: size(1_000, 100), every: 500 },
      columns: [
        { key: "insideMs", title: "in its process ms", digits: 1 },
        { key: "answeredMs", title: "answers ms", digits: 0 },
        { key: "carriedMs", title: "door carries ms", digits: 0, ratio: true },
        { key: "worstMs", title: "slowest answer ms", digits: 1, ratio: true },
        { key: "quietMs", title: "unchanged ms", digits: 1 },
        { key: "laterInsideMs", title: "later: in its process", digits: 1 },
        { key: "laterCarriedMs", title: "carries", digits: 0 },
        { key: "laterWorstMs", title: "slowest", digits: 1 },
      ],
    },
    requests("requests-1", 1, size(20_000, 2_000), size(5_000, 1_000)),
    requests("requests-64", 64, size(60_000, 6_000), size(15_000, 3_000)),
    {
      name: "connections",
      benchmark: "connections",
      title: `connect, 60 B request, 300 B answer, close; 32 at a time, ${SOME_DOORS} doors in turn`,
      doors: SOME_DOORS,
      work: { kind: "connections", concurrency: 32, count: size(8_000, 1_000), warmup: size(2_000, 500) },
      columns: [
        { key: "rate", title: "per s", digits: 0, ratio: true },
        { key: "p50ms", title: "p50 ms", digits: 2 },
        { key: "p99ms", title: "p99 ms", digits: 2 },
        { key: "cpuPer10k", title: "gateway CPU s per 10,000", digits: 2, ratio: true },
        { key: "cpuAllPer10k", title: "CPU of all", digits: 2, ratio: true },
      ],
    },
    {
      name: "bulk",
      benchmark: "bulk",
      title: "one connection, terminal to till",
      doors: 1,
      work: { kind: "bulk", mebibytes: size(1024, 128), warmup: size(128, 32) },
      columns: [
        { key: "megabytesPerSecond", title: "MB/s", digits: 0, ratio: true },
        { key: "cpuPerGB", title: "gateway CPU s per GB", digits: 2, ratio: true },
        { key: "cpuAllPerGB", title: "CPU of all", digits: 2, ratio: true },
      ],
    },
    {
      name: "idle",
      benchmark: "idle",
      title: `memory per idle session (${size(2_000, 300)} of them, after the first ${size(200, 50)})`,
      doors: 1,
      work: { kind: "idle", first: size(200, 50), more: size(2_000, 300) },
      columns: [
        { key: "alonePerSession", title: "KB each", digits: 1, unit: 1000, ratio: true },
        { key: "pssPerSession", title: "PSS KB each", digits: 1, unit: 1000 },
        { key: "rssPerSession", title: "RSS KB each", digits: 1, unit: 1000 },
        { key: "aloneAfter", title: "MB in all", digits: 1, unit: MEGABYTE, ratio: true },
      ],
    },
  ];
}

function requests(name: string, connections: number, count: number, warmup: number): Case {
  const over = connections === 1 ? "one open connection" : `${connections} open connections`;
  return {
    name,
    benchmark: "requests",
    title: `60 B request, 300 B answer over ${over}`,
    doors: 1,
    work: { kind: "requests", connections, count, warmup },
    columns: [
      { key: "p50us", title: "p50 us", digits: 1, ratio: true },
      { key: "p99us", title: "p99 us", digits: 1, ratio: true },
      { key: "rate", title: "per s", digits: 0 },
      { key: "cpuPer10k", title: "gateway CPU s per 10,000", digits: 2, ratio: true },
    ],
  };
}
