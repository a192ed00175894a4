/** The page's style, in light and dark; nothing is fetched from anywhere. */

export const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5a6675; --paper: #fff; --grid: #d9dfe6; --bar: #9fb0c3; --ours: #0b6bcb; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6ebf1; --soft: #a3afbd; --paper: #12171e; --grid: #2c3643; --bar: #56697e; --ours: #4da3ff; }
}
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 800px; margin: 0 auto; padding: 1rem; }
h2 { margin: 2.5rem 0 0; font-size: 1.2rem; }
figure { margin: 1rem 0; }
figcaption { color: var(--soft); }
svg { width: 100%; height: auto; font: 12px system-ui, sans-serif; }
.grid { stroke: var(--grid); }
.tick { fill: var(--soft); text-anchor: middle; }
.name { fill: var(--ink); text-anchor: end; }
.value, .key { fill: var(--ink); }
.bar { fill: var(--bar); }
.bar.ours { fill: var(--ours); }
.range { stroke: var(--ink); }
.line polyline { fill: none; stroke-width: 2.5; stroke: var(--colour); }
.line circle { fill: var(--colour); }
.c0 { --colour: var(--ours); } .c1 { --colour: #d9822b; } .c2 { --colour: #2f9e63; } .c3 { --colour: #b04ac2; }
.c4 { --colour: #c23b3b; } .c5 { --colour: #8a7a1e; } .c6 { --colour: #3aa6a6; } .c7 { --colour: #7a7f87; }
table { border-collapse: collapse; font-size: 0.85rem; display: block; overflow-x: auto; }
th, td { padding: 0.2rem 0.6rem; border-bottom: 1px solid var(--grid); text-align: right; white-space: nowrap; }
th[scope="row"] { text-align: left; }
`;
