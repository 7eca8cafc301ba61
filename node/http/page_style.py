"""Looks and refreshing of the operators' page; both stand in the page itself."""

STYLE = """
:root { color-scheme: light dark; --ground: #f3f5f4; --card: #fff; --text: #16201c; --soft: #5c6863; --line: #dbe1de;
  --free: #12824c; --occupied: #c8372d; --unknown: #8b9691; --alarm-text: #8f1d15; --alarm: #fdeceb; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #101513; --card: #1a211e; --text: #e8eeeb; --soft: #9caaa4; --line: #2c3632;
    --free: #3ecf86; --occupied: #ff7a6e; --unknown: #7f8c86; --alarm-text: #ffb4ac; --alarm: #3a1917; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.45 system-ui, sans-serif; }
main { max-width: 1200px; margin: 0 auto; padding: 16px; }
header { display: flex; justify-content: space-between; align-items: baseline; gap: 16px; flex-wrap: wrap; }
h1 { font-size: 1.15rem; margin: 0; }
h2 { font-size: 1rem; margin: 28px 0 10px; }
h3 { font-size: 1rem; margin: 0; }
p { margin: 0; }
.soft { color: var(--soft); font-size: .875rem; }
.hero { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 20px; margin: 12px 0;
  display: flex; flex-wrap: wrap; align-items: center; gap: 8px 36px; }
.figure { display: flex; align-items: baseline; gap: 12px; }
.figure b { font-size: clamp(4rem, 16vw, 6.5rem); line-height: 1; color: var(--free); letter-spacing: -.03em;
  font-variant-numeric: tabular-nums; }
.figure span { font-size: 1.25rem; }
.figure small { display: block; color: var(--soft); font-size: .875rem; }
.share { flex: 1 1 260px; }
.bar { display: block; width: 100%; height: 14px; border-radius: 7px; background: var(--line); margin-bottom: 10px; }
.slim { height: 6px; border-radius: 3px; margin: 8px 0; }
rect.free { fill: var(--free); } rect.occupied { fill: var(--occupied); } rect.unknown { fill: var(--unknown); }
.counts { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 2px 18px; }
.counts li::before { content: ""; display: inline-block; width: 10px; height: 10px; border-radius: 2px;
  margin-right: 6px; background: var(--unknown); }
.counts .free::before { background: var(--free); } .counts .occupied::before { background: var(--occupied); }
.alarms { list-style: none; margin: 0; padding: 0; }
.alarms li { background: var(--alarm); color: var(--alarm-text); border-left: 4px solid var(--occupied);
  border-radius: 6px; padding: 10px 14px; margin-top: 8px; overflow-wrap: anywhere; }
.cameras { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 340px), 1fr)); gap: 14px; }
.camera { background: var(--card); border: 1px solid var(--line); border-radius: 12px; overflow: hidden; }
.camera img { display: block; width: 100%; height: auto; aspect-ratio: auto 4 / 3; background: var(--line); }
.camera .none { display: grid; place-items: center; aspect-ratio: 4 / 3; background: var(--line); color: var(--soft);
  padding: 16px; text-align: center; }
.about { padding: 12px 14px 14px; }
.about > div { display: flex; justify-content: space-between; align-items: baseline; gap: 8px; }
.wrong { color: var(--alarm-text); font-weight: 600; font-size: .875rem; margin-top: 6px; overflow-wrap: anywhere; }
.state { font-size: .8rem; border-radius: 99px; padding: 1px 10px; border: 1px solid currentColor; color: var(--free); }
.state.bad { color: var(--occupied); }
button { font: inherit; margin-top: 8px; padding: 8px 14px; border-radius: 8px; border: 1px solid var(--soft);
  background: var(--card); color: var(--text); cursor: pointer; }
table { width: 100%; border-collapse: collapse; background: var(--card); border: 1px solid var(--line);
  border-radius: 12px; border-spacing: 0; }
th, td { text-align: left; padding: 8px 12px; border-top: 1px solid var(--line); vertical-align: top; }
thead th { color: var(--soft); font-weight: 500; font-size: .875rem; border-top: 0; }
.scroll { overflow-x: auto; } time, .change { white-space: nowrap; font-variant-numeric: tabular-nums; }
.free-text { color: var(--free); } .occupied-text { color: var(--occupied); }
footer { margin: 28px 0 8px; }
#lost { display: none; position: sticky; top: 0; z-index: 1; background: #a3241b; color: #fff; padding: 10px 16px;
  font-weight: 600; text-align: center; }
.lost #lost { display: block; } .lost main { opacity: .45; filter: grayscale(1); }
@media (max-width: 480px) { main { padding: 12px; } .hero { padding: 16px; } th, td { padding: 7px 6px; }
  table { font-size: .875rem; } }
"""

SCRIPT = """
"use strict";
let heard = new Date();
const lost = document.getElementById("lost");
function show(next) {
  const cameras = (page) => [...page.querySelectorAll(".camera")].map((c) => c.id + !!c.querySelector("img")).join();
  if (cameras(document) !== cameras(next)) { location.reload(); return; }
  document.title = next.title;
  for (const part of document.querySelectorAll("[data-part]")) {
    const other = next.querySelector(`[data-part="${CSS.escape(part.dataset.part)}"]`);
    if (other && part.innerHTML !== other.innerHTML) part.innerHTML = other.innerHTML;
  }
  for (const image of document.querySelectorAll(".camera img")) {
    const other = next.getElementById(image.closest(".camera").id).querySelector("img");
    if (image.getAttribute("src") !== other.getAttribute("src")) image.setAttribute("src", other.getAttribute("src"));
  }
}
async function refresh() {
  if (!document.hidden) {
    try {
      const answer = await fetch(location.pathname, { signal: AbortSignal.timeout(8000) });
      if (!answer.ok) throw new Error(answer.status);
      show(new DOMParser().parseFromString(await answer.text(), "text/html"));
      heard = new Date();
      document.body.classList.remove("lost");
    } catch (error) {
      lost.textContent = `No answer from the node since ${heard.toLocaleTimeString()}: all below is old.`;
      document.body.classList.add("lost");
    }
  }
  setTimeout(refresh, 4000);
}
document.addEventListener("click", async (event) => {
  const camera = event.target.dataset.accept;
  if (!camera || !confirm(`Is what ${camera} sees right as it is? Its slots must lie where the places are.`)) return;
  const answer = await fetch(`api/v1/cameras/${encodeURIComponent(camera)}/accept-view`, { method: "POST" });
  if (!answer.ok) alert((await answer.json()).error);
});
setTimeout(refresh, 4000);
"""
