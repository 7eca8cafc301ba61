// What is done to slots: moved, bent, deleted, named, copied, mirrored, accepted. Each deed can be undone.

import { translated } from "./geometry.js";
import {
  copied, inOrder, isAccepted, isProposal, mirroredSlots, moved, removed, renamed, renumbered, reshaped, withStatus,
} from "./slots.js";

const BESIDE_PX = 24; // A copy lies so far beside the original that both can be seen.

export class Deeds {
  constructor(editor) {
    this.editor = editor;
    this.remembered = [];
  }

  previewMove(dx, dy) {
    const { slots, selected } = this.editor.state;
    this.editor.preview = moved(slots, selected, dx, dy, this.editor.picture?.hash ?? null);
    this.editor.previewed(`move ${this.editor.chosen.length === 1 ? `slot ${this.editor.chosen[0].id}` : `${this.editor.chosen.length} slots`}`);
  }

  previewPoint(slot, index, dx, dy, added) {
    const { slots } = this.editor.state;
    const before = slots.find((one) => one.key === slot.key).polygon;
    const polygon = [...before];
    if (added) {
      const [a, b] = [before[index - 1], before[index % before.length]];
      polygon.splice(index, 0, [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]);
    }
    polygon[index] = translated([polygon[index]], dx, dy)[0];
    this.editor.preview = reshaped(slots, slot.key, polygon, this.editor.picture?.hash ?? null);
    this.editor.previewed(added ? `bend slot ${slot.id}` : `move a corner of slot ${slot.id}`);
  }

  nudge(dx, dy, repeated) {
    const step = this.editor.view.shares(this.editor.view.scale);
    const [x, y] = [dx * step[0], dy * step[1]];
    const { slots, selected, point } = this.editor.state;
    const slot = this.editor.only;
    const hash = this.editor.picture?.hash ?? null;
    const polygon = slot && point !== null ? slot.polygon.map((at, i) => (i === point ? [at[0] + x, at[1] + y] : at)) : null;
    const next = polygon ? reshaped(slots, slot.key, polygon, hash) : moved(slots, selected, x, y, hash);
    // A key that is held is one deed.
    const key = `nudge ${selected} ${point}`;
    if (!repeated) this.editor.history.entry.key = "";
    this.editor.do(polygon ? "move a corner" : "move slots", { slots: next, point }, key);
  }

  delete() {
    const { draft, slots, selected, point } = this.editor.state;
    const slot = this.editor.only;
    if (draft) {
      this.editor.undo();
      return;
    }
    if (slot && point !== null) this.deletePoint(slot, point);
    else if (selected.length) {
      const what = slot ? `slot ${slot.id}` : `${selected.length} slots`;
      this.editor.do(`delete ${what}`, { slots: removed(slots, selected), selected: [] });
      this.editor.page.say(`Deleted ${what}`);
    }
  }

  deletePoint(slot, point) {
    if (slot.polygon.length < 4) {
      this.editor.page.say("A slot needs three corners");
      return;
    }
    const polygon = slot.polygon.filter((_, i) => i !== point);
    this.editor.do(`delete a corner of slot ${slot.id}`, { slots: reshaped(this.editor.state.slots, slot.key, polygon, this.editor.picture?.hash ?? null) });
  }

  rename(id) {
    const slot = this.editor.only;
    const name = id.trim();
    if (!slot || !name || name === slot.id) {
      this.editor.redraw(true);
      return;
    }
    this.editor.do(`call slot ${slot.id} ${name}`, { slots: renamed(this.editor.state.slots, slot.key, name) });
  }

  renumber(prefix, start, turn) {
    const keys = inOrder(this.editor.state.slots, this.editor.state.selected, this.editor.aspect);
    if (turn) keys.reverse();
    this.editor.do(`renumber ${keys.length} slots`, { slots: renumbered(this.editor.state.slots, keys, prefix, start) });
  }

  remember() {
    this.remembered = this.editor.chosen;
    this.editor.page.say(`Copied ${this.remembered.length}; Ctrl-V puts them beside`);
  }

  paste() {
    this.putCopies(this.remembered);
  }

  copy() {
    this.putCopies(this.editor.chosen);
  }

  putCopies(originals) {
    if (!originals.length) return;
    const [dx, dy] = this.editor.view.shares(BESIDE_PX);
    const made = copied(this.editor.state.slots, originals, dx, dy, this.editor.picture?.hash ?? null);
    this.remembered = made;
    const what = made.length === 1 ? `slot ${originals[0].id}` : `${made.length} slots`;
    this.editor.do(`copy ${what}`, { slots: [...this.editor.state.slots, ...made], selected: made.map((slot) => slot.key) });
  }

  mirror(axis) {
    const { slots, selected } = this.editor.state;
    if (selected.length) this.editor.do("mirror", { slots: mirroredSlots(slots, selected, axis, this.editor.picture?.hash ?? null) });
  }

  /** Accept or reject what is selected and is no slot yet. */
  judge(status) {
    const keys = this.editor.chosen.filter((slot) => !isAccepted(slot)).map((slot) => slot.key);
    if (keys.length) this.judged(keys, status);
  }

  judgeAll() {
    this.judged(this.editor.state.slots.filter(isProposal).map((slot) => slot.key), "accepted");
  }

  judgeRow(row, status) {
    this.judged(this.editor.state.slots.filter((slot) => isProposal(slot) && slot.row === row).map((slot) => slot.key), status);
  }

  judged(keys, status) {
    if (!keys.length) return;
    const label = `${status === "accepted" ? "accept" : "reject"} ${keys.length === 1 ? "a proposal" : `${keys.length} proposals`}`;
    const selected = status === "rejected" ? this.editor.state.selected.filter((key) => !keys.includes(key)) : this.editor.state.selected;
    this.editor.do(label, { slots: withStatus(this.editor.state.slots, keys, status), selected });
    this.editor.page.say(label);
  }
}
