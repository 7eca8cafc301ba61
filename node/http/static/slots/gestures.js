// Mouse, pen and touch on the picture.

import { bounds, distance } from "./geometry.js";
import { hit, nearestPoint } from "./hit.js";
import { isShown } from "./slots.js";

const HOLD_MS = 500; // As long as phones take it for a long press.
const MOVED_PX = 4;
const MOVED_TOUCH_PX = 9; // A finger never lies quite still.

export class Gestures {
  constructor(editor, svg) {
    this.editor = editor;
    this.svg = svg;
    this.touches = new Map();
    this.action = null;
    this.spaceHeld = false;
    svg.addEventListener("pointerdown", (event) => this.down(event));
    svg.addEventListener("pointermove", (event) => this.move(event));
    svg.addEventListener("pointerup", (event) => this.up(event));
    svg.addEventListener("pointercancel", (event) => this.cancel(event));
    svg.addEventListener("pointerleave", () => this.leave());
    svg.addEventListener("contextmenu", (event) => this.menu(event));
    svg.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    document.addEventListener("keyup", (event) => event.key === " " && (this.spaceHeld = false));
    window.addEventListener("blur", () => (this.spaceHeld = false));
  }

  down(event) {
    const { editor } = this;
    this.svg.focus({ preventScroll: true });
    editor.closeMenu();
    this.touches.set(event.pointerId, [event.clientX, event.clientY]);
    this.svg.setPointerCapture(event.pointerId);
    editor.cross = null;
    editor.coarse = event.pointerType === "touch";
    if (this.touches.size > 1) {
      this.drop();
      this.action = { kind: "pinch" };
      return;
    }
    if (event.button === 1 || (event.button === 0 && this.spaceHeld)) {
      event.preventDefault();
      this.action = { kind: "pan" };
      return;
    }
    if (event.button !== 0) return;
    const start = [event.clientX, event.clientY];
    const add = event.shiftKey || event.ctrlKey || event.metaKey || editor.selectMore;
    this.action = { kind: "press", start, last: start, add, touch: editor.coarse, ...this.under(start) };
    if (editor.tool === "select" && editor.coarse) {
      this.hold = setTimeout(() => this.held(start), HOLD_MS);
    }
    if (this.action.placing) editor.follow(editor.view.toShares(...start));
  }

  /** What a press there would be about. */
  under([x, y]) {
    const { editor } = this;
    const { draft } = editor.state;
    if (editor.tool === "select") return { on: hit(editor, x, y, editor.coarse) };
    const full = draft?.kind === "row" && draft.points.length === 4;
    if (full) return { on: {}, corner: nearestPoint(editor.view, draft.points, x, y, editor.coarse) };
    return { on: {}, placing: true };
  }

  move(event) {
    const { editor, action } = this;
    const before = this.touches.get(event.pointerId);
    const at = [event.clientX, event.clientY];
    if (before) this.touches.set(event.pointerId, at);
    if (!action) {
      this.hover(event);
      return;
    }
    if (!before) return;
    if (action.kind === "pinch") {
      this.pinch(event.pointerId, before, at);
      return;
    }
    if (action.kind === "pan") {
      editor.view.panBy(at[0] - before[0], at[1] - before[1]);
      return;
    }
    if (action.placing) {
      editor.follow(editor.view.toShares(...at));
      return;
    }
    if (action.kind === "press") {
      if (distance(action.start, at) < (action.touch ? MOVED_TOUCH_PX : MOVED_PX)) return;
      this.begin();
    }
    this.drag(at);
  }

  /** A press has become a drag. */
  begin() {
    const { editor, action } = this;
    clearTimeout(this.hold);
    const { on } = action;
    const picked = on.slot && editor.state.selected.includes(on.slot.key);
    if (action.corner >= 0) action.kind = "corner";
    else if (on.point !== undefined) action.kind = "point";
    else if (on.middle !== undefined) action.kind = "middle";
    else if (on.slot && (picked || (!action.touch && !action.add))) {
      action.kind = "move";
      if (!picked) editor.select([on.slot.key]);
    } else if (action.touch && !editor.selectMore) {
      action.kind = "pan";
      editor.view.panBy(0, 0);
    } else if (editor.tool === "select") action.kind = "band";
    else action.kind = "pan";
  }

