// Drawing slots corner by corner, and rows from their corners. Corners are undone one by one until the slot is whole;
// then it goes as one.

import { filledRow, translated, uncrossed } from "./geometry.js";
import { nextId, nextRow, parts } from "./names.js";
import { drawn } from "./slots.js";

export class Drafting {
  constructor(editor) {
    this.editor = editor;
    this.prefix = "";
    this.rowNext = null;
  }

  place(at) {
    if (this.editor.tool === "select") return;
    const point = at.map((one) => Math.max(-0.5, Math.min(1.5, one)));
    const points = [...(this.editor.state.draft?.points ?? []), point];
    if (points.length > 4) return;
    this.editor.do("corner", { draft: { kind: this.editor.tool, points }, selected: [] });
    if (points.length < 4) return;
    if (this.editor.tool === "slot") this.finish();
    else {
      this.editor.page.rowReady(this.rowSuggestion());
      this.editor.changed();
    }
  }

  /** How the next row is called: as the last one was filled, its numbers or letters going on. */
  rowSuggestion() {
    const ids = this.editor.state.slots.map((slot) => slot.id);
    if (this.rowNext) return { ...this.rowNext, count: this.editor.row.count };
    const next = parts(nextId(this.prefix, ids));
    return { prefix: next.prefix, start: next.digits, count: this.editor.row.count };
  }

  rowChanged() {
    this.editor.trial.soon();
    this.editor.redraw();
  }

  /** End a slot that has three corners or more, or fill a row that has four. */
  finish() {
    const { draft, slots } = this.editor.state;
    if (!draft) return;
    if (draft.kind === "slot") {
      if (draft.points.length < 3) return;
      const polygon = draft.points.length === 4 ? uncrossed(draft.points) : draft.points;
      const id = nextId(this.prefix, slots.map((slot) => slot.id));
      const made = drawn(id, polygon, this.editor.picture?.hash ?? null);
      this.complete(`draw slot ${id}`, { slots: [...slots, made], draft: null, selected: [made.key] });
      return;
    }
    const { count, prefix, start } = this.editor.row;
    if (draft.points.length < 4 || !(count > 0)) return;
    const ids = this.editor.rowIds;
    const made = filledRow(draft.points, count).map((polygon, i) => drawn(ids[i], polygon, this.editor.picture?.hash ?? null));
    this.prefix = prefix;
    this.rowNext = nextRow(prefix, start, count);
    this.complete(`fill a row of ${count}`, { slots: [...slots, ...made], draft: null, selected: made.map((slot) => slot.key) });
    this.editor.svg.focus({ preventScroll: true });
  }

  /** The corners that were put one by one and what they became are undone as one. */
  complete(label, change) {
    const begun = this.editor.history.past.findLastIndex(({ state }) => !state.draft);
    this.editor.do(label, change);
    this.editor.history.collapse(begun + 1, label);
    this.editor.page.say(label);
    this.editor.redraw(true);
  }

  cancel() {
    if (this.editor.state.draft) this.editor.do("give up drawing", { draft: null });
  }

  /** The cross that arrows move, and Enter puts a corner at. */
  moveCross(dx, dy) {
    const step = this.editor.view.shares(this.editor.view.scale); // one pixel of the picture
    const from = this.editor.cross ?? this.editor.draftPoints.at(-1) ?? this.editor.view.middle;
    this.editor.cross = [from[0] + dx * step[0], from[1] + dy * step[1]];
    this.editor.pointer = this.editor.cross;
    this.editor.redraw();
  }

  enter() {
    const full = this.editor.state.draft?.kind === "row" && this.editor.state.draft.points.length === 4;
    if (this.editor.tool === "select") this.editor.deeds.judge("accepted");
    else if (full || (!this.editor.cross && this.editor.state.draft)) this.finish();
    else this.place((this.editor.cross ??= [...this.editor.view.middle]));
  }

  previewCorner(index, dx, dy) {
    this.editor.draftPreview = this.editor.state.draft.points.map((point, i) => (i === index ? translated([point], dx, dy)[0] : point));
    this.editor.previewed("move a corner");
  }
}
