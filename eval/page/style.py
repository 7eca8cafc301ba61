"""Style sheet of the report page; it goes into the page, which needs no other file."""

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #fbfaf7; --sheet: #ffffff; --ink: #1d2421; --soft: #5c6763; --rule: #e2e2da; --tint: #eef4f1;
  --student: #00775c; --baseline: #7a6f60; --teacher: #6251b8;
  --right: #1fc98a; --missed: #ffb21a; --false: #ff4f64; --aside: #c9ced4;
  --caution: #8a5a00; --caution-tint: #fdf4de;
  --worse: #a8324a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #121614; --sheet: #1a1f1d; --ink: #e6ebe8; --soft: #9aa7a2; --rule: #2c3431; --tint: #1d2a25;
    --student: #3fd0a5; --baseline: #b5a995; --teacher: #a99bf2;
    --caution: #f0c365; --caution-tint: #2a2415;
    --worse: #ff8fa0;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
main { max-width: 1140px; margin: 0 auto; padding: 3.2rem 1.5rem 4rem; }
h1, h2, h3 {
  line-height: 1.2; font-weight: 650; letter-spacing: -0.012em; text-wrap: balance; margin: 0;
}
h1 { font-size: clamp(1.7rem, 1.2rem + 2.2vw, 2.5rem); }
h2 { font-size: 1.35rem; margin: 3.4rem 0 0.4rem; }
h3 { font-size: 1.15rem; }
p { margin: 0.5rem 0; max-width: 70ch; }
.eyebrow {
  margin: 0 0 0.7rem; color: var(--soft); font-size: 0.82rem; letter-spacing: 0.07em;
  text-transform: uppercase;
}
.lead { font-size: 1.1rem; color: var(--soft); }
.soft { color: var(--soft); }
small, .small { font-size: 0.86rem; }

.cards {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: 1rem;
  margin: 2rem 0 1.4rem;
}
.card {
  background: var(--sheet); border: 1px solid var(--rule); border-radius: 12px;
  padding: 1.1rem 1.25rem 1.2rem;
}
.card.student { border-color: var(--student); box-shadow: inset 0 3px 0 var(--student); }
.card h3 { display: flex; align-items: center; gap: 0.55rem; font-size: 1rem; }
.card .figure {
  font-size: 2.2rem; font-weight: 650; letter-spacing: -0.02em; line-height: 1.15; margin: 0.5rem 0 0;
  font-variant-numeric: tabular-nums;
}
.card .figure small { font-size: 0.9rem; font-weight: 400; letter-spacing: 0; color: var(--soft); }
.card p { margin: 0.35rem 0 0; }
.change {
  display: inline-block; font-size: 0.95rem; font-weight: 600; letter-spacing: 0; margin-left: 0.5rem;
}
.better { color: var(--student); } .worse { color: var(--worse); }

.notes {
  background: var(--caution-tint); border-left: 4px solid var(--caution); border-radius: 0 10px 10px 0;
  padding: 0.9rem 1.2rem; margin: 1.4rem 0 0;
}
.notes h3 { font-size: 0.95rem; color: var(--caution); }
.notes ul { margin: 0.35rem 0 0; padding-left: 1.1rem; } .notes li { margin: 0.2rem 0; max-width: 80ch; }

.scroll {
  overflow-x: auto; -webkit-overflow-scrolling: touch; background: var(--sheet);
  border: 1px solid var(--rule); border-radius: 12px; margin: 1rem 0 0.6rem;
}
table { border-collapse: collapse; width: 100%; font-size: 0.88rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.28rem 0.5rem; text-align: right; white-space: nowrap; }
thead th {
  font-weight: 600; color: var(--soft); vertical-align: bottom; padding: 0.7rem 0.5rem 0.5rem;
  white-space: normal; line-height: 1.25; font-size: 0.8rem;
}
th:first-child { padding-left: 1rem; } td:last-child { padding-right: 1rem; }
th:first-child, td.model, thead th:nth-child(2) { text-align: left; }
tbody { border-top: 1px solid var(--rule); }
tbody th { font-weight: 650; vertical-align: top; position: sticky; left: 0; background: var(--sheet); }
tbody tr:first-child > * { padding-top: 0.6rem; } tbody tr:last-child > * { padding-bottom: 0.6rem; }
tbody.total, tbody.total th { background: var(--tint); }
tr.student td.model { color: var(--student); font-weight: 600; }
td.best { font-weight: 700; } td.best span { border-bottom: 2px solid var(--student); }
td i { font-style: normal; display: inline-block; width: 1.15em; font-size: 0.75em; text-align: right; }
th[title] { cursor: help; }

