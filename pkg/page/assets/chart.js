// chart.js draws one field of one machine over time with uPlot: the band from the
// smallest to the largest reading of each column, the mean of each column, the moving
// averages, and the anomalies. It reads values out on hover, touch and keys.

/* global uPlot */
import { colour, el, rem } from "./dom.js";
import * as words from "./words.js";
import { overlayName } from "./fields.js";

// What a chart's data is, by index: uPlot wants one array of x and one of y per line.
const MIN = 1, MAX = 2, MEAN = 3;

// sync moves the cursors of all charts together. Zooming is not synchronised: a new range
// applies to all charts anyway.
const sync = { key: "weir", setSeries: false, scales: ["x", null], filters: { pub: (type) => type === "mousemove" || type === "mouseleave" } };

// merge returns the data for uPlot: a row for every time at which one of the series has
// a column, and a row without values inside of each gap, where the lines break.
export function merge(series, gaps, columnWidth) {
  const times = new Set();
  for (const s of series) for (const at of s.at) times.add(at);
  const breaks = new Set();
  for (const [from, to] of gaps) if (to - from > columnWidth) breaks.add(from + (to - from) / 2);
  const x = [...times, ...breaks].sort((a, b) => a - b);
  const row = new Map(x.map((at, i) => [at, i]));
  // undefined: this series has nothing to say here; null: its line breaks here.
  const lines = [];
  const add = (at, values) => {
    const line = new Array(x.length).fill(undefined);
    at.forEach((t, i) => (line[row.get(t)] = values[i]));
    for (const t of breaks) line[row.get(t)] = null;
    lines.push(line);
  };
  const [base, ...overlays] = series;
  add(base.at, base.mins);
  add(base.at, base.maxs);
  add(base.at, base.means);
  for (const s of overlays) add(s.at, s.means);
  return [x, ...lines];
}

// marks calls draw for each anomaly with its place and size. The most largest ones are as
// large as size, if they are apart; the others are dots, so that a machine that differs much
// does not hide its own line.
export function marks(anomalies, place, size, most, draw) {
  const taken = [];
  const dots = [];
  for (const a of anomalies.toSorted((a, b) => Math.abs(b.percent) - Math.abs(a.percent))) {
    const at = place(a);
    if (taken.length < most && taken.every(([x, y]) => Math.hypot(x - at[0], y - at[1]) > 2.5 * size)) taken.push(at);
    else dots.push(at);
  }
  for (const [x, y] of dots) draw(x, y, size * 0.4);
  for (const [x, y] of taken) draw(x, y, size);
}

// valueSpan returns the ends of the axis of values, with some space above and below: less
// than ticks are apart, so an axis of positive numbers has no negative tick.
export function valueSpan(min, max) {
  if (min === null || max === null) return [0, 1];
  if (min === 0 && max === 0) return [-0.08, 1];
  const margin = max > min ? 0.08 * (max - min) : Math.abs(max) / 10 || 1;
  return [min - margin, max + margin];
}

// ticks returns round numbers within [min, max]: about most of them, and at least three
// unless the two differ too little.
export function ticks(min, max, most) {
  const power = 10 ** Math.floor(Math.log10(max - min));
  let best = [];
  for (const step of [5, 2, 1, 0.5, 0.2, 0.1].map((n) => n * power)) {
    const first = Math.ceil(min / step - 1e-9);
    const last = Math.floor(max / step + 1e-9);
    const n = last - first + 1;
    if (best.length >= 3 && n > most) break;
    // Dividing by a whole number gives 0.3, where multiplying by 0.1 gives 0.30000000000000004.
    best = Array.from({ length: n }, (_, i) => (step < 1 ? (first + i) / Math.round(1 / step) : (first + i) * step));
    if (n >= 3 && n >= most) break;
  }
  return best;
}

// tickTexts returns the labels of ticks, with as many decimals as their distance has.
function tickTexts(at) {
  const digits = at.length > 1 ? words.places(Number(Math.abs(at[1] - at[0]).toPrecision(6))) : 6;
  return at.map((v) => words.number(v, digits, true));
}

