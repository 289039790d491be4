// words.js turns numbers, times and facts into text. The page is in English, so its
// numbers are too; times are those of the reader's zone, in 24 hours.

const locale = "en-GB";
const numberFormats = new Map();
const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const minutes = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" });
const dayOfYear = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" });

// decimals returns how many decimals tell apart the values between min and max: about
// three digits of their distance.
export function decimals(min, max) {
  const size = max > min ? max - min : Math.abs(max) / 10;
  if (!(size > 0) || !isFinite(size)) return 0;
  return Math.min(9, Math.max(0, 2 - Math.floor(Math.log10(size))));
}

// number returns v with at most digits decimals, or exactly that many if fixed, so that
// a value that changes does not move.
export function number(v, digits = 2, fixed = false) {
  if (v === null || v === undefined || Number.isNaN(v)) return "–";
  const size = Math.abs(v);
  if (size >= 1e9 || (size > 0 && size < 1e-6)) return v.toExponential(3).replace("e+", "e").replace("-", "−");
  const key = `${digits} ${fixed}`;
  let format = numberFormats.get(key);
  if (!format) {
    format = new Intl.NumberFormat(locale, { maximumFractionDigits: digits, minimumFractionDigits: fixed ? digits : 0 });
    numberFormats.set(key, format);
  }
  return format.format(v).replace("-", "−");
}

// places returns how many decimals the shortest text of v has.
export function places(v) {
  return /^-?\d+\.(\d+)$/.exec(String(v))?.[1].length ?? 0;
}

// speller returns how the numbers of a series of /series are written, so that one number
// looks the same wherever it is shown: reading(v) and average(v) return its text. Readings
// have the decimals they came with, and averages those that tell the readings apart; both
// are cut where the distance between the smallest and the largest reading makes more of
// them meaningless. series may be null, as long as nothing is known.
export function speller(series) {
  let natural = 0;
  for (const v of series ? [series.min ?? 0, series.max ?? 0, ...series.mins, ...series.maxs] : []) natural = Math.max(natural, places(v));
  const apart = series && series.count > 0 ? decimals(series.min, series.max) : 2;
  const fine = !series ? apart : series.min < series.max ? Math.min(natural + 2, Math.max(apart, Math.min(2, natural))) : Math.min(natural, apart);
  const coarse = Math.min(natural, fine);
  return {
    reading: (v) => (v === null ? "–" : number(v, Math.max(coarse, Math.min(2, places(v))), true)),
    average: (v) => number(v, fine, true),
  };
}

// count returns "1 reading", "1,234 readings".
export function count(n, one, many = `${one}s`) {
  return `${number(n, 0)} ${n === 1 ? one : many}`;
}

// signedPercent returns a percentage with its sign, as in +37.6 %.
export function signedPercent(v) {
  return `${v > 0 ? "+" : ""}${number(v, 1, true)} %`;
}

// newestDay is the day of the stream's newest reading: of a replayed file, it is not today.
let newestDay = "";

// setNewest says when the newest reading of the stream is from.
export function setNewest(ms) {
  newestDay = ms === null ? "" : new Date(ms).toDateString();
}

// time returns the time of day, with the day if that is neither today nor the day of the
// newest reading.
export function time(ms) {
  const at = new Date(ms);
  return at.toDateString() === newestDay ? clock.format(at) : withDay(at, clock.format(at));
}

// fullTime is time with the day unless that is today.
export function fullTime(ms) {
  const at = new Date(ms);
  return withDay(at, clock.format(at));
}

// timeOfDay returns hours, minutes and seconds alone.
export function timeOfDay(ms) {
  return clock.format(new Date(ms));
}

// shortTime is time without seconds.
export function shortTime(ms) {
  const at = new Date(ms);
  return at.toDateString() === newestDay ? minutes.format(at) : withDay(at, minutes.format(at));
}

function withDay(at, text) {
  const now = new Date();
  if (at.toDateString() === now.toDateString()) return text;
  return `${(at.getFullYear() === now.getFullYear() ? day : dayOfYear).format(at)}, ${text}`;
}

