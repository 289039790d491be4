// view.js holds what is shown, and keeps it in the fragment of the address, so that a
// link opens the same view. A fragment is not sent to the server.

const spans = { "1m": 60000, "10m": 600000, "1h": 3600000 };

// ranges are the choices of a range: name, accessible name, and the text of the button,
// which follows the word "Last".
export const ranges = [
  ["1m", "Last minute", "minute"],
  ["10m", "Last 10 minutes", "10 minutes"],
  ["1h", "Last hour", "hour"],
  ["all", "All kept", "All kept"],
];

// wider is the range that follows a range.
const wider = { "10m": "1h", "1h": "all" };

// restore puts the fragment into the address that it had before a login: see api.js.
function restore() {
  try {
    const hash = sessionStorage.getItem("view");
    sessionStorage.removeItem("view");
    if (hash && !location.hash) history.replaceState(null, "", hash);
  } catch {
    // Storage may be forbidden.
  }
}

// View is what is shown:
//
//   range     a name of ranges; or "fixed", with from and to in milliseconds
//   machines  the chosen machines; empty: all
//   fields    the chosen fields; null: the first few of each machine
//   mode      "auto", "charts" or "overview"
//   sort      "name", "status" or "anomaly"
//   paused    null; or the time of the newest reading when the view was paused, in
//             milliseconds, 0 if there was none
export class View {
  range = "10m";
  from = 0;
  to = 0;
  machines = [];
  fields = null;
  mode = "auto";
  sort = "name";
  paused = null;
  #changed;
  #before = "10m"; // the range before zooming
  #chosen = false; // the range was chosen, here or by the address

  constructor(changed) {
    this.#changed = changed;
    restore();
    this.#read();
    addEventListener("hashchange", () => {
      this.#read();
      this.#changed();
    });
  }

  // unzoom goes back to the range before zooming.
  unzoom() {
    this.set({ range: this.#before });
  }

  // widen shows a longer range, unless one was chosen: machines may send a reading every
  // few minutes, and of the usual range a chart has then nearly none. It is not written to
  // the address.
  widen() {
    if (this.#chosen || this.paused !== null || !(this.range in wider)) return;
    this.range = wider[this.range];
    this.#changed();
  }

  // set changes members, writes the address and reports the change.
  set(members) {
    if (this.range !== "fixed") this.#before = this.range;
    this.#chosen ||= "range" in members;
    Object.assign(this, members);
    history.replaceState(null, "", this.#text() || location.pathname);
    this.#changed();
  }

  #read() {
    const q = new URLSearchParams(location.hash.slice(1));
    const from = Date.parse(q.get("from") ?? "");
    const to = Date.parse(q.get("to") ?? "");
    this.range = ranges.some(([name]) => name === q.get("range")) ? q.get("range") : "10m";
    this.#chosen = q.has("range") || from < to;
    if (from < to) Object.assign(this, { range: "fixed", from, to });
    this.machines = q.getAll("machine");
    this.fields = q.has("field") ? q.getAll("field") : null;
    this.mode = ["charts", "overview"].includes(q.get("view")) ? q.get("view") : "auto";
    this.sort = ["status", "anomaly"].includes(q.get("sort")) ? q.get("sort") : "name";
    this.paused = q.has("paused") ? Date.parse(q.get("paused")) || 0 : null;
  }

  #text() {
    const q = new URLSearchParams();
    for (const m of this.machines) q.append("machine", m);
    for (const f of this.fields ?? []) q.append("field", f);
    if (this.range === "fixed") {
      q.set("from", new Date(this.from).toISOString());
      q.set("to", new Date(this.to).toISOString());
    } else if (this.range !== "10m") q.set("range", this.range);
    if (this.mode !== "auto") q.set("view", this.mode);
    if (this.sort !== "name") q.set("sort", this.sort);
    if (this.paused !== null) q.set("paused", this.paused ? new Date(this.paused).toISOString() : "true");
    const text = q.toString();
    return text && `#${text}`;
  }

  // span returns the length of the range in milliseconds, or null if it has none.
  span() {
    return spans[this.range] ?? null;
  }

  // query returns the range as parameters of /series. Without times there is none: all
  // records are shown, by their numbers.
  query(timed) {
    if (!timed) return {};
    const text = (ms) => new Date(ms).toISOString();
    if (this.range === "fixed") return { from: text(this.from), to: text(this.to) };
    const span = this.span();
    if (this.paused) return span ? { from: text(this.paused - span), to: text(this.paused) } : { to: text(this.paused) };
    return span ? { last: this.range } : {};
  }

  // domain returns the ends of the time axis for an answer of /series. newest is the
  // time of the stream's newest reading. Machines side by side have the same axis, unless
  // the newest reading of one is older than the whole of it.
  domain(answer, newest) {
    if (this.range === "fixed" && answer.by === "time") return [this.from, this.to];
    const span = this.span();
    if (!span || answer.by !== "time") return [answer.from, answer.to];
    const end = this.paused || newest || answer.to;
    const to = end >= answer.to && end - answer.to < span ? end : answer.to;
    return [to - span, to];
  }
}
