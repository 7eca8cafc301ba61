// Keeps the parts of a page up to date while nobody works on them, and ticks all of a list. Inlined into each page,
// which works without it too.
"use strict";
const PERIOD_MS = 10000;
const lost = document.getElementById("lost");
let heard = new Date();
const served = new Map(); // what the hub has sent last for each part
function busy(part) {
  return part.contains(document.activeElement) || part.querySelector("input:checked") !== null;
}
function arm(root) {
  for (const button of root.querySelectorAll("[data-all]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const boxes = [...button.form.querySelectorAll("input[name=target]")];
      const tick = boxes.some((box) => !box.checked);
      for (const box of boxes) box.checked = tick;
    });
  }
}
function show(next) {
  // What the first camera brings stands outside of the parts.
  if (document.querySelector("[data-first]") && !next.querySelector("[data-first]")) location.reload();
  for (const part of document.querySelectorAll("[data-part]")) {
    const other = next.querySelector(`[data-part="${CSS.escape(part.dataset.part)}"]`);
    if (!other || busy(part) || served.get(part) === other.innerHTML) continue;
    served.set(part, part.innerHTML = other.innerHTML);
    arm(part);
  }
}
async function load() {
  if (!document.hidden) {
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" }, signal: AbortSignal.timeout(8000) });
      if (answer.redirected) { location.reload(); return; } // the sign-in has ended
      if (!answer.ok) throw new Error(answer.status);
      show(new DOMParser().parseFromString(await answer.text(), "text/html"));
      heard = new Date();
      document.body.classList.remove("lost");
    } catch (error) {
      lost.textContent = document.body.dataset.lost.replace("{time}", heard.toLocaleTimeString());
      document.body.classList.add("lost");
    }
  }
  setTimeout(load, PERIOD_MS);
}
if (document.querySelector("[data-part]")) setTimeout(load, PERIOD_MS);
for (const part of document.querySelectorAll("[data-part]")) served.set(part, part.innerHTML);
arm(document);
