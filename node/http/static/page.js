// Keeps the operators' page up to date. Inlined into the page, which needs no other file.
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
  await load();
  setTimeout(refresh, 4000);
}
async function load() {
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
}
async function ask(camera, path, options) {
  const answer = await fetch(`api/v1/cameras/${encodeURIComponent(camera)}/${path}`, options);
  if (!answer.ok) alert((await answer.json()).error);
  await load();
}
document.addEventListener("click", async (event) => {
  const { accept, ignore, undo, box, region } = event.target.dataset;
  if (accept && confirm(`Is what ${accept} sees right as it is? Its slots must lie where the places are.`)) {
    await ask(accept, "accept-view", { method: "POST" });
  } else if (ignore) {
    event.target.disabled = true;
    await ask(ignore, `ignore-regions?box=${box}`, { method: "POST" });
  } else if (undo) {
    event.target.disabled = true;
    await ask(undo, `ignore-regions/${region}`, { method: "DELETE" });
  }
});
setTimeout(refresh, 4000);