// between returns "from A to B", with the day once if both are on the same one.
export function between(from, to) {
  const same = new Date(from).toDateString() === new Date(to).toDateString();
  return `from ${time(from)} to ${same ? timeOfDay(to) : time(to)}`;
}

// tick returns the label of a time axis whose labels are step milliseconds apart.
export function tick(ms, step) {
  const at = new Date(ms);
  if (step >= 86400000 || (at.getHours() === 0 && at.getMinutes() === 0 && at.getSeconds() === 0)) return day.format(at);
  if (step >= 60000) return minutes.format(at);
  if (step >= 1000) return clock.format(at);
  return `${clock.format(at)}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

// span returns a length of time in its largest unit or two: 5 s, 3 min, 2 h 5 min, 4 days.
export function span(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return `${s} s`;
  const min = Math.floor(s / 60);
  if (min < 60) return `${min} min`;
  const h = Math.floor(min / 60);
  if (h < 48) return min % 60 ? `${h} h ${min % 60} min` : `${h} h`;
  return `${Math.floor(h / 24)} days`;
}

// rate returns lines per second, per minute or per hour, in the smallest of these units
// in which there is at least one; "" if there are none.
export function rate(perSecond) {
  if (!(perSecond > 0)) return "";
  for (const [unit, n] of [["s", perSecond], ["min", perSecond * 60]]) {
    if (n < 0.95) continue;
    const text = number(n, n < 9.95 ? 1 : 0);
    return `${text} ${text === "1" ? "line" : "lines"}/${unit}`;
  }
  return `${number(perSecond * 3600, 0)} lines/h`;
}

// age returns how long ago something was, as in "5 s ago" or "just now".
export function age(ms) {
  return ms < 1500 ? "just now" : `${span(ms)} ago`;
}

// zone returns the reader's zone, as in "Europe/Berlin, UTC+2".
export function zone() {
  const name = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const east = -new Date().getTimezoneOffset();
  if (east === 0) return name === "UTC" ? "UTC" : `${name}, UTC`;
  const h = Math.floor(Math.abs(east) / 60);
  const min = Math.abs(east) % 60;
  return `${name}, UTC${east < 0 ? "−" : "+"}${h}${min ? `:${String(min).padStart(2, "0")}` : ""}`;
}

// shownName returns a name with those characters escaped that cannot be seen: a name with
// U+202E would be displayed in the order of Arabic, and gnp.exe as exe.png.
export function shownName(name) {
  return name.replace(/[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu, (c) => `\\u${c.codePointAt(0).toString(16).padStart(4, "0")}`);
}

// fits reports whether a distance from the average says anything about a series: of one
// that goes up and down all the time, most readings are far from it, and none is unusual.
export function fits(series) {
  return 3 * series.anomaly_count <= series.count;
}

// anomalySentence says which readings of a series differ from the mean, as in
// "3 of 500 readings differ by more than 20 % from the average 71.2; the largest,
// 98 (+37.6 %), at 08:01:10."
export function anomalySentence(series, spell, byTime) {
  const n = series.anomaly_count;
  const mean = spell.average(series.mean);
  if (!fits(series)) return `No anomalies are marked: this field varies so much that ${number(n, 0)} of ${count(series.count, "reading")} ${n === 1 ? "differs" : "differ"} by more than 20 % from the average ${mean}.`;
  let text = `${number(n, 0)} of ${count(series.count, "reading")} ${n === 1 ? "differs" : "differ"} by more than 20 % from the average ${mean}`;
  const worst = largest(series.anomalies);
  if (worst) text += `${n === 1 ? ":" : "; the largest,"} ${anomaly(worst, spell, byTime)}`;
  return `${text}.`;
}

// anomaly says one: "98 (+37.6 %), at 08:01:10".
export function anomaly(a, spell, byTime) {
  return `${spell.reading(a.value)} (${signedPercent(a.percent)}), at ${byTime ? time(a.at) : `record ${number(a.at, 0)}`}`;
}

// byName compares names so that m2 comes before m10.
export const byName = new Intl.Collator(locale, { numeric: true }).compare;

function largest(list) {
  return list.reduce((most, a) => (!most || Math.abs(a.percent) > Math.abs(most.percent) ? a : most), null);
}
