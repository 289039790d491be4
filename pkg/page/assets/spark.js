// spark.js draws the small chart of a tile: the band and the mean of a field, and its
// anomalies, without axes. A tile says its values in words beside it.

import { marks } from "./chart.js";
import { colour, rem } from "./dom.js";
import { fits } from "./words.js";

// spark draws a series on a canvas, over a domain of [from, to]. Lines break in gaps.
export function spark(canvas, series, gaps, domain) {
  const scale = devicePixelRatio;
  const width = Math.round(canvas.clientWidth * scale);
  const height = Math.round(canvas.clientHeight * scale);
  if (!width || !height) return;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const ctx = canvas.getContext("2d");
  ctx.clearRect(0, 0, width, height);
  const n = series.at.length;
  if (n === 0) return;
  const margin = rem(0.3) * scale;
  let low = Math.min(...series.mins);
  let high = Math.max(...series.maxs);
  if (low === high) [low, high] = [low - 1, high + 1];
  const x = (t) => margin + ((t - domain[0]) / (domain[1] - domain[0] || 1)) * (width - 2 * margin);
  const y = (v) => height - margin - ((v - low) / (high - low)) * (height - 2 * margin);
  ctx.lineJoin = "round";
  ctx.lineWidth = 1.5 * scale;
  ctx.strokeStyle = colour("accent");
  for (const [from, to] of parts(series.at, gaps)) {
    ctx.beginPath();
    for (let i = from; i <= to; i++) ctx.lineTo(x(series.at[i]), y(series.maxs[i]));
    for (let i = to; i >= from; i--) ctx.lineTo(x(series.at[i]), y(series.mins[i]));
    ctx.closePath();
    ctx.globalAlpha = 0.32;
    ctx.fillStyle = colour("accent");
    ctx.fill();
    ctx.globalAlpha = 1;
    ctx.beginPath();
    if (from === to) ctx.moveTo(x(series.at[from]) - scale, y(series.means[from]));
    for (let i = from; i <= to; i++) ctx.lineTo(x(series.at[i]), y(series.means[i]));
    ctx.stroke();
  }
  ctx.fillStyle = colour("anomaly");
  const size = rem(0.25) * scale;
  marks(fits(series) ? (series.anomalies ?? []) : [], (a) => [x(a.at), y(a.value)], size, 5, (x, y, r) => {
    ctx.beginPath();
    ctx.moveTo(x, y - r);
    ctx.lineTo(x + r, y);
    ctx.lineTo(x, y + r);
    ctx.lineTo(x - r, y);
    ctx.fill();
  });
}

// parts returns the first and last index of each part between gaps.
function parts(at, gaps) {
  const result = [];
  let first = 0;
  for (let i = 1; i < at.length; i++) {
    if (!gaps.some(([from, to]) => at[i - 1] <= from && to <= at[i])) continue;
    result.push([first, i - 1]);
    first = i;
  }
  result.push([first, at.length - 1]);
  return result;
}