// Chart is the chart of one field. onZoom is called with the range that was chosen by
// dragging or by keys, onReset when it is given up, onResize when the width has changed.
export class Chart {
  node;
  #label;
  #calls;
  #plot = null;
  #kind = "";
  #answer = null;
  #series = [];
  #domain = [0, 1];
  #spell = words.speller(null);
  #at = -1; // the column that is read out; -1: none
  #pointed = false; // the pointer or the focus is on this chart
  #tip = el("div", { class: "tip", hidden: true, "aria-hidden": "true" });
  #observer;

  constructor(label, calls) {
    this.#label = label;
    this.#calls = calls;
    this.node = el("div", { class: "plot", tabIndex: 0, role: "slider", "aria-label": label, "aria-valuemin": "0", "aria-valuemax": "0", "aria-valuenow": "0", "aria-valuetext": "no readings", on: { keydown: (e) => this.#key(e), focus: () => (this.#pointed = true), blur: () => this.#leave() } });
    this.#observer = new ResizeObserver(() => this.#resize());
    this.#observer.observe(this.node);
  }

  // points returns how many columns the chart has room for: one per pixel.
  points() {
    return Math.min(4000, Math.max(60, Math.round((this.node.clientWidth - rem(3.5)) / 20) * 20));
  }

  // draw shows the series of an answer of /series: the field's own, then its averages.
  draw(answer, series, domain, spell) {
    this.#answer = answer;
    this.#series = series;
    this.#domain = domain;
    this.#spell = spell;
    const base = series[0];
    this.node.dataset.points = base.at.length;
    this.node.dataset.field = base.field;
    const kind = `${answer.by} ${series.map((s) => s.field).join(" ")}`;
    if (kind !== this.#kind) this.#remove();
    this.#kind = kind;
    if (!this.node.clientWidth) return; // not on the page yet; #resize draws
    const data = merge(series, answer.gaps ?? [], (domain[1] - domain[0]) / Math.max(1, this.points()));
    if (!this.#plot) this.#make(data);
    else {
      this.#plot.batch(() => {
        this.#plot.setData(data, false);
        this.#plot.setScale("x", { min: domain[0], max: domain[1] });
      });
    }
    this.node.setAttribute("aria-valuemax", String(Math.max(0, base.at.length - 1)));
    if (this.#at >= base.at.length) this.#at = -1;
    this.#read(this.#at);
  }

  // recolour draws again with the colours of the present theme.
  recolour() {
    if (!this.#answer) return;
    this.#remove();
    this.draw(this.#answer, this.#series, this.#domain, this.#spell);
  }

  remove() {
    this.#observer.disconnect();
    this.#remove();
  }

  #remove() {
    this.#plot?.destroy();
    this.#plot = null;
    this.#tip.hidden = true;
  }

  #resize() {
    if (!this.node.clientWidth || !this.#answer) return;
    if (!this.#plot) return this.draw(this.#answer, this.#series, this.#domain, this.#spell);
    if (this.#plot.width === this.node.clientWidth && this.#plot.height === this.node.clientHeight) return;
    this.#plot.setSize({ width: this.node.clientWidth, height: this.node.clientHeight });
    this.#calls.onResize();
  }

  #make(data) {
    const c = { accent: colour("accent"), average: colour("average"), muted: colour("muted"), hairline: colour("hairline") };
    const font = `${Math.round(rem(0.75))}px ${getComputedStyle(document.body).fontFamily}`;
    const axis = { stroke: c.muted, font, grid: { stroke: c.hairline, width: 1 }, ticks: { show: false } };
    const none = { stroke: "transparent", width: 0, points: { show: false } };
    const byTime = this.#answer.by === "time";
    const dashes = [[6, 4], [2, 3], [10, 4, 2, 4]];
    this.#plot = new uPlot({
      width: this.node.clientWidth, height: this.node.clientHeight, ms: 1, padding: [rem(0.5), rem(1.25), 0, 0],
      legend: { show: false },
      cursor: { y: false, sync, drag: { x: true, y: false, setScale: false, dist: 8 }, points: { size: 7, show: true }, bind: { dblclick: () => () => this.#calls.onReset() } },
      scales: { x: { time: byTime, range: () => this.#domain }, y: { range: (u, min, max) => valueSpan(min, max) } },
      series: [
        {}, none, none,
        { stroke: c.accent, width: 1.75, points: { size: 5, fill: c.accent } },
        ...this.#series.slice(1).map((s, i) => ({ stroke: c.average, width: 1.75, dash: dashes[i % dashes.length], points: { show: false } })),
      ],
      bands: [{ series: [MAX, MIN], fill: `color-mix(in srgb, ${c.accent} 32%, transparent)` }],
      axes: [
        { ...axis, size: rem(1.75), space: rem(byTime ? 5.5 : 4.5), values: (u, at, i, space, step) => at.map((t) => (byTime ? words.tick(t, step) : words.number(t, 0))) },
        { ...axis, size: (u, labels) => Math.max(rem(2.75), rem(0.75) + rem(0.47) * Math.max(0, ...(labels ?? []).map((l) => l.length))), splits: (u, i, min, max) => ticks(min, max, Math.min(8, u.bbox.height / devicePixelRatio / rem(2))), values: (u, at) => tickTexts(at) },
      ],
      hooks: { drawAxes: [(u) => this.#drawGaps(u)], draw: [(u) => this.#drawAnomalies(u)], setCursor: [(u) => this.#moved(u)], setSelect: [(u) => this.#selected(u)] },
    }, data, this.node);
    this.#plot.over.append(this.#tip);
    this.#listen(this.#plot.over);
  }

  // Gaps have a ground of their own, so that they cannot be taken for a quiet machine.
  #drawGaps(u) {
    const { ctx, bbox } = u;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.fillStyle = colour("sunken");
    ctx.textAlign = "center";
    for (const [from, to] of this.#answer.gaps ?? []) {
      const left = u.valToPos(from, "x", true);
      const width = u.valToPos(to, "x", true) - left;
      if (width < 2 * devicePixelRatio) continue;
      ctx.fillStyle = colour("sunken");
      ctx.fillRect(left, bbox.top, width, bbox.height);
      ctx.fillStyle = colour("muted");
      ctx.font = `${Math.round(rem(0.6875) * devicePixelRatio)}px ${getComputedStyle(document.body).fontFamily}`;
      if (ctx.measureText("no readings").width + rem(0.5) < width) ctx.fillText("no readings", left + width / 2, bbox.top + rem(1) * devicePixelRatio);
    }
    ctx.restore();
  }

  #drawAnomalies(u) {
    const { ctx, bbox } = u;
    const size = rem(0.32) * devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left - size, bbox.top - size, bbox.width + 2 * size, bbox.height + 2 * size);
    ctx.clip();
    ctx.fillStyle = colour("anomaly");
    ctx.strokeStyle = colour("surface");
    ctx.lineWidth = devicePixelRatio;
    const place = (a) => [u.valToPos(a.at, "x", true), u.valToPos(a.value, "y", true)];
    marks(words.fits(this.#series[0]) ? (this.#series[0].anomalies ?? []) : [], place, size, 12, (x, y, r) => {
      ctx.beginPath();
      ctx.moveTo(x, y - r);
      ctx.lineTo(x + r, y);
      ctx.lineTo(x, y + r);
      ctx.lineTo(x - r, y);
      ctx.closePath();
      ctx.fill();
      if (r === size) ctx.stroke();
    });
    ctx.restore();
  }

  // uPlot follows the mouse; a finger is followed here. Moving it up and down scrolls the
  // page (touch-action in the style sheet).
  #listen(over) {
    const touch = (e) => {
      if (e.pointerType === "mouse") return;
      const box = over.getBoundingClientRect();
      this.#pointed = true;
      this.#plot.setCursor({ left: e.clientX - box.left, top: e.clientY - box.top });
    };
    over.addEventListener("pointerdown", touch);
    over.addEventListener("pointermove", touch);
    over.addEventListener("pointerenter", () => (this.#pointed = true));
    over.addEventListener("pointerleave", () => this.#leave());
  }

  #leave() {
    this.#pointed = document.activeElement === this.node && this.node.matches(":focus-visible");
    if (!this.#pointed) this.#tip.hidden = true;
  }

  #moved(u) {
    const left = u.cursor.left;
    if (!this.#pointed || left === undefined || left < 0) {
      this.#tip.hidden = true;
      return;
    }
    this.#at = nearest(this.#series[0].at, u.posToVal(left, "x"));
    this.#read(this.#at);
  }

  // read says the values of a column, in the box beside the cursor and to screen readers.
  #read(i) {
    const lines = i < 0 ? [] : this.#lines(i);
    const base = this.#series[0];
    this.node.setAttribute("aria-valuenow", String(Math.max(0, i)));
    this.node.setAttribute("aria-valuetext", i < 0 ? `${words.count(base.at.length, "column")}: the arrow keys read the values` : lines.join(", "));
    this.#tip.hidden = i < 0 || !this.#pointed || !this.#plot;
    if (this.#tip.hidden) return;
    this.#tip.textContent = lines.join("\n");
    const over = this.#plot.over;
    const x = this.#plot.valToPos(base.at[i], "x");
    const width = this.#tip.offsetWidth;
    const gap = rem(0.75);
    this.#tip.style.left = `${x + gap + width > over.clientWidth && x - gap - width > -rem(3) ? x - gap - width : Math.min(x + gap, Math.max(0, over.clientWidth - width))}px`;
    this.#tip.style.top = `${Math.max(0, Math.min(rem(0.5), over.clientHeight - this.#tip.offsetHeight))}px`;
  }

  #lines(i) {
    const [base, ...overlays] = this.#series;
    const byTime = this.#answer.by === "time";
    const at = base.at[i];
    const n = base.counts[i];
    const { reading, average } = this.#spell;
    const lines = [byTime ? words.time(at) : `record ${words.number(at, 0)}`];
    if (n === 1) lines.push(reading(base.means[i]));
    else lines.push(`mean ${average(base.means[i])} of ${n} readings`, `lowest ${reading(base.mins[i])}, highest ${reading(base.maxs[i])}`);
    for (const s of overlays) {
      const k = nearest(s.at, at);
      if (k >= 0) lines.push(`${overlayName(s.field)} ${average(s.means[k])}`);
    }
    const end = base.at[i + 1] ?? Infinity;
    const anomalies = (words.fits(base) ? (base.anomalies ?? []) : []).filter((a) => a.at >= at && a.at < end);
    if (anomalies.length > 0) lines.push(`anomaly: ${reading(anomalies[0].value)} (${words.signedPercent(anomalies[0].percent)})${anomalies.length > 1 ? ` and ${anomalies.length - 1} more` : ""}`);
    return lines;
  }

  #selected(u) {
    const { left, width } = u.select;
    if (width < 8) return;
    const from = Math.round(u.posToVal(left, "x"));
    const to = Math.round(u.posToVal(left + width, "x"));
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    if (this.#answer.by === "time" && to - from >= 10) this.#calls.onZoom(from, to);
  }

  #key(e) {
    const base = this.#series[0];
    if (!base || !this.#plot || e.ctrlKey || e.metaKey || e.altKey) return;
    const last = base.at.length - 1;
    const start = this.#at < 0 ? last + 1 : this.#at;
    const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity };
    if (e.key in steps && last >= 0) {
      this.#pointed = true;
      const to = Math.max(0, Math.min(last, start + steps[e.key]));
      this.#plot.setCursor({ left: this.#plot.valToPos(base.at[to], "x"), top: this.#plot.over.clientHeight / 2 }, true, true);
      this.#at = to;
      this.#read(to);
    } else if (e.key === "Escape") this.#calls.onReset();
    else if ((e.key === "+" || e.key === "-") && this.#answer.by === "time") {
      const [from, to] = this.#domain;
      const middle = this.#at < 0 ? to : base.at[this.#at];
      const half = ((to - from) / 2) * (e.key === "+" ? 0.5 : 2);
      if (half >= 10) this.#calls.onZoom(Math.round(middle - half), Math.round(middle + half));
    } else return;
    e.preventDefault();
  }
}

// nearest returns the index of the time nearest to t; -1 if there are none.
function nearest(times, t) {
  let low = 0;
  let high = times.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < t) low = middle + 1;
    else high = middle;
  }
  if (low > 0 && t - times[low - 1] < times[low] - t) low--;
  return times.length === 0 ? -1 : low;
}
