/** The languages of the documents, in their order, and the words of each. */
import type { Language } from "./document.ts";
import { EN } from "./words-en.ts";
import { FR } from "./words-fr.ts";
import type { Words } from "./words.ts";

export const LANGUAGES: readonly Language[] = ["fr", "en"];

export function wordsOf(language: Language): Words {
  return language === "fr" ? FR : EN;
}
