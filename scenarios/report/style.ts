/** The report's whole look: one column, the reader's own light or dark, nothing fetched. */
export const style = `
:root { color-scheme: light dark; --ink: #1c2330; --soft: #5c6675; --line: #dfe3ea; --ground: #fbfcfd; --card: #fff;
  --good: #1a7f4b; --bad: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ef; --soft: #9aa4b2; --line: #2c333f; --ground: #12161d; --card: #191f28; --good: #58c88f;
    --bad: #ff8a80; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 66rem; padding: 2.5rem 1.25rem 4rem; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 0.25rem; }
h2 { font-size: 1.05rem; margin: 2.25rem 0 0.6rem; }
p { margin: 0 0 1rem; color: var(--soft); }
.good { color: var(--good); } .bad { color: var(--bad); }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: 0.3rem 1.25rem; margin: 1.25rem 0 0; }
.facts dt { color: var(--soft); } .facts dd { margin: 0; }
figure { margin: 0; padding: 1rem 1rem 0.5rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 8px; overflow-x: auto; }
svg.chart { display: block; width: 100%; height: auto; background: none; font: 12px system-ui, 'DejaVu Sans', sans-serif;
  color: var(--ink); overflow: visible; }
.narrow-only { display: none; }
.legend { display: flex; flex-wrap: wrap; gap: 0.15rem 1.1rem; margin: 0 0 0.75rem; padding: 0; list-style: none;
  font-size: 0.85rem; color: var(--soft); }
.legend svg { margin-right: 0.4rem; color: var(--ink); vertical-align: 1px; }
.legend i { display: inline-block; width: 0.75rem; height: 0.75rem; border-radius: 2px; margin-right: 0.4rem;
  vertical-align: -1px; }
.wide { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: collapse; width: 100%; font-size: 0.75rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.4rem 0.2rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
tr:last-child td { border-bottom: 0; }
th { font-weight: 600; color: var(--soft); white-space: normal; vertical-align: bottom; }
th:first-child, td:first-child { text-align: left; padding-left: 0.6rem; }
th:last-child, td:last-child { padding-right: 0.6rem; }
code { font: 0.8rem ui-monospace, 'DejaVu Sans Mono', monospace; overflow-wrap: anywhere; }
@media screen and (max-width: 36rem) {
  body { padding: 1.5rem 0.75rem 3rem; }
  .facts { grid-template-columns: 1fr; gap: 0; } .facts dd { margin-bottom: 0.4rem; }
  .wide-only { display: none; } .narrow-only { display: block; }
  figure { padding: 0.75rem 0.5rem 0.5rem; }
}
@media print {
  :root { --ink: #000; --soft: #444; --line: #bbb; --ground: #fff; --card: #fff; --good: #1a7f4b; --bad: #b3261e; }
  body { padding: 0; } section { break-inside: avoid; } figure, .wide { border: 0; padding: 0; }
  table { font-size: 0.55rem; } th, td { padding: 0.2rem; }
  * { print-color-adjust: exact; }
}
details { margin-top: 2.25rem; } summary { cursor: pointer; font-weight: 600; }
pre { overflow-x: auto; padding: 1rem; background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  font: 0.78rem/1.45 ui-monospace, 'DejaVu Sans Mono', monospace; }
`;
