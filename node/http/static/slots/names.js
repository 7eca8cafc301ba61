// Ids of slots: a prefix and a number, such as A07.

export const parts = (id) => {
  const [, prefix, digits] = /^(.*?)(\d*)$/s.exec(id);
  return { prefix, digits, number: digits ? Number(digits) : null };
};

/** Ids along a row. `start` as it was typed: "01" gives two digits. */
export const sequence = (prefix, start, count) => {
  const first = Number(start) || 0;
  const width = String(start).startsWith("0") ? String(start).length : 0;
  return Array.from({ length: count }, (_, i) => prefix + String(first + i).padStart(width, "0"));
};

/** The next id behind the highest number that has this prefix. */
export const nextId = (prefix, taken) => {
  const used = taken.map(parts).filter((one) => one.prefix === prefix && one.number !== null);
  const highest = used.reduce((most, one) => (one.number > most.number ? one : most), { number: 0, digits: "" });
  const width = highest.digits.startsWith("0") ? highest.digits.length : 0;
  return prefix + String(highest.number + 1).padStart(width, "0");
};

/** Ids for copies: none that is taken, each numbered on from its own prefix. */
export const freeIds = (ids, taken) => {
  const all = [...taken];
  return ids.map((id) => {
    const free = nextId(parts(id).prefix, all);
    all.push(free);
    return free;
  });
};

/** What the next row is called: the letter behind that of the last one, or its numbers go on. */
export const nextRow = (prefix, start, count) => {
  const letter = /^(.*?)([A-Ya-y])([^A-Za-z]*)$/.exec(prefix);
  if (!letter) return { prefix, start: String(Number(start) + count) };
  return { prefix: letter[1] + String.fromCharCode(letter[2].charCodeAt(0) + 1) + letter[3], start };
};
