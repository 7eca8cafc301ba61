// What lies under a place on the screen: a corner, the middle of a side, or a slot.

import { area, distance, inside, toSide } from "./geometry.js";
import { shortest, sides } from "./drawing.js";
import { isShown } from "./slots.js";

/** How far from a handle one may be, in pixels of the screen. */
const reach = (coarse) => (coarse ? 22 : 10);

/** Index of the point that is nearest to (x, y) of the screen within reach; -1 for none. */
export const nearestPoint = (view, points, x, y, coarse, most = Infinity) => {
  const far = points.map((point) => distance(view.toScreen(point), [x, y]));
  const best = far.indexOf(Math.min(...far));
  return points.length && far[best] <= Math.min(most, reach(coarse)) ? best : -1;
};

/** `{slot, point}`, `{slot, middle}` (index that a new corner would have), `{slot}` or `{}`. */
export const hit = (editor, x, y, coarse) => {
  const { view, only } = editor;
  if (only && isShown(only, editor.showHints)) {
    // Of a slot that is small on the screen the handles are small too, so that the rest of it can be taken hold of.
    const near = shortest(only.polygon, view) / 2.5;
    const point = nearestPoint(view, only.polygon, x, y, coarse, near);
    if (point >= 0) return { slot: only, point };
    const middles = sides(only.polygon, view);
    const middle = nearestPoint(view, middles.map((side) => side.at), x, y, coarse, near);
    if (middle >= 0) {
      return { slot: only, middle: middles[middle].index };
    }
  }
  const at = view.toShares(x, y);
  const shown = editor.slots.filter((slot) => isShown(slot, editor.showHints));
  const within = shown.filter((slot) => inside(at, slot.polygon));
  const selected = within.find((slot) => editor.state.selected.includes(slot.key));
  if (selected) return { slot: selected };
  if (within.length) return { slot: within.reduce((a, b) => (Math.abs(area(b.polygon)) < Math.abs(area(a.polygon)) ? b : a)) };
  // A slot far away is a few pixels wide: its outline counts as well.
  const near = (slot) => {
    const screen = slot.polygon.map((point) => view.toScreen(point));
    return Math.min(...screen.map((a, i) => toSide([x, y], a, screen[(i + 1) % screen.length])));
  };
  const close = shown.map((slot) => ({ slot, far: near(slot) })).filter(({ far }) => far < reach(coarse) / 2);
  return close.length ? { slot: close.reduce((a, b) => (b.far < a.far ? b : a)).slot } : {};
};
