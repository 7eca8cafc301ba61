// How the slots would be read on the last frames, and what is wrong with them: the server says it, by the node's own rules.

import { sent } from "./slots.js";
import * as server from "./server.js";

const PAUSE_MS = 120; // Between two questions while somebody drags.

export class Trial {
  constructor(camera, asked, told) {
    this.camera = camera;
    this.asked = asked;
    this.told = told;
    this.frames = [];
    this.readings = new Map();
    this.problems = [];
    this.wrong = new Set();
    this.unread = "";
    this.waiting = this.asking = false;
  }

  /** The frame that is shown: of this name, or else the newest. */
  frameOf(name) {
    const named = this.frames.findIndex((frame) => frame.name && frame.name === name);
    return named < 0 ? this.frames.length - 1 : named;
  }

  soon() {
    this.waiting = true;
    this.timer ??= setTimeout(() => this.ask(), PAUSE_MS);
  }

  async ask() {
    if (this.asking) return;
    this.asking = true;
    this.waiting = false;
    const slots = this.asked();
    try {
      this.take(slots, await server.tried(this.camera, sent(slots)));
    } catch (error) {
      this.frames = [];
      this.unread = error.message;
    }
    this.asking = false;
    this.timer = null;
    this.told();
    if (this.waiting) this.soon();
  }

  take(slots, answer) {
    this.frames = answer.frames;
    this.unread = answer.unread;
    this.readings = new Map(slots.map((slot, i) => [slot.key, answer.frames.map((frame) => frame.readings[i])]));
    this.problems = answer.problems.map(({ slots: numbers, why, refused }) => ({ keys: numbers.map((i) => slots[i].key), why, refused }));
    this.wrong = new Set(this.problems.flatMap(({ keys }) => keys));
  }
}
