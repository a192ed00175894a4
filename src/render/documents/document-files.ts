/** One document in all its forms: in both languages, as Markdown, as a page, and as CSV where it has a sheet. */
import type { RenderedFile } from "../rendered-file.ts";
import type { Subject } from "../subject.ts";
import { csv } from "./csv.ts";
import type { Document, Language } from "./document.ts";
import { framed } from "./frame.ts";
import { html } from "./html.ts";
import { markdown } from "./markdown.ts";
import { LANGUAGES, wordsOf } from "./languages.ts";
import type { Words } from "./words.ts";

export type Build = (subject: Subject, words: Words) => Document;

/** `documents/fr/NAME.md` and so on: a document has one file name in all languages. */
export function documentFiles(name: string, subject: Subject, build: Build): readonly RenderedFile[] {
  return LANGUAGES.flatMap((language) => {
    const words = wordsOf(language);
    const document = framed(build(subject, words), subject, words);
    const path = (ending: string): string => `documents/${language}/${name}.${ending}`;
    return [
      { path: path("md"), body: markdown(document, words), comment: "<!--", form: { language, format: "md" } },
      {
        path: path("html"),
        first: "<!doctype html>",
        body: html(document, language, words),
        comment: "<!--",
        form: { language, format: "html" },
      },
      ...(document.sheet === undefined
        ? []
        : [
            {
              path: path("csv"),
              body: csv(document.sheet, language),
              comment: "none",
              form: { language, format: "csv" },
            } as const,
          ]),
      ...figures(document, language),
    ];
  });
}

function figures({ blocks }: Document, language: Language): readonly RenderedFile[] {
  return blocks.flatMap((block) =>
    block.kind === "figure"
      ? [
          {
            path: `documents/${language}/${block.path}`,
            first: '<?xml version="1.0" encoding="UTF-8"?>',
            body: block.svg,
            comment: "<!--",
            form: { language, format: "svg" },
          } as const,
        ]
      : [],
  );
}
