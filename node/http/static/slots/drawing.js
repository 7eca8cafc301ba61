// Draws picture, slots, handles and what is being drawn into the stage's SVG. Units there are pixels of the picture.

import { bounds, centre, distance, filledRow } from "./geometry.js";
import { isAccepted, isHint, isProposal, isShown } from "./slots.js";

const NS = "http://www.w3.org/2000/svg";
const UNSURE = 0.7; // A reading under this score is drawn as not sure: one of three such would be wrong.
const MIN_SIDE_PX = 34; // Sides shorter than this on the screen have no middle handle: there is no room for it.
const LABEL_PX = 13;

const node = (tag, attributes, text = null) => {
  const made = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== null) made.textContent = text;
  return made;
};

export class Drawing {
  constructor(svg) {
    this.svg = svg;
    this.image = node("image", { preserveAspectRatio: "none" });
    this.layer = node("g", {});
    svg.replaceChildren(this.image, this.layer);
  }

  picture({ address, width, height, shift }) {
    // Slots stay where they are saved; it is the picture that is moved back by what the view has moved.
    const place = { href: address, x: -shift[0] * width, y: -shift[1] * height, width, height };
    for (const [name, value] of Object.entries(place)) this.image.setAttribute(name, value);
  }

  /** All that lies on the picture, anew. */
  draw(editor) {
    const { view, state } = editor;
    const [width, height] = view.size;
    const points = (polygon) => polygon.map(([x, y]) => `${x * width},${y * height}`).join(" ");
    const parts = [];
    const labels = [];
    const slots = editor.slots.filter((slot) => isShown(slot, editor.showHints));
    for (const slot of slots) {
      const selected = state.selected.includes(slot.key);
      const reading = editor.reading(slot.key);
      const kinds = ["slot", selected ? "selected" : "", editor.wrong.has(slot.key) ? "wrong" : ""];
      if (isHint(slot)) kinds.push("hint");
      else if (isProposal(slot)) kinds.push(slot.status);
      else if (reading) kinds.push(reading.state, reading.state !== "unknown" && reading.score < UNSURE ? "unsure" : "");
      parts.push(node("polygon", { class: "halo", points: points(slot.polygon) }));
      parts.push(node("polygon", { class: kinds.join(" "), points: points(slot.polygon), "data-id": slot.id }));
      labels.push(...this.label(editor, slot, reading));
    }
    for (const slot of editor.theirs) parts.push(node("polygon", { class: "theirs", points: points(slot.polygon) }));
    this.layer.replaceChildren(...parts, ...labels, ...this.handles(editor), ...this.draft(editor, points), ...this.marks(editor));
  }

  label(editor, slot, reading) {
    const { view } = editor;
    const [width, height] = view.size;
    const box = bounds([slot.polygon]);
    const room = (box.right - box.left) * width * view.scale;
    const high = (box.bottom - box.top) * height * view.scale;
    if (room < 9 * Math.max(1, slot.id.length) || high < LABEL_PX) return [];
    const [x, y] = centre(slot.polygon);
    const size = LABEL_PX / view.scale;
    const place = { class: "label", x: x * width, "font-size": size, "stroke-width": size / 4 };
    const sure = reading && reading.state !== "unknown" && isAccepted(slot) && room > 60 && high > 4 * LABEL_PX ? `${Math.round(reading.score * 100)} %` : "";
    const first = node("text", { ...place, y: y * height + (sure ? -size * 0.2 : size * 0.35) }, slot.id);
    return sure ? [first, node("text", { ...place, "font-size": size * 0.85, y: y * height + size }, sure)] : [first];
  }

  handles(editor) {
    const slot = editor.only;
    if (!slot || editor.tool !== "select") return [];
    const { view, state } = editor;
    const [width, height] = view.size;
    const radius = Math.min(editor.coarse ? 8 : 6, shortest(slot.polygon, view) / 3) / view.scale;
    const made = sides(slot.polygon, view).map(({ at }) =>
      node("circle", { class: "handle middle", cx: at[0] * width, cy: at[1] * height, r: radius * 0.6 }),
    );
    slot.polygon.forEach(([x, y], i) => {
      const kind = i === state.point ? "handle active" : "handle";
      made.push(node("circle", { class: kind, cx: x * width, cy: y * height, r: radius }));
    });
    return made;
  }

  draft(editor, points) {
    const { draft } = editor.state;
    if (!draft) return [];
    const { view } = editor;
    const [width, height] = view.size;
    const corners = editor.draftPoints;
    const made = [];
    if (draft.kind === "row" && draft.points.length === 4) {
      filledRow(corners, editor.row.count).forEach((polygon, i) => {
        const state = editor.reading(`draft ${i}`)?.state ?? "";
        made.push(node("polygon", { class: `draft ${state}`, points: points(polygon) }));
        const [x, y] = centre(polygon);
        const size = LABEL_PX / view.scale;
        made.push(
          node("text", { class: "label", x: x * width, y: y * height, "font-size": size, "stroke-width": size / 4 }, editor.rowIds[i]),
        );
      });
    } else {
      const seen = editor.pointer ? [...corners, editor.pointer] : corners;
      made.push(node(seen.length > 2 ? "polygon" : "polyline", { class: "draft", points: points(seen) }));
    }
    const radius = (editor.coarse ? 8 : 6) / view.scale;
    for (const [x, y] of corners) {
      made.push(node("circle", { class: "handle", cx: x * width, cy: y * height, r: radius }));
    }
    return made;
  }

  /** The rubber band, and the cross that keys move. */
  marks(editor) {
    const [width, height] = editor.view.size;
    const made = [];
    if (editor.band) {
      const [[x1, y1], [x2, y2]] = editor.band;
      made.push(
        node("rect", {
          class: "band", x: Math.min(x1, x2) * width, y: Math.min(y1, y2) * height,
          width: Math.abs(x2 - x1) * width, height: Math.abs(y2 - y1) * height,
        }),
      );
    }
    if (editor.cross) {
      const [x, y] = [editor.cross[0] * width, editor.cross[1] * height];
      const r = 12 / editor.view.scale;
      made.push(node("path", { class: "cross", d: `M${x - r} ${y}h${2 * r}M${x} ${y - r}v${2 * r}` }));
    }
    return made;
  }
}

/** The shortest side of a polygon, in pixels of the screen. */
export const shortest = (polygon, view) =>
  Math.min(...polygon.map((a, i) => distance(view.toScreen(a), view.toScreen(polygon[(i + 1) % polygon.length]))));

/** The sides of a polygon that are long enough for a handle in their middle, and where it is. */
export const sides = (polygon, view) => {
  const [width, height] = view.size;
  return polygon.flatMap((a, i) => {
    const b = polygon[(i + 1) % polygon.length];
    const long = Math.hypot((b[0] - a[0]) * width, (b[1] - a[1]) * height) * view.scale;
    return long < MIN_SIDE_PX ? [] : [{ index: i + 1, at: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2] }];
  });
};
