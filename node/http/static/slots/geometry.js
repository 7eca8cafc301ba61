// Geometry of slots. Points are [x, y], polygons lists of points; in shares of the picture unless said otherwise.

export const centre = (polygon) => {
  const sum = polygon.reduce(([x, y], p) => [x + p[0], y + p[1]], [0, 0]);
  return [sum[0] / polygon.length, sum[1] / polygon.length];
};

/** Signed area: its sign tells which way round the corners go. */
export const area = (polygon) =>
  polygon.reduce((sum, [x, y], i) => {
    const [x2, y2] = polygon[(i + 1) % polygon.length];
    return sum + (x * y2 - x2 * y) / 2;
  }, 0);

export const bounds = (polygons) => {
  const xs = polygons.flat().map((p) => p[0]);
  const ys = polygons.flat().map((p) => p[1]);
  return { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) };
};

export const translated = (polygon, dx, dy) => polygon.map(([x, y]) => [x + dx, y + dy]);

export const inside = ([x, y], polygon) => {
  let odd = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [xi, yi] = polygon[i];
    const [xj, yj] = polygon[j];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) odd = !odd;
  }
  return odd;
};

export const distance = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);

/** Distance from a point to the line from a to b. */
export const toSide = (point, a, b) => {
  const length = (b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2;
  const along = length ? ((point[0] - a[0]) * (b[0] - a[0]) + (point[1] - a[1]) * (b[1] - a[1])) / length : 0;
  const t = Math.max(0, Math.min(1, along));
  return distance(point, [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])]);
};

const turn = (a, b, c) => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
const cross = (a, b, c, d) => turn(a, b, c) * turn(a, b, d) < 0 && turn(c, d, a) * turn(c, d, b) < 0;

/** Four corners in an order in which one can walk around them: the last two are exchanged where the sides cross. */
export const uncrossed = ([a, b, c, d]) => (cross(b, c, d, a) ? [a, b, d, c] : [a, b, c, d]);

/**
 * The homography that takes the unit square to four corners: (0, 0), (1, 0), (1, 1), (0, 1) to the first up to the
 * fourth. After P. Heckbert, Fundamentals of Texture Mapping and Image Warping, 1989, section 2.2.3.
 */
export const unitSquareTo = ([[x0, y0], [x1, y1], [x2, y2], [x3, y3]]) => {
  const [dx1, dy1] = [x1 - x2, y1 - y2];
  const [dx2, dy2] = [x3 - x2, y3 - y2];
  const [sx, sy] = [x0 - x1 + x2 - x3, y0 - y1 + y2 - y3];
  const det = dx1 * dy2 - dx2 * dy1;
  const g = det ? (sx * dy2 - dx2 * sy) / det : 0;
  const h = det ? (dx1 * sy - sx * dy1) / det : 0;
  const [a, b] = [x1 - x0 + g * x1, x3 - x0 + h * x3];
  const [d, e] = [y1 - y0 + g * y1, y3 - y0 + h * y3];
  return (u, v) => {
    const w = g * u + h * v + 1;
    return [(a * u + b * v + x0) / w, (d * u + e * v + y0) / w];
  };
};

/**
 * The slots of a row: equally wide on the ground, as the camera sees them.
 * The row runs from the first to the second corner; the third lies behind the second.
 */
export const filledRow = (corners, count) => {
  const at = unitSquareTo(uncrossed(corners));
  const places = Array.from({ length: count }, (_, i) => [i / count, (i + 1) / count]);
  return places.map(([u, v]) => [at(u, 0), at(v, 0), at(v, 1), at(u, 1)]);
};

/** Polygons mirrored about the middle of them all; corners keep their sense of turning. */
export const mirrored = (polygons, axis) => {
  const box = bounds(polygons);
  const flip = axis === "x" ? ([x, y]) => [box.left + box.right - x, y] : ([x, y]) => [x, box.top + box.bottom - y];
  return polygons.map((polygon) => polygon.map(flip).reverse());
};

/** Order of points along the direction in which they spread most: indices, from the left, or from the top. */
export const alongLine = (points, aspect) => {
  const scaled = points.map(([x, y]) => [x * aspect, y]);
  const [mx, my] = centre(scaled);
  let [xx, xy, yy] = [0, 0, 0];
  for (const [x, y] of scaled) {
    xx += (x - mx) ** 2;
    xy += (x - mx) * (y - my);
    yy += (y - my) ** 2;
  }
  const angle = Math.atan2(2 * xy, xx - yy) / 2;
  let [dx, dy] = [Math.cos(angle), Math.sin(angle)];
  if (Math.abs(dx) >= Math.abs(dy) ? dx < 0 : dy < 0) [dx, dy] = [-dx, -dy];
  const place = ([x, y]) => x * dx + y * dy;
  return scaled.map((_, i) => i).sort((a, b) => place(scaled[a]) - place(scaled[b]));
};
