// The editor: what is drawn, selected, previewed, and every deed on it. Deeds go through the history, so that each can
// be undone; what happens while a finger or the mouse is still down is only shown.

import { actions } from "./actions.js";
import { Deeds } from "./deeds.js";
import { Drafting } from "./drafting.js";
import { Drawing } from "./drawing.js";
import { filledRow } from "./geometry.js";
import { History } from "./history.js";
import { sequence } from "./names.js";
import { drawn, isAccepted, isProposal, isShown, readingWords } from "./slots.js";
import { Trial } from "./trial.js";
import { View } from "./view.js";

const EMPTY = { slots: [], draft: null, selected: [], point: null };
const HINTS = {
  select: "",
  slot: ["Click the first corner of the slot", "Second corner", "Third corner", "Fourth corner; Enter ends with three"],
  row: ["Click the row's first corner, at the end where counting begins", "Second corner: along the front to the other end", "Third corner: behind that one", "Fourth corner: behind the first", "Say how many slots, then Fill. Corners can be dragged"],
};

export class Editor {
  /** `page` gives what lies outside of the picture: the panel, dialogs, saving. */
  constructor(svg, page) {
    this.svg = svg;
    this.page = page;
    this.history = new History(EMPTY);
    this.tool = "select";
    this.preview = null;
    this.draftPreview = null;
    this.pointer = this.band = this.cross = null;
    this.showHints = this.coarse = this.selectMore = false;
    this.theirs = [];
    this.picture = null;
    this.deeds = new Deeds(this);
    this.drafting = new Drafting(this);
    this.drawing = new Drawing(svg);
    this.trial = new Trial(page.camera, () => this.asked, () => this.redraw(true));
    this.view = new View(svg, () => {
      this.redraw();
      page.zoomed(this.view.zoom);
    });
  }

  get state() {
    return this.history.state;
  }

  get slots() {
    return this.preview ?? this.state.slots;
  }

  /** The slot that alone is selected. */
  get only() {
    const { selected } = this.state;
    return selected.length === 1 ? (this.slots.find((slot) => slot.key === selected[0]) ?? null) : null;
  }

  get chosen() {
    return this.state.slots.filter((slot) => this.state.selected.includes(slot.key));
  }

  get draftPoints() {
    return this.draftPreview ?? this.state.draft?.points ?? [];
  }

  get aspect() {
    return this.view.size[0] / this.view.size[1];
  }

  get chosenRow() {
    const rows = new Set(this.chosen.filter(isProposal).map((slot) => slot.row));
    return rows.size === 1 ? [...rows][0] : null;
  }

  get row() {
    return this.page.row();
  }

  get rowIds() {
    const { prefix, start, count, turn } = this.row;
    const ids = sequence(prefix, start, count);
    return turn ? ids.reverse() : ids;
  }

  /** What the server is asked to read: all that is shown, and what is being drawn. */
  get asked() {
    const shown = this.slots.filter((slot) => isAccepted(slot) || isProposal(slot));
    const { draft } = this.state;
    const points = this.draftPoints;
    if (draft?.kind === "row" && points.length === 4) {
      const ids = this.rowIds;
      return [...shown, ...filledRow(points, this.row.count).map((polygon, i) => ({ ...drawn(ids[i], polygon, null), key: `draft ${i}` }))];
    }
    return shown;
  }

  get frame() {
    return this.trial.frameOf(this.picture?.name);
  }

  get frames() {
    return this.trial.frames;
  }

  get readings() {
    return this.trial.readings;
  }

  get problems() {
    return this.trial.problems;
  }

  get unread() {
    return this.trial.unread;
  }

  get wrong() {
    return this.trial.wrong;
  }

  reading(key) {
    return this.readings.get(key)?.[this.frame] ?? null;
  }

  // Shown and told

  redraw(panel = false) {
    this.due ??= requestAnimationFrame(() => {
      this.due = null;
      if (this.picture) this.drawing.draw(this);
      if (this.duePanel) this.page.update();
      this.duePanel = false;
    });
    this.duePanel ||= panel;
  }

  changed() {
    this.preview = this.draftPreview = null;
    const { draft } = this.state;
    if (draft && draft.kind !== this.tool) this.tool = draft.kind;
    const hints = HINTS[this.tool];
    this.page.hint(hints && hints[draft?.points.length ?? 0]);
    this.trial.soon();
    this.page.changed();
    this.redraw(true);
  }

