// Which part of the picture is seen: zoom and pan. Slots stay in shares of the picture, whatever happens here.

const MAX_ZOOM = 40;
const MARGIN_PX = 12; // Around the whole picture: slots that its border cuts have corners on it, or beyond.

export class View {
  /** `svg` fills its place in the page; units in it are pixels of the picture. */
  constructor(svg, changed) {
    this.svg = svg;
    this.changed = changed;
    this.size = [1, 1];
    this.scale = 1;
    this.middle = [0.5, 0.5];
    this.fitted = true;
    new ResizeObserver(() => (this.fitted ? this.fit() : this.apply())).observe(svg);
  }

  /** Another picture: the same part of it is seen. */
  show(size) {
    const [width] = this.size;
    this.size = size;
    this.middle = [0, 1].map((i) => Math.max(0, Math.min(this.middle[i], 1)));
    this.scale *= width / size[0];
    if (this.fitted) this.fit();
    else this.apply();
  }

  get box() {
    const { width, height } = this.svg.getBoundingClientRect();
    return [Math.max(100, width), Math.max(100, height)];
  }

  get fitScale() {
    const [width, height] = this.box;
    return Math.min((width - 2 * MARGIN_PX) / this.size[0], (height - 2 * MARGIN_PX) / this.size[1]);
  }

  /** Screen pixels for each pixel of the picture, relative to the whole picture in view. */
  get zoom() {
    return this.scale / this.fitScale;
  }

  fit() {
    this.fitted = true;
    this.scale = this.fitScale;
    this.middle = [0.5, 0.5];
    this.apply();
  }

  /** Zoom in or out; the point under (x, y) of the screen stays there. */
  zoomAt(factor, x, y) {
    const before = this.toShares(x, y);
    const least = this.fitScale * 0.8;
    this.scale = Math.max(least, Math.min(this.fitScale * MAX_ZOOM, this.scale * factor));
    this.fitted = false;
    const after = this.toShares(x, y);
    this.middle = [0, 1].map((i) => this.middle[i] + before[i] - after[i]);
    this.apply();
  }

  zoomBy(factor) {
    const { left, top, width, height } = this.svg.getBoundingClientRect();
    this.zoomAt(factor, left + width / 2, top + height / 2);
  }

  /** Move by so many pixels of the screen. */
  panBy(dx, dy) {
    this.fitted = false;
    this.middle = [this.middle[0] - dx / this.scale / this.size[0], this.middle[1] - dy / this.scale / this.size[1]];
    this.apply();
  }

  /** Bring a point, in shares, into view. */
  reveal([x, y]) {
    const [width, height] = this.box;
    const half = [width / 2 / this.scale / this.size[0], height / 2 / this.scale / this.size[1]];
    const away = [x, y].some((at, i) => Math.abs(at - this.middle[i]) > half[i] * 0.9);
    if (away && !this.fitted) {
      this.middle = [x, y];
      this.apply();
    }
  }

  apply() {
    this.middle = this.middle.map((at) => Math.max(-0.2, Math.min(1.2, at)));
    const [width, height] = this.box.map((side) => side / this.scale);
    const left = this.middle[0] * this.size[0] - width / 2;
    const top = this.middle[1] * this.size[1] - height / 2;
    this.svg.setAttribute("viewBox", `${left} ${top} ${width} ${height}`);
    this.changed();
  }

  /** From a place on the screen to shares of the picture. */
  toShares(x, y) {
    const { left, top, width, height } = this.svg.getBoundingClientRect();
    return [
      this.middle[0] + (x - left - width / 2) / this.scale / this.size[0],
      this.middle[1] + (y - top - height / 2) / this.scale / this.size[1],
    ];
  }

  /** From shares to a place on the screen. */
  toScreen([x, y]) {
    const { left, top, width, height } = this.svg.getBoundingClientRect();
    return [
      left + width / 2 + (x - this.middle[0]) * this.scale * this.size[0],
      top + height / 2 + (y - this.middle[1]) * this.scale * this.size[1],
    ];
  }

  /** So many pixels of the screen, in shares of the picture's width and height. */
  shares(pixels) {
    return [pixels / this.scale / this.size[0], pixels / this.scale / this.size[1]];
  }
}
