/** How the pages look: on a screen, light or dark as the reader has it; on paper always dark on white. */

export function style(wide: boolean): string {
  const page = wide ? WIDE : UPRIGHT;
  return Object.entries(page).reduce((sheet, [word, value]) => sheet.replace(word, value), PAGE);
}

const UPRIGHT = { SIZE: "A4", WIDTH: "56rem", LETTERS: ".85rem" };
const WIDE = { SIZE: "A4 landscape", WIDTH: "84rem", LETTERS: ".75rem" };

/** Every pair of colours keeps WCAG AA's 4.5 to 1. */
const PAGE = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #4a5159; --paper: #fff; --line: #c3c9d0; --shade: #f1f3f5; --link: #0b57a4; --mark: #8a4b00; }
@media screen and (prefers-color-scheme: dark) {
  :root { --ink: #e8eaed; --soft: #b4bac1; --paper: #16191d; --line: #454c54; --shade: #22272d; --link: #8ab8f0; --mark: #f0b35a; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: WIDTH; padding: 1.5rem; color: var(--ink); background: var(--paper); font: 16px/1.5 system-ui, "Segoe UI", "Liberation Sans", Arial, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.8rem; line-height: 1.2; margin: 0 0 1rem; }
h2 { font-size: 1.3rem; margin: 2.2rem 0 .6rem; padding-bottom: .2rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.6rem 0 .4rem; }
a { color: var(--link); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.2rem; margin: 1rem 0; padding: .8rem 1rem; background: var(--shade); border: 1px solid var(--line); }
dt { font-weight: 600; }
dd { margin: 0; overflow-wrap: anywhere; }
nav ul { columns: 14rem; padding-left: 1.2rem; font-size: .9rem; }
.notice { border-left: .3rem solid var(--mark); padding: .4rem .9rem; background: var(--shade); }
.scroll { overflow-x: auto; margin: 1rem 0; }
table { width: 100%; border-collapse: collapse; font-size: LETTERS; line-height: 1.35; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { text-align: left; vertical-align: top; padding: .3rem .4rem; border: 1px solid var(--line); }
thead th { background: var(--shade); }
tbody th { font-weight: 600; }
.blank { min-width: 8em; height: 2.6em; }
.compact { white-space: nowrap; font-variant-numeric: tabular-nums; }
pre { padding: .7rem 1rem; overflow-x: auto; background: var(--shade); border: 1px solid var(--line); font-size: .85rem; line-height: 1.45; }
code { font-family: ui-monospace, "DejaVu Sans Mono", "Liberation Mono", Consolas, monospace; }
p code, li code, dd code { white-space: nowrap; }
figure { margin: 1rem 0; }
figure svg { display: block; width: 100%; height: auto; border: 1px solid var(--line); background: #fff; }
figcaption { color: var(--soft); font-size: .9rem; padding-top: .3rem; }
@page { size: SIZE; margin: 12mm; }
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  table { font-size: 7.5pt; }
  th, td { padding: .15rem .25rem; }
  thead { display: table-header-group; }
  tr, figure, dl, pre, .notice { break-inside: avoid; }
  h2 { margin-top: 1.2rem; }
  h2, h3, caption, p:has(+ pre) { break-after: avoid; }
  tbody tr:first-child { break-before: avoid; }
  .scroll, pre { overflow: visible; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 8.5pt; }
  h2:has(+ figure) { break-before: page; }
  figure svg { max-height: 145mm; }
  nav { display: none; }
  a { color: inherit; }
}
`;
