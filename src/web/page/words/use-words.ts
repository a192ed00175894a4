/** Words and formats of the reader's language, in components. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { type Formats, formatsOf } from "../times.ts";
import { type Language, type Words, wordsOf } from "./words.ts";

export interface Spoken {
  readonly words: Words;
  readonly time: Formats;
}

export function spoken(language: Language): Spoken {
  return { words: wordsOf(language), time: formatsOf(language) };
}

export const SpokenContext = createContext<Spoken>(spoken("en"));

export function useSpoken(): Spoken {
  return useContext(SpokenContext);
}
