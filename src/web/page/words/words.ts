/** The page's words, in the reader's language. */
import { EN } from "./en.ts";
import { FR } from "./fr.ts";

export type Language = "fr" | "en";
export type Words = typeof EN;

export function wordsOf(language: Language): Words {
  return language === "fr" ? FR : EN;
}
