// What stands beside the picture: the selection, proposals, warnings, and the list of all slots.

import { parts } from "./names.js";
import { isAccepted, isHint, isProposal, isShown, readingWords } from "./slots.js";

const byId = (id) => document.getElementById(id);
const make = (tag, content = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), content);
  made.append(...children);
  return made;
};
const counted = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;
const percent = (score) => `${Math.round(score * 100)} %`;

const LIST_ORDER = new Intl.Collator(undefined, { numeric: true });

export class Panel {
  constructor(editor) {
    this.editor = editor;
    this.holdStill();
    const listed = (event) => {
      const button = event.target.closest("[data-keys]");
      if (!button) return;
      editor.pick(JSON.parse(button.dataset.keys), event.shiftKey || event.ctrlKey || event.metaKey);
      if (event.detail) editor.svg.focus({ preventScroll: true });
    };
    byId("list").addEventListener("click", listed);
    byId("warning-list").addEventListener("click", listed);
    byId("proposal-rows").addEventListener("click", (event) => {
      const { row, status } = event.target.dataset;
      if (row !== undefined) editor.deeds.judgeRow(row, status);
    });
    byId("one-id").addEventListener("change", (event) => editor.deeds.rename(event.target.value));
    byId("one-id").addEventListener("keydown", (event) => {
      if (event.key === "Enter") editor.svg.focus();
    });
    byId("hints").addEventListener("change", (event) => editor.setHints(event.target.checked));
    byId("renumber").addEventListener("submit", (event) => {
      event.preventDefault();
      editor.deeds.renumber(byId("many-prefix").value, byId("many-start").value, byId("many-turn").checked);
    });
    byId("row-form").querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      editor.drafting.finish();
    });
    for (const name of ["count", "prefix", "start", "turn"]) byId(`row-${name}`).addEventListener("input", () => editor.drafting.rowChanged());
  }

  /** While a button is pressed nothing is put in its place: the click would go to neither. */
  holdStill() {
    document.querySelector("aside").addEventListener("pointerdown", () => (this.pressed = true));
    for (const kind of ["pointerup", "pointercancel"]) {
      document.addEventListener(kind, () => {
        if (!this.pressed) return;
        setTimeout(() => { // after the click, which follows
          this.pressed = false;
          if (this.waiting) this.update();
        });
      });
    }
  }

  update() {
    this.waiting = this.pressed;
    if (this.waiting) return;
    const { editor } = this;
    const { state, only } = editor;
    const chosen = editor.slots.filter((slot) => state.selected.includes(slot.key));
    for (const button of document.querySelectorAll("[data-tool]")) {
      button.setAttribute("aria-pressed", button.dataset.tool === editor.tool);
    }
    byId("row-form").hidden = !(state.draft?.kind === "row" && state.draft.points.length === 4);
    byId("one").hidden = !only;
    byId("many").hidden = chosen.length < 2;
    byId("edit").hidden = !chosen.length;
    byId("many-title").textContent = `${chosen.length} slots`;
    byId("many-proposals").hidden = !chosen.some((slot) => !isAccepted(slot));
    document.querySelector("[data-act=undo]").disabled = !editor.history.past.length;
    document.querySelector("[data-act=redo]").disabled = !editor.history.future.length;
    if (only) this.one(only);
    if (chosen.length > 1) this.many(chosen);
    this.proposals();
    this.warnings();
    this.list();
  }

  /** The prefix that is offered for renumbering is the one that they have. */
  many(chosen) {
    const meant = chosen.map((slot) => slot.key).join();
    if (this.meant === meant) return;
    this.meant = meant;
    byId("many-prefix").value = parts(chosen[0].id).prefix;
  }

  one(slot) {
    const { editor } = this;
    const field = byId("one-id");
    if (document.activeElement !== field || field.dataset.key !== String(slot.key)) field.value = slot.id;
    field.dataset.key = slot.key;
    const { evidence } = slot;
    const seen = evidence
      ? ` ${counted(evidence.stays, "stay")} of cars in ${counted(evidence.frames, "frame")} on ${counted(evidence.days, "day")}; ${percent(evidence.score)} sure.`
      : "";
    byId("one-evidence").textContent = (isAccepted(slot) ? "" : `${slot.status}${slot.row ? `, row ${slot.row}` : ""}.`) + seen;
    byId("one-evidence").hidden = !byId("one-evidence").textContent;
    byId("one-proposal").hidden = isAccepted(slot);
    byId("one-frames").replaceChildren(
      ...editor.frames.map((frame, i) => {
        const reading = editor.readings.get(slot.key)?.[i];
        const mark = make("span", { className: `mark ${reading?.state ?? ""}` });
        const item = make("li", { title: frame.name || frame.taken || "" }, mark, reading ? readingWords(reading) : "not read");
        item.classList.toggle("shown", i === editor.frame);
        return item;
      }),
    );
  }

  proposals() {
    const { editor } = this;
    const waiting = editor.slots.filter(isProposal);
    const hints = editor.slots.filter(isHint);
    byId("proposals").hidden = !waiting.length && !hints.length;
    if (byId("proposals").hidden) return;
    const inferred = waiting.filter((slot) => slot.status === "inferred").length;
    byId("proposals-text").textContent = waiting.length
      ? `${counted(waiting.length, "slot")}${inferred ? `, ${inferred} of them without a car so far` : ""}. None counts before you accept it.`
      : "Nothing waits to be accepted.";
    byId("hints-label").hidden = !hints.length;
    byId("hints-text").textContent = counted(hints.length, "car") + " seen once, in an aisle, or never gone";
    document.querySelector("[data-act=accept-all]").hidden = !waiting.length;
    const chosenRow = editor.chosenRow;
    const acceptRow = document.querySelector("[data-act=accept-row]");
    acceptRow.hidden = chosenRow === null;
    acceptRow.textContent = `Accept row ${chosenRow}`;
    const rows = new Map();
    for (const slot of waiting) if (slot.row !== null) rows.set(slot.row, (rows.get(slot.row) ?? 0) + 1);
    this.replace(byId("proposal-rows"),
      [...rows].map(([row, count]) => {
        const yes = make("button", { type: "button", textContent: "Accept" });
        const no = make("button", { type: "button", textContent: "Reject" });
        for (const [button, status] of [[yes, "accepted"], [no, "rejected"]]) {
          Object.assign(button.dataset, { row, status });
          button.setAttribute("aria-label", `${button.textContent} row ${row}`);
        }
        return make("li", {}, make("span", { textContent: `Row ${row}: ${count}` }), yes, no);
      }),
    );
  }

  warnings() {
    const { editor } = this;
    byId("warnings").hidden = !editor.problems.length;
    this.replace(byId("warning-list"), editor.problems.map(({ keys, why }) => {
      const button = make("button", { type: "button", textContent: why });
      button.dataset.keys = JSON.stringify(keys);
      return make("li", {}, button);
    }));
  }

  list() {
    const { editor } = this;
    const slots = editor.slots.filter((slot) => isShown(slot, editor.showHints)).sort((a, b) => LIST_ORDER.compare(a.id, b.id));
    const accepted = slots.filter(isAccepted);
    const states = accepted.map((slot) => editor.reading(slot.key)?.state);
    const [free, occupied] = ["free", "occupied"].map((state) => states.filter((one) => one === state).length);
    byId("counts").textContent = slots.length
      ? `${accepted.length}${editor.frames.length ? `: ${free} free, ${occupied} occupied` : ""}`
      : "none yet";
    byId("unread").textContent = editor.unread ? `How they would be read is not known: ${editor.unread}.` : "";
    byId("unread").hidden = !editor.unread;
    this.replace(byId("list"), slots.map((slot) => {
      const reading = editor.reading(slot.key);
      const all = editor.readings.get(slot.key) ?? [];
      const taken = all.filter((one) => one?.state === "occupied").length;
      const mark = make("span", { className: `mark ${isAccepted(slot) ? (reading?.state ?? "") : "proposal"}` });
      const words = isAccepted(slot) ? "" : `${slot.status}; `;
      const told = reading ? `${words}${readingWords(reading)}${all.length > 1 ? `, ${taken}/${all.length}` : ""}` : words.replace("; ", "");
      const button = make("button", { type: "button" }, mark, slot.id, make("span", { className: "read", textContent: told }));
      if (all.length > 1) button.title = `occupied on ${taken} of ${all.length} frames`;
      button.dataset.keys = JSON.stringify([slot.key]);
      button.setAttribute("aria-pressed", editor.state.selected.includes(slot.key));
      return make("li", {}, button);
    }));
  }

  /** New content of a list; what had the focus has it again. */
  replace(list, items) {
    const html = items.map((item) => item.outerHTML).join("");
    if (html === list.innerHTML) return;
    const focused = list.contains(document.activeElement) ? document.activeElement.dataset.keys : null;
    list.replaceChildren(...items);
    if (focused) list.querySelector(`[data-keys="${CSS.escape(focused)}"]`)?.focus();
  }
}
