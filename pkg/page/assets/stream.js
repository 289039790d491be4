// stream.js says at the top of the page whether the stream is alive.

import { el, icon, setText } from "./dom.js";
import * as words from "./words.js";

const shapes = { connecting: "ring", waiting: "ring", live: "disc", quiet: "ring", ended: "square", disconnected: "warning" };

// StreamState turns the stream events into one of the states:
//
//   connecting    no event has come yet
//   waiting       no line has come yet
//   live          lines arrive
//   quiet         none has arrived for much longer than usual
//   ended         the input has ended
//   disconnected  the page has lost its server
export class StreamState {
  last = null; // the last stream event
  #received = 0; // when it came, by this device's clock
  #lost = 0; // when the connection was lost; 0: it is there
  denied = false; // the server does not know this browser any more
  #usual = 0; // lines per second while the stream is live, smoothed

  update(event) {
    this.last = event;
    this.#received = Date.now();
    if (event.rate > 0) this.#usual = this.#usual ? 0.9 * this.#usual + 0.1 * event.rate : event.rate;
  }

  down() {
    this.#lost ||= Date.now();
  }

  up() {
    this.#lost = 0;
    this.denied = false;
  }

  // idle returns the time since the last input, in milliseconds; null if there was none.
  idle(now) {
    const idle = this.last?.idle_ms ?? null;
    return idle === null ? null : idle + now - this.#received;
  }

  name(now) {
    if (this.#lost) return "disconnected";
    if (!this.last) return "connecting";
    if (this.last.ended) return "ended";
    const idle = this.idle(now);
    if (idle === null) return "waiting";
    const patience = this.#usual ? Math.min(300000, Math.max(10000, 5000 / this.#usual)) : 10000;
    return idle < patience ? "live" : "quiet";
  }

  since() {
    return this.#lost;
  }
}

// Bar shows a StreamState.
export class Bar {
  #node;
  #word = el("span", { class: "state" });
  #facts = el("span", { class: "facts", "aria-live": "off" });
  #shown = "";

  constructor(node) {
    this.#node = node;
    node.append(this.#word, this.#facts);
  }

  // show is called every second. Only the word is announced; the rest changes too often.
  show(state, now) {
    const name = state.name(now);
    if (name !== this.#shown) {
      this.#shown = name;
      this.#node.dataset.state = name;
      this.#word.replaceChildren(icon(shapes[name]), name);
    }
    const title = name === "live" ? "weir" : `${name} · weir`;
    if (document.title !== title) document.title = title;
    const facts = this.#list(state, name, now);
    while (this.#facts.children.length > facts.length) this.#facts.lastChild.remove();
    facts.forEach(([text, kind, title], i) => {
      const node = this.#facts.children[i] ?? this.#facts.appendChild(el("span"));
      setText(node, text);
      node.className = kind ?? "";
      node.title = title ?? "";
    });
  }

  #list(state, name, now) {
    const s = state.last;
    const facts = [];
    if (name === "disconnected") facts.push([`${state.denied ? "not signed in" : "trying again"}; since ${words.timeOfDay(state.since())} (${words.span(now - state.since())})`]);
    if (!s) return facts;
    const rate = words.rate(s.rate);
    if (name === "live" && rate) facts.push([rate]);
    const idle = state.idle(now);
    if (name === "disconnected" && idle !== null) facts.push([`newest reading seen at ${words.time(now - idle)}`]);
    if (name !== "disconnected") facts.push([idle === null ? "no line has come yet" : s.newest_seq === 0 ? `newest line ${words.age(idle)}` : `newest reading ${words.age(idle)}${stamped(s, now - idle)}`]);
    if (s.bad > 0) facts.push([`${words.count(s.bad, "bad line")}: not JSON objects, so not shown`, "bad", "The lines were passed on."]);
    if (s.too_large > 0) facts.push([`${words.count(s.too_large, "line")} too long to keep`, "bad", "The lines were passed on. --keep-bytes and --max-line set the limits."]);
    return facts;
  }
}

// stamped says the newest event time, if it is not that of the arrival: of a replayed
// file, or of a machine with a wrong clock.
function stamped(s, arrived) {
  if (!s.newest) return "";
  const at = Date.parse(s.newest);
  return Math.abs(arrived - at) < 60000 ? "" : `, stamped ${words.fullTime(at)}`;
}