  drag(at) {
    const { editor, action } = this;
    const { view } = editor;
    const [from, to] = [view.toShares(...action.start), view.toShares(...at)];
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    if (action.kind === "move") editor.deeds.previewMove(dx, dy);
    else if (action.kind === "point") editor.deeds.previewPoint(action.on.slot, action.on.point, dx, dy, false);
    else if (action.kind === "middle") editor.deeds.previewPoint(action.on.slot, action.on.middle, dx, dy, true);
    else if (action.kind === "corner") editor.drafting.previewCorner(action.corner, dx, dy);
    else if (action.kind === "band") editor.showBand([from, to]);
    else if (action.kind === "pan") view.panBy(at[0] - action.last[0], at[1] - action.last[1]);
    action.last = at;
  }

  up(event) {
    const { editor, action } = this;
    clearTimeout(this.hold);
    this.touches.delete(event.pointerId);
    if (!action) return;
    if (action.kind === "pinch") {
      if (!this.touches.size) this.action = null;
      return;
    }
    this.action = null;
    const at = editor.view.toShares(event.clientX, event.clientY);
    if (action.placing) {
      editor.follow(null);
      editor.drafting.place(at);
    } else if (action.kind === "press") this.click(action);
    else if (action.kind === "band") this.choose(action);
    else editor.commitPreview();
    this.hover(event);
  }

  click({ on, add }) {
    const { editor } = this;
    if (on.point !== undefined) editor.select([on.slot.key], on.point);
    else if (on.slot && add) editor.toggle(on.slot.key);
    else if (on.slot) editor.select([on.slot.key]);
    else if (editor.tool === "select" && (!add || editor.selectMore)) editor.select([]);
  }

  choose({ add }) {
    const { editor } = this;
    const box = bounds([editor.band]);
    editor.showBand(null);
    const touches = ({ polygon }) => {
      const one = bounds([polygon]);
      return one.left < box.right && one.right > box.left && one.top < box.bottom && one.bottom > box.top;
    };
    const found = editor.slots.filter((slot) => isShown(slot, editor.showHints) && touches(slot)).map((slot) => slot.key);
    editor.select(add ? [...new Set([...editor.state.selected, ...found])] : found);
  }

  pinch(id, before, at) {
    if (this.touches.size !== 2) return;
    const [other] = [...this.touches].filter(([touch]) => touch !== id).map(([, place]) => place);
    const factor = distance(at, other) / Math.max(1, distance(before, other));
    const { view } = this.editor;
    view.panBy((at[0] - before[0]) / 2, (at[1] - before[1]) / 2);
    view.zoomAt(factor, (at[0] + other[0]) / 2, (at[1] + other[1]) / 2);
  }

  held(start) {
    if (this.action?.kind !== "press") return;
    const { on } = this.action;
    this.action = { kind: "done" };
    this.editor.openMenu(start, on);
  }

  menu(event) {
    event.preventDefault();
    // Some browsers tell a long press twice: by this event too.
    if (event.pointerType === "touch" || this.action?.kind === "done" || this.editor.tool !== "select") return;
    this.drop();
    const at = [event.clientX, event.clientY];
    this.editor.openMenu(at, hit(this.editor, ...at, false));
  }

  cancel(event) {
    this.touches.delete(event.pointerId);
    this.drop();
  }

  /** Whatever was begun is not done. */
  drop() {
    clearTimeout(this.hold);
    this.action = null;
    this.editor.follow(null);
    this.editor.showBand(null);
    this.editor.dropPreview();
  }

  leave() {
    if (!this.action) this.editor.follow(null);
  }

  wheel(event) {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    if (event.shiftKey && !event.ctrlKey) this.editor.view.panBy(-event.deltaY * lines, -event.deltaX * lines);
    else this.editor.view.zoomAt(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0015)), event.clientX, event.clientY);
  }

  hover(event) {
    const { editor } = this;
    if (event.pointerType === "touch") return;
    if (editor.tool !== "select") {
      const full = editor.state.draft?.points.length === 4 && editor.state.draft.kind === "row";
      editor.follow(full ? null : editor.view.toShares(event.clientX, event.clientY));
      this.svg.dataset.cursor = "cross";
      return;
    }
    const on = hit(editor, event.clientX, event.clientY, false);
    this.svg.dataset.cursor = on.point !== undefined || on.middle !== undefined ? "point" : on.slot ? "move" : "";
  }
}
