/** An answer of the gateway in a component: asked for when the question changes, and again when told to. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { Refusal, ask } from "./api.ts";

export interface Asked<T> {
  /** Of the last question that was answered; while another is on its way, still the one before. */
  readonly answer: T | undefined;
  readonly failure: Refusal | undefined;
  readonly isWaiting: boolean;
  readonly again: () => void;
}

type Parameters = Readonly<Record<string, string | number | undefined>>;

interface Known<T> {
  readonly question: string;
  readonly answer?: T;
  readonly failure?: Refusal;
}

/** Asks again when `cue` is another value, at most once a second. */
export function useAnswer<T>(path: string, parameters: Parameters, cue?: unknown): Asked<T> {
  const question = JSON.stringify([path, parameters]);
  const [known, setKnown] = useState<Known<T>>();
  const [turn, setTurn] = useState(0);
  const last = useRef({ question: "", at: 0 });
  const again = useCallback(() => setTurn((before) => before + 1), []);
  useEffect(() => {
    const giveUp = new AbortController();
    const wait = last.current.question === question ? Math.max(0, last.current.at + 1_000 - performance.now()) : 0;
    const timer = setTimeout(() => {
      last.current = { question, at: performance.now() };
      ask<T>(path, parameters, giveUp.signal).then(
        (answer) => setKnown({ question, answer }),
        (error: unknown) => {
          if (error instanceof Refusal) setKnown((before) => ({ ...before, question, failure: error }));
        },
      );
    }, wait);
    return () => {
      clearTimeout(timer);
      giveUp.abort();
    };
  }, [question, turn, cue]);
  return { answer: known?.answer, failure: known?.failure, isWaiting: known?.question !== question, again };
}
