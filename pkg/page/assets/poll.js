// poll.js decides when the charts are read again.

import { slowest } from "./api.js";

// Poller runs a task when it is woken: at most once a second, and less often if the
// server is slow, so that a browser uses at most a tenth of its time. It never runs while
// the page is hidden.
export class Poller {
  #task;
  #timer = 0;
  #next = 0;
  #running = false;
  #wanted = false;
  #urgent = false;

  constructor(task) {
    this.#task = task;
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.#wanted) this.wake();
    });
  }

  // wake asks for a run: as soon as the rule allows; or at once, if the reader waits.
  wake(atOnce = false) {
    this.#wanted = true;
    this.#urgent ||= atOnce;
    if (this.#urgent) this.#next = 0;
    if (this.#running || document.hidden) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#run(), Math.max(0, this.#next - performance.now()));
  }

  async #run() {
    this.#running = true;
    this.#wanted = false;
    this.#urgent = false;
    const begin = performance.now();
    let pause = 1000;
    try {
      await this.#task();
    } catch (e) {
      pause = 3000;
      this.#wanted = true;
      if (!(e instanceof Error) || e.name !== "ApiError") console.debug(e);
    }
    this.#running = false;
    this.#next = begin + Math.min(10000, Math.max(pause, 10 * slowest()));
    if (this.#wanted) this.wake();
  }
}

// each calls f for every item, at most width at a time.
export async function each(items, width, f) {
  const queue = [...items];
  const work = async () => {
    while (queue.length > 0) await f(queue.shift());
  };
  await Promise.all(Array.from({ length: Math.min(width, queue.length) }, work));
}
