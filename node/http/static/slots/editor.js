// The editor: what is drawn, selected, previewed, and every deed on it. Deeds go through the history, so that each can
// be undone; what happens while a finger or the mouse is still down is only shown.

import { Drawing } from "./drawing.js";
import { filledRow, translated, uncrossed } from "./geometry.js";
import { History } from "./history.js";
import { nextId, nextRow, parts, sequence } from "./names.js";
import {
  copied, drawn, inOrder, isAccepted, isProposal, isShown, mirroredSlots, moved, removed, renamed, renumbered, reshaped,
  withStatus,
} from "./slots.js";
import { Trial } from "./trial.js";
import { View } from "./view.js";

const EMPTY = { slots: [], draft: null, selected: [], point: null };
const BESIDE_PX = 24; // A copy lies so far beside the original that both can be seen.
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
    this.remembered = [];
    this.picture = null;
    this.prefix = "";
    this.rowNext = null;
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
      const told = reading ? `, would be ${reading.state}, ${Math.round(reading.score * 100)} %` : "";
      const corner = point === null ? "" : `, corner ${point + 1} of ${slot.polygon.length}`;
      this.page.say(`Slot ${slot.id}${isAccepted(slot) ? "" : `, ${slot.status}`}${told}${corner}`);
    } else if (keys.length) this.page.say(`${keys.length} slots selected`);
    if (keys.length < 2 && !this.holdMore) this.selectMore = this.selectMore && keys.length > 0;
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
    if (this.state.draft && this.state.draft.kind !== name) this.cancel();
    this.tool = name;
    this.cross = this.pointer = null;
    if (name !== "select") this.select([]);
    this.changed();
  }

  setHints(shown) {
    this.showHints = shown;
    this.redraw(true);
  }

  // Drawing

  follow(at) {
    this.pointer = at;
    this.redraw();
  }

  place(at) {
    if (this.tool === "select") return;
    const point = at.map((one) => Math.max(-0.5, Math.min(1.5, one)));
    const points = [...(this.state.draft?.points ?? []), point];
    if (points.length > 4) return;
    this.do("corner", { draft: { kind: this.tool, points }, selected: [] });
    if (points.length < 4) return;
    if (this.tool === "slot") this.finish();
    else {
      this.page.rowReady(this.rowSuggestion());
      this.changed();
    }
  }

  /** How the next row is called: as the last one was filled, its numbers or letters going on. */
  rowSuggestion() {
    const ids = this.state.slots.map((slot) => slot.id);
    if (this.rowNext) return { ...this.rowNext, count: this.row.count };
    const next = parts(nextId(this.prefix, ids));
    return { prefix: next.prefix, start: next.digits, count: this.row.count };
  }

  rowChanged() {
    this.trial.soon();
    this.redraw();
  }

  /** End a slot that has three corners or more, or fill a row that has four. */
  finish() {
    const { draft, slots } = this.state;
    if (!draft) return;
    if (draft.kind === "slot") {
      if (draft.points.length < 3) return;
      const polygon = draft.points.length === 4 ? uncrossed(draft.points) : draft.points;
      const id = nextId(this.prefix, slots.map((slot) => slot.id));
      const made = drawn(id, polygon, this.picture?.hash ?? null);
      this.complete(`draw slot ${id}`, { slots: [...slots, made], draft: null, selected: [made.key] });
      return;
    }
    const { count, prefix, start } = this.row;
    if (draft.points.length < 4 || !(count > 0)) return;
    const ids = this.rowIds;
    const made = filledRow(draft.points, count).map((polygon, i) => drawn(ids[i], polygon, this.picture?.hash ?? null));
    this.prefix = prefix;
    this.rowNext = nextRow(prefix, start, count);
    this.complete(`fill a row of ${count}`, { slots: [...slots, ...made], draft: null, selected: made.map((slot) => slot.key) });
    this.svg.focus({ preventScroll: true });
  }

  /** The corners that were put one by one and what they became are undone as one. */
  complete(label, change) {
    const begun = this.history.past.findLastIndex(({ state }) => !state.draft);
    this.do(label, change);
    this.history.collapse(begun + 1, label);
    this.page.say(label);
    this.redraw(true);
  }

  cancel() {
    if (this.state.draft) this.do("give up drawing", { draft: null });
  }

  /** The cross that arrows move, and Enter puts a corner at. */
  moveCross(dx, dy) {
    const step = this.view.shares(this.view.scale); // one pixel of the picture
    const from = this.cross ?? this.draftPoints.at(-1) ?? this.view.middle;
    this.cross = [from[0] + dx * step[0], from[1] + dy * step[1]];
    this.pointer = this.cross;
    this.redraw();
  }

  enter() {
    const full = this.state.draft?.kind === "row" && this.state.draft.points.length === 4;
    if (this.tool === "select") this.judge("accepted");
    else if (full || (!this.cross && this.state.draft)) this.finish();
    else this.place((this.cross ??= [...this.view.middle]));
  }

  // Changing

  previewMove(dx, dy) {
    const { slots, selected } = this.state;
    this.preview = moved(slots, selected, dx, dy, this.picture?.hash ?? null);
    this.previewed(`move ${this.chosen.length === 1 ? `slot ${this.chosen[0].id}` : `${this.chosen.length} slots`}`);
  }

  previewPoint(slot, index, dx, dy, added) {
    const { slots } = this.state;
    const before = slots.find((one) => one.key === slot.key).polygon;
    const polygon = [...before];
    if (added) {
      const [a, b] = [before[index - 1], before[index % before.length]];
      polygon.splice(index, 0, [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]);
    }
    polygon[index] = translated([polygon[index]], dx, dy)[0];
    this.preview = reshaped(slots, slot.key, polygon, this.picture?.hash ?? null);
    this.previewed(added ? `bend slot ${slot.id}` : `move a corner of slot ${slot.id}`);
  }

  previewCorner(index, dx, dy) {
    this.draftPreview = this.state.draft.points.map((point, i) => (i === index ? translated([point], dx, dy)[0] : point));
    this.previewed("move a corner");
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

  nudge(dx, dy, repeated) {
    const step = this.view.shares(this.view.scale);
    const [x, y] = [dx * step[0], dy * step[1]];
    const { slots, selected, point } = this.state;
    const slot = this.only;
    const hash = this.picture?.hash ?? null;
    const polygon = slot && point !== null ? slot.polygon.map((at, i) => (i === point ? [at[0] + x, at[1] + y] : at)) : null;
    const next = polygon ? reshaped(slots, slot.key, polygon, hash) : moved(slots, selected, x, y, hash);
    // A key that is held is one deed.
    const key = `nudge ${selected} ${point}`;
    if (!repeated) this.history.entry.key = "";
    this.do(polygon ? "move a corner" : "move slots", { slots: next, point }, key);
  }

  delete() {
    const { draft, slots, selected, point } = this.state;
    const slot = this.only;
    if (draft) {
      this.undo();
      return;
    }
    if (slot && point !== null) this.deletePoint(slot, point);
    else if (selected.length) {
      const what = slot ? `slot ${slot.id}` : `${selected.length} slots`;
      this.do(`delete ${what}`, { slots: removed(slots, selected), selected: [] });
      this.page.say(`Deleted ${what}`);
    }
  }

  deletePoint(slot, point) {
    if (slot.polygon.length < 4) {
      this.page.say("A slot needs three corners");
      return;
    }
    const polygon = slot.polygon.filter((_, i) => i !== point);
    this.do(`delete a corner of slot ${slot.id}`, { slots: reshaped(this.state.slots, slot.key, polygon, this.picture?.hash ?? null) });
  }

  rename(id) {
    const slot = this.only;
    const name = id.trim();
    if (!slot || !name || name === slot.id) {
      this.redraw(true);
      return;
    }
    this.do(`call slot ${slot.id} ${name}`, { slots: renamed(this.state.slots, slot.key, name) });
  }

  renumber(prefix, start, turn) {
    const keys = inOrder(this.state.slots, this.state.selected, this.aspect);
    if (turn) keys.reverse();
    this.do(`renumber ${keys.length} slots`, { slots: renumbered(this.state.slots, keys, prefix, start) });
  }

  remember() {
    this.remembered = this.chosen;
    this.page.say(`Copied ${this.remembered.length}; Ctrl-V puts them beside`);
  }

  paste() {
    this.putCopies(this.remembered);
  }

  copy() {
    this.putCopies(this.chosen);
  }

  putCopies(originals) {
    if (!originals.length) return;
    const [dx, dy] = this.view.shares(BESIDE_PX);
    const made = copied(this.state.slots, originals, dx, dy, this.picture?.hash ?? null);
    this.remembered = made;
    const what = made.length === 1 ? `slot ${originals[0].id}` : `${made.length} slots`;
    this.do(`copy ${what}`, { slots: [...this.state.slots, ...made], selected: made.map((slot) => slot.key) });
  }

  mirror(axis) {
    const { slots, selected } = this.state;
    if (selected.length) this.do("mirror", { slots: mirroredSlots(slots, selected, axis, this.picture?.hash ?? null) });
  }

  /** Accept or reject what is selected and is no slot yet. */
  judge(status) {
    const keys = this.chosen.filter((slot) => !isAccepted(slot)).map((slot) => slot.key);
    if (keys.length) this.judged(keys, status);
  }

  judgeAll() {
    this.judged(this.state.slots.filter(isProposal).map((slot) => slot.key), "accepted");
  }

  judgeRow(row, status) {
    this.judged(this.state.slots.filter((slot) => isProposal(slot) && slot.row === row).map((slot) => slot.key), status);
  }

  judged(keys, status) {
    if (!keys.length) return;
    const label = `${status === "accepted" ? "accept" : "reject"} ${keys.length === 1 ? "a proposal" : `${keys.length} proposals`}`;
    const selected = status === "rejected" ? this.state.selected.filter((key) => !keys.includes(key)) : this.state.selected;
    this.do(label, { slots: withStatus(this.state.slots, keys, status), selected });
    this.page.say(label);
  }

  escape() {
    if (this.state.draft) this.cancel();
    else if (this.tool !== "select") this.setTool("select");
    else if (this.state.point !== null) this.select(this.state.selected);
    else this.select([]);
    this.selectMore = false;
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
    this.page.openMenu(at, this.actions(on, at));
  }

  /** What can be done with what lies under a place. */
  actions(on, at) {
    const actions = [];
    const add = (label, act) => actions.push({ label, act });
    if (on.point !== undefined) add("Delete this corner", () => this.deletePoint(on.slot, on.point));
    if (on.slot) {
      if (this.chosen.some((slot) => !isAccepted(slot))) {
        add("Accept", () => this.judge("accepted"));
        if (this.chosenRow !== null) add(`Accept row ${this.chosenRow}`, () => this.judgeRow(this.chosenRow, "accepted"));
        add("Reject", () => this.judge("rejected"));
      }
      add("Copy", () => this.copy());
      add("Select more", () => this.startSelecting());
      add(this.chosen.length > 1 ? `Delete ${this.chosen.length} slots` : "Delete", () => {
        this.history.amend({ point: null });
        this.delete();
      });
    } else {
      add("Draw a slot from here", () => this.drawFrom("slot", at));
      add("Fill a row from here", () => this.drawFrom("row", at));
      if (this.remembered.length) add("Paste", () => this.paste());
      add("Select by a box", () => this.startSelecting());
      add("Select all", () => this.selectAll());
      add("Whole picture", () => this.view.fit());
    }
    return actions;
  }

  drawFrom(tool, at) {
    this.setTool(tool);
    this.place(this.view.toShares(...at));
  }

  /** On touch: taps add to the selection, and a finger draws a box, until Esc or a tap beside. */
  startSelecting() {
    this.selectMore = true;
    this.page.hint("Tap slots, or draw a box; tap an empty place to end");
  }
}
