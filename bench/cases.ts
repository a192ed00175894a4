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
  /** How many networks may come in; absent: the till's address. */
  readonly networks?: number;
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
  /** Drawn on the page. */
  readonly plot?: true;
}

const MEGABYTE = 1e6;
const ALL_DOORS = DEPOTS * TERMINALS;

/** Points of growth. */
const NETWORKS = [1, 1_000, 100_000];
const DOORS = [100, 1_000, ALL_DOORS];
const BESIDE = [0, 500, 2_000];

/**
 * Each connection leaves a pair of ports in TIME_WAIT for a minute. Thousands to one and the same terminal, as no till
 * makes them, and the system's search for a free port becomes most of what is measured.
 */
const SOME_DOORS = 16;

/** `quick` proves that the bench works; its figures mean little. */
export function casesOf(quick: boolean): readonly Case[] {
  const size = (full: number, small: number): number => (quick ? small : full);
  return [
    opening("doors", "doors", ALL_DOORS),
    {
      name: "change",
      benchmark: "change",
      title: `one terminal more than 7,127, with ${size(1_000, 100)} open sessions that go on asking`,
      doors: ALL_DOORS,
      work: { kind: "change", sessions: size(1_000, 100), every: 500 },
      columns: [
        { key: "insideMs", title: "in its process ms", digits: 1, plot: true },
        { key: "answeredMs", title: "answers ms", digits: 0 },
        { key: "carriedMs", title: "door carries ms", digits: 0, ratio: true, plot: true },
        { key: "worstMs", title: "slowest answer ms", digits: 1, ratio: true, plot: true },
        { key: "quietMs", title: "unchanged ms", digits: 1 },
        { key: "laterInsideMs", title: "later: in its process", digits: 1 },
        { key: "laterCarriedMs", title: "carries", digits: 0 },
        { key: "laterWorstMs", title: "slowest", digits: 1 },
      ],
    },
    requests("requests-1", 1, size(20_000, 2_000), size(5_000, 1_000)),
    requests("requests-64", 64, size(60_000, 6_000), size(15_000, 3_000)),
    connections("connections", "connections", size, {
      title: `connect, 60 B request, 300 B answer, close; 32 at a time, ${SOME_DOORS} doors in turn`,
    }),
    bulk("bulk-1", 1, size(1024, 128), size(128, 32)),
    bulk("bulk-8", 8, size(1024, 128), size(128, 32)),
    {
      name: "idle",
      benchmark: "idle",
      title: `memory per idle session (${size(2_000, 300)} of them, after the first ${size(200, 50)})`,
      doors: 1,
      work: { kind: "idle", first: size(200, 50), more: size(2_000, 300) },
      columns: [
        { key: "alonePerSession", title: "KB each", digits: 1, unit: 1000, ratio: true, plot: true },
        { key: "pssPerSession", title: "PSS KB each", digits: 1, unit: 1000 },
        { key: "rssPerSession", title: "RSS KB each", digits: 1, unit: 1000 },
        { key: "aloneAfter", title: "MB in all", digits: 1, unit: MEGABYTE, ratio: true },
      ],
    },
    {
      name: "flood",
      benchmark: "flood",
      title: "200 calls a second beside 5,000 strangers a second, who are refused",
      doors: SOME_DOORS,
      work: {
        kind: "flood",
        warmup: size(5_000, 500),
        allowed: 200,
        refused: 5_000,
        quiet: size(3, 1),
        seconds: size(6, 1),
      },
      columns: [
        { key: "quietP99ms", title: "p99 before ms", digits: 2 },
        { key: "p50ms", title: "p50 ms", digits: 2 },
        { key: "p99ms", title: "p99 ms", digits: 2, ratio: true, plot: true },
        { key: "refusedPerSecond", title: "refused per s", digits: 0 },
        { key: "cpuPerSecond", title: "gateway CPU s per s", digits: 3, ratio: true, plot: true },
      ],
    },
    ...NETWORKS.map((networks) =>
      connections(`networks-${networks}`, "networks", size, {
        title: `the same with ${networks.toLocaleString("en")} allowed networks, the till's last`,
        networks,
      }),
    ),
    ...[0, 3].map((followers) =>
      connections(`events-${followers}`, "events", size, {
        title: `the same with ${followers} subscribers of the event stream`,
        followers,
      }),
    ),
    ...DOORS.filter((doors) => doors !== ALL_DOORS).map((doors) => opening(`growth-${doors}-doors`, "growth", doors)),
    ...BESIDE.map((beside) => ({
      ...requests(`growth-${beside}-sessions`, 16, size(30_000, 3_000), size(10_000, 1_000)),
      benchmark: "growth" as const,
      title: `60 B request, 300 B answer over 16 open connections beside ${beside} that are silent`,
      work: {
        kind: "requests",
        connections: 16,
        count: size(30_000, 3_000),
        warmup: size(10_000, 1_000),
        beside,
      } as const,
    })),
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
      { key: "p50us", title: "p50 us", digits: 1, ratio: true, plot: true },
      { key: "p99us", title: "p99 us", digits: 1, ratio: true, plot: true },
      { key: "rate", title: "per s", digits: 0, plot: true },
      { key: "cpuPer10k", title: "gateway CPU s per 10,000", digits: 2, ratio: true, plot: true },
    ],
  };
}