  do(label, change, key = "") {
    this.history.do(label, { ...this.state, point: null, ...change }, key);
    this.changed();
  }

  undo() {
    this.stepped("Undone", this.history.undo());
  }

  redo() {
    this.stepped("Done again", this.history.redo());
  }

  stepped(what, label) {
    this.page.say(label ? `${what}: ${label}` : "Nothing to undo");
    this.changed();
  }

  // Selecting

  select(keys, point = null) {
    this.history.amend({ selected: keys, point });
    const slot = this.only;
    if (slot) {
      const reading = this.reading(slot.key);
      const told = reading ? `, would be ${readingWords(reading)}` : "";
      const corner = point === null ? "" : `, corner ${point + 1} of ${slot.polygon.length}`;
      this.page.say(`Slot ${slot.id}${isAccepted(slot) ? "" : `, ${slot.status}`}${told}${corner}`);
    } else if (keys.length) this.page.say(`${keys.length} slots selected`);
    if (!keys.length) this.endSelecting();
    this.page.selected();
    this.redraw(true);
  }

  toggle(key) {
    const { selected } = this.state;
    this.select(selected.includes(key) ? selected.filter((one) => one !== key) : [...selected, key]);
  }

  /** From the list: select, and bring into view. */
  pick(keys, add) {
    if (this.tool !== "select") this.setTool("select");
    if (add) keys.forEach((key) => this.toggle(key));
    else this.select(keys);
    if (this.only) this.view.reveal(this.only.polygon[0]);
  }

  selectAll() {
    this.setTool("select");
    this.select(this.slots.filter((slot) => isShown(slot, this.showHints)).map((slot) => slot.key));
  }

  /** The next slot, or the one before; false at the end, where the focus goes on. */
  walk(step) {
    if (this.tool !== "select") return false;
    const keys = this.page.order();
    const at = keys.indexOf(this.state.selected.at(-1));
    const next = at < 0 ? (step > 0 ? 0 : keys.length - 1) : at + step;
    if (next < 0 || next >= keys.length) return false;
    this.pick([keys[next]], false);
    return true;
  }

  nextPoint() {
    const slot = this.only;
    if (slot) this.select([slot.key], this.state.point === null ? 0 : (this.state.point + 1) % slot.polygon.length);
  }

  setTool(name) {
    if (this.state.draft && this.state.draft.kind !== name) this.drafting.cancel();
    this.tool = name;
    this.cross = this.pointer = null;
    if (name !== "select") this.select([]);
    this.changed();
  }

  setHints(shown) {
    this.showHints = shown;
    this.redraw(true);
  }

  // Shown while a finger or the mouse is down

  follow(at) {
    this.pointer = at;
    this.redraw();
  }

  previewed(label) {
    this.previewLabel = label;
    this.trial.soon();
    this.redraw();
  }

  commitPreview() {
    const { preview, draftPreview } = this;
    if (preview) this.do(this.previewLabel, { slots: preview });
    else if (draftPreview) this.do(this.previewLabel, { draft: { ...this.state.draft, points: draftPreview } });
  }

  dropPreview() {
    if (!this.preview && !this.draftPreview) return;
    this.preview = this.draftPreview = null;
    this.trial.soon();
    this.redraw();
  }

  escape() {
    if (this.state.draft) this.drafting.cancel();
    else if (this.tool !== "select") this.setTool("select");
    else if (this.state.point !== null) this.select(this.state.selected);
    else this.select([]);
    this.endSelecting();
    this.cross = null;
    this.follow(null);
  }

  showBand(band) {
    this.band = band;
    this.redraw();
  }

  // What the page does

  help() {
    this.page.help();
  }

  save() {
    this.page.save();
  }

  closeMenu() {
    this.page.closeMenu();
  }

  openMenu(at, on) {
    if (on.slot && !this.state.selected.includes(on.slot.key)) this.select([on.slot.key], on.point ?? null);
    this.page.openMenu(at, actions(this, on, at));
  }

  drawFrom(tool, at) {
    this.setTool(tool);
    this.drafting.place(this.view.toShares(...at));
  }

  /** On touch: taps add to the selection, and a finger draws a box, until Esc or a tap beside. */
  startSelecting() {
    this.selectMore = true;
    this.page.hint("Tap slots, or draw a box; tap an empty place to end");
  }

  endSelecting() {
    if (!this.selectMore) return;
    this.selectMore = false;
    this.page.hint("");
  }
}