.chart { display: block; width: 100%; height: auto; font: 11px system-ui, sans-serif; }
.chart text { fill: var(--soft); }
.chart .tick { font-size: 10.5px; }
.chart .name { font-size: 12.5px; fill: var(--ink); }
.chart .total { font-weight: 700; }
.cameras { max-width: 46rem; margin: 0 auto; }
.grid { stroke: var(--rule); fill: none; stroke-width: 1; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.line.student { stroke: var(--student); stroke-width: 2.6; }
.line.baseline { stroke: var(--baseline); stroke-dasharray: 2 3.5; stroke-linecap: round; }
.line.teacher { stroke: var(--teacher); stroke-dasharray: 8 4; }
.point.student { fill: var(--student); stroke: var(--sheet); stroke-width: 1.2; }
.point.baseline { fill: var(--sheet); stroke: var(--baseline); stroke-width: 2; }
.point.teacher { fill: var(--teacher); stroke: var(--sheet); stroke-width: 1.2; }
.way { stroke: var(--student); opacity: 0.35; stroke-width: 5; stroke-linecap: round; fill: none; }
.way.down { stroke: var(--worse); }
.key { width: 34px; height: 14px; flex: none; }
.panel {
  background: var(--sheet); border: 1px solid var(--rule); border-radius: 12px; padding: 1.1rem 1.2rem;
}
.keys {
  display: flex; flex-wrap: wrap; gap: 0.3rem 1.4rem; margin: 0.7rem 0 0; padding: 0; list-style: none;
  font-size: 0.88rem; color: var(--soft);
}
.keys li { display: flex; align-items: center; gap: 0.5rem; }

.camera { border-top: 1px solid var(--rule); margin-top: 2.2rem; padding-top: 1.6rem; }
.camera > header {
  display: flex; flex-wrap: wrap; gap: 0.2rem 1rem; align-items: baseline; margin-bottom: 0.9rem;
}
.tag {
  font-size: 0.8rem; color: var(--caution); background: var(--caution-tint); border-radius: 99px;
  padding: 0.1rem 0.65rem;
}
.pair {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1.1rem;
}
.pair > .panel { align-self: start; padding: 0.9rem 1rem; }
@media (max-width: 46rem) { main { padding: 2rem 1rem 3rem; } }
figure { margin: 0; }
figcaption { margin-top: 0.5rem; font-size: 0.9rem; }
figcaption b { font-weight: 650; }
.picture { display: block; width: 100%; height: auto; border-radius: 8px; background: #222; }
.mark { fill: none; vector-effect: non-scaling-stroke; stroke-width: 1.8; stroke-linejoin: round; }
.halo {
  fill: none; vector-effect: non-scaling-stroke; stroke: #000; stroke-opacity: 0.5; stroke-width: 3.6;
  stroke-linejoin: round;
}
.right { stroke: var(--right); }
.false { stroke: var(--false); stroke-width: 2.4; }
.missed, .unsure { stroke: var(--missed); stroke-dasharray: 6 4; stroke-width: 2.4; }
.ignored { stroke: var(--aside); stroke-dasharray: 1.5 4; stroke-linecap: round; }
.seen { stroke: #fff; stroke-opacity: 0.55; stroke-width: 1; }
.right.solid { fill: var(--right); fill-opacity: 0.2; }
.false.solid { fill: var(--false); fill-opacity: 0.2; }
.hit { fill: transparent; stroke: none; }
.score {
  font-family: system-ui, sans-serif; font-weight: 600; fill: #fff; stroke: #000; stroke-opacity: 0.7;
  stroke-width: 0.22em; paint-order: stroke; stroke-linejoin: round; pointer-events: none;
}
.swatch { width: 30px; height: 18px; flex: none; background: #3a413e; border-radius: 4px; }
dl {
  display: grid; grid-template-columns: minmax(7rem, max-content) 1fr; gap: 0.35rem 1.2rem;
  margin: 0.8rem 0 0;
}
dt { font-weight: 650; } dd { margin: 0; max-width: 68ch; color: var(--soft); }
@media (max-width: 34rem) { dl { grid-template-columns: 1fr; gap: 0.1rem; } dd { margin-bottom: 0.6rem; } }
footer {
  margin-top: 3.5rem; padding-top: 1rem; border-top: 1px solid var(--rule); color: var(--soft);
  font-size: 0.86rem;
}
@media print { main { max-width: none; } .scroll { overflow: visible; } .camera { break-inside: avoid; } }
"""