type Size = (full: number, small: number) => number;

/** A good part is warm-up: a gateway runs for months, and code that was never run before costs more. */
function connections(
  name: string,
  benchmark: Benchmark,
  size: Size,
  { title, networks, followers }: { readonly title: string; readonly networks?: number; readonly followers?: number },
): Case {
  const traffic = { concurrency: 32, count: size(8_000, 1_000), warmup: size(8_000, 500) };
  return {
    ...{ name, benchmark, title, doors: SOME_DOORS },
    ...(networks !== undefined && { networks }),
    work: { kind: "connections", ...traffic, ...(followers !== undefined && { followers }) },
    columns: [
      { key: "rate", title: "per s", digits: 0, ratio: true, plot: true },
      { key: "p50ms", title: "p50 ms", digits: 2 },
      { key: "p99ms", title: "p99 ms", digits: 2, plot: true },
      { key: "cpuPer10k", title: "gateway CPU s per 10,000", digits: 2, ratio: true, plot: true },
      { key: "cpuAllPer10k", title: "CPU of all", digits: 2, ratio: true },
      ...(followers === undefined ? [] : [{ key: "eventsEach", title: "events each", digits: 0 }]),
    ],
  };
}

function bulk(name: string, connections: number, mebibytes: number, warmup: number): Case {
  return {
    name,
    benchmark: "bulk",
    title: `${mebibytes} MiB over ${connections === 1 ? "one connection" : `${connections} connections`}, terminal to till`,
    doors: connections,
    work: { kind: "bulk", connections, mebibytes, warmup },
    columns: [
      { key: "megabytesPerSecond", title: "MB/s", digits: 0, ratio: true, plot: true },
      { key: "cpuPerGB", title: "gateway CPU s per GB", digits: 2, ratio: true, plot: true },
      { key: "cpuAllPerGB", title: "CPU of all", digits: 2, ratio: true },
    ],
  };
}

function opening(name: string, benchmark: Benchmark, doors: number): Case {
  return {
    name,
    benchmark,
    title: `${doors.toLocaleString("en")} doors: from start until the last one carries a request; memory of all its processes`,
    doors,
    work: { kind: "doors" },
    columns: [
      { key: "openSeconds", title: "open s", digits: 2, ratio: true, plot: true },
      { key: "readySeconds", title: "says ready s", digits: 2 },
      { key: "cpuSeconds", title: "CPU s", digits: 2, ratio: true },
      { key: "alone", title: "memory MB", digits: 1, unit: MEGABYTE, ratio: true, plot: true },
      { key: "pss", title: "PSS MB", digits: 1, unit: MEGABYTE },
      { key: "rss", title: "RSS MB", digits: 1, unit: MEGABYTE },
    ],
  };
}

/** A figure over cases that differ in one number. */
export interface Growth {
  readonly title: string;
  /** A key of the figures. */
  readonly key: string;
  readonly unit?: number;
  readonly points: readonly { readonly name: string; readonly label: string }[];
}

const overDoors = DOORS.map((doors) => ({
  name: doors === ALL_DOORS ? "doors" : `growth-${doors}-doors`,
  label: `${doors.toLocaleString("en")} doors`,
}));
const overSessions = BESIDE.map((beside) => ({
  name: `growth-${beside}-sessions`,
  label: `${beside} silent sessions`,
}));
const overNetworks = NETWORKS.map((networks) => ({
  name: `networks-${networks}`,
  label: networks === 1 ? "1 network" : `${networks.toLocaleString("en")} networks`,
}));

export const GROWTHS: readonly Growth[] = [
  { title: "Gateway CPU s per 10,000 connections, by allowed networks", key: "cpuPer10k", points: overNetworks },
  { title: "Seconds until the last door carries, by doors", key: "openSeconds", points: overDoors },
  { title: "Memory in MB, by doors", key: "alone", unit: MEGABYTE, points: overDoors },
  { title: "Gateway CPU s per 10,000 requests, by sessions beside", key: "cpuPer10k", points: overSessions },
  { title: "p50 in us of a request, by sessions beside", key: "p50us", points: overSessions },
];
