import { $, el, hide, rate, text, utc, zonedTime } from './format.js';

const SPAN_MS = 5 * 60 * 1000;
const TOP = 5;
const OTHERS = 'others';

/** The events per second of the last five minutes, stacked by type, drawn once a second. */
export class Curve {
  #rates;
  #canvas = $('curve');
  #context = this.#canvas.getContext('2d');
  #slots = new Array(TOP).fill(null); // a type keeps its colour as long as it is among the top ones
  #rows = new Map();
  #pointer = null;
  #colours;
  #described = 0;

  constructor(rates) {
    this.#rates = rates;
    new ResizeObserver(() => this.draw()).observe(this.#canvas.parentElement);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.#colours = null;
      this.draw();
    });
    this.#canvas.addEventListener('pointermove', (e) => {
      this.#pointer = e.offsetX;
      this.draw();
    });
    for (const gone of ['pointerleave', 'pointercancel']) {
      this.#canvas.addEventListener(gone, () => {
        this.#pointer = null;
        this.draw();
      });
    }
  }

  draw() {
    const samples = this.#rates.samples;
    const known = samples.some((s) => s.byKey);
    hide($('curve-empty'), known);
    if (document.hidden) return;
    const sums = this.#sums(samples);
    this.#assign(sums);
    const series = this.#slots.filter(Boolean).sort((a, b) => sums.get(b) - sums.get(a));
    const stacked = samples.map((s) => ({ t: s.t, values: s.byKey && this.#stack(s.byKey, series) }));
    const end = samples.at(-1)?.t ?? Date.now();
    const at = this.#paint(stacked, series, end);
    if (known) this.#legend(stacked, series, at);
  }

  #sums(samples) {
    const sums = new Map();
    for (const s of samples) for (const [key, n] of Object.entries(s.byKey ?? {})) sums.set(key, (sums.get(key) ?? 0) + n);
    return sums;
  }

  #assign(sums) {
    const top = [...sums.keys()].sort((a, b) => sums.get(b) - sums.get(a)).slice(0, TOP);
    this.#slots = this.#slots.map((key) => (top.includes(key) ? key : null));
    for (const key of top) if (!this.#slots.includes(key)) this.#slots[this.#slots.indexOf(null)] = key;
  }

  /** The values of the series, the others' sum last. */
  #stack(byKey, series) {
    const values = series.map((key) => byKey[key] ?? 0);
    let others = 0;
    for (const [key, n] of Object.entries(byKey)) if (!series.includes(key)) others += n;
    values.push(others);
    return values;
  }

  #colour(key) {
    if (!this.#colours) {
      const style = getComputedStyle(document.documentElement);
      this.#colours = Object.fromEntries(
        ['s0', 's1', 's2', 's3', 's4', 's5', 'card', 'sunk', 'line', 'muted', 'text'].map((n) => [n, style.getPropertyValue(`--${n}`).trim()]));
    }
    return this.#colours[key];
  }

  #seriesColour(key) {
    return this.#colour(key === OTHERS ? 's5' : `s${this.#slots.indexOf(key)}`);
  }

  /** Paints, and answers the index of the sample under the pointer, or -1. */
  #paint(stacked, series, end) {
    const box = this.#canvas.parentElement;
    const width = box.clientWidth;
    const height = box.clientHeight;
    const ratio = devicePixelRatio || 1;
    if (this.#canvas.width !== Math.round(width * ratio) || this.#canvas.height !== Math.round(height * ratio)) {
      this.#canvas.width = Math.round(width * ratio);
      this.#canvas.height = Math.round(height * ratio);
    }
    const g = this.#context;
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.clearRect(0, 0, width, height);
    g.font = `12px ${getComputedStyle(box).fontFamily}`;
    const total = (values) => values.reduce((a, b) => a + b, 0);
    const highest = Math.max(1, ...stacked.map((s) => (s.values ? total(s.values) : 0)));
    const step = niceStep(highest / 5);
    const top = Math.ceil((highest * 1.02) / step) * step;
    const left = Math.ceil(g.measureText(rate(top)).width) + 10;
    const bottom = height - 22;
    const x = (t) => left + (1 - (end - t) / SPAN_MS) * (width - left - 1);
    const y = (v) => bottom - (v / top) * (bottom - 8);

    g.textBaseline = 'middle';
    g.textAlign = 'right';
    g.lineWidth = 1;
    for (let v = 0; v <= top + step / 1e6; v += step) {
      g.strokeStyle = this.#colour('line');
      g.beginPath();
      g.moveTo(left, Math.round(y(v)) + 0.5);
      g.lineTo(width, Math.round(y(v)) + 0.5);
      g.stroke();
      g.fillStyle = this.#colour('muted');
      g.fillText(rate(v), left - 6, y(v));
    }
    g.textBaseline = 'alphabetic';
    for (let m = 0; m <= 5; m++) {
      g.textAlign = m === 0 ? 'right' : m === 5 ? 'left' : 'center';
      g.fillText(m === 0 ? 'now' : `${m} min`, x(end - m * 60000), height - 5);
    }

    g.save();
    g.beginPath();
    g.rect(left, 0, width - left, bottom + 1);
    g.clip();
    // no numbers: the relay was not heard, which is not the same as no events
    stacked.forEach((s, i) => {
      if (s.values) return;
      const from = x(stacked[i - 1]?.t ?? s.t);
      const to = x(stacked[i + 1]?.t ?? end);
      g.fillStyle = this.#colour('sunk');
      g.fillRect(from, 0, to - from, bottom);
      g.fillStyle = this.#colour('muted');
      g.textAlign = 'center';
      if (to - from > 60) g.fillText('not seen', (from + to) / 2, bottom - 8);
    });
    const names = [...series, OTHERS];
    for (const run of runs(stacked)) {
      const below = new Array(run.length).fill(0);
      names.forEach((name, n) => {
        g.beginPath();
        run.forEach((s, i) => g.lineTo(x(s.t), y(below[i])));
        for (let i = run.length - 1; i >= 0; i--) {
          below[i] += run[i].values[n];
          g.lineTo(x(run[i].t), y(below[i]));
        }
        g.closePath();
        g.fillStyle = this.#seriesColour(name);
        g.fill();
        // a hair of background parts the areas, so that they are told apart without their colour
        g.beginPath();
        run.forEach((s, i) => g.lineTo(x(s.t), y(below[i])));
        g.strokeStyle = this.#colour('card');
        g.lineWidth = 0.6;
        if (name !== OTHERS) g.stroke();
      });
    }
    let at = -1;
    if (this.#pointer != null) {
      let nearest = 12;
      stacked.forEach((s, i) => {
        const away = Math.abs(x(s.t) - this.#pointer);
        if (s.values && away < nearest) {
          nearest = away;
          at = i;
        }
      });
      if (at >= 0) {
        g.strokeStyle = this.#colour('text');
        g.lineWidth = 1;
        g.beginPath();
        g.moveTo(Math.round(x(stacked[at].t)) + 0.5, 4);
        g.lineTo(Math.round(x(stacked[at].t)) + 0.5, bottom);
        g.stroke();
      }
    }
    g.restore();
    return at;
  }

  #legend(stacked, series, at) {
    const seen = stacked.filter((s) => s.values);
    const shown = at >= 0 ? [stacked[at]] : seen.slice(-5);
    const mean = (list, n) => list.reduce((sum, s) => sum + s.values[n], 0) / list.length;
    const all = (list) => [...series, OTHERS].reduce((sum, _, n) => sum + mean(list, n), 0);
    text($('legend-now'), at >= 0 ? zonedTime(stacked[at].t) : 'now');
    $('legend-now').title = at >= 0 ? utc(stacked[at].t) : 'mean of the last 5 s';
    const body = $('legend').tBodies[0];
    const lines = [...series.map((key, n) => [key, this.#slots.indexOf(key), mean(shown, n), mean(seen, n)])];
    if (seen.some((s) => s.values[series.length] > 0)) lines.push([OTHERS, 5, mean(shown, series.length), mean(seen, series.length)]);
    lines.push(['all', null, all(shown), all(seen)]);
    lines.forEach(([key, slot, now, long], i) => {
      let row = this.#rows.get(key);
      if (!row) {
        row = el('tr', { 'data-key': key }, el('th', { scope: 'row' }, el('span', { class: 'swatch' }), el('span', { class: 'name' }, key)), el('td', { class: 'n' }), el('td', { class: 'n' }));
        this.#rows.set(key, row);
      }
      row.firstChild.firstChild.className = slot == null ? 'swatch none' : `swatch s${slot}`;
      text(row.children[1], rate(now));
      text(row.children[2], rate(long));
      if (body.children[i] !== row) body.insertBefore(row, body.children[i] ?? null);
    });
    while (body.children.length > lines.length) {
      this.#rows.delete(body.lastChild.dataset.key);
      body.lastChild.remove();
    }
    if (performance.now() - this.#described > 10000) {
      this.#described = performance.now();
      const totals = seen.map((s) => s.values.reduce((a, b) => a + b, 0));
      this.#canvas.setAttribute('aria-label',
        `Events per second of the last 5 minutes: now ${rate(totals.at(-1))}, mean ${rate(all(seen))}, highest ${rate(Math.max(...totals))}. The table has them by type.`);
    }
  }
}

/** Pieces without a hole. */
function runs(stacked) {
  const found = [];
  let run = [];
  for (const s of stacked) {
    if (s.values) run.push(s);
    else if (run.length) {
      found.push(run);
      run = [];
    }
  }
  if (run.length) found.push(run);
  return found;
}

function niceStep(raw) {
  const power = 10 ** Math.floor(Math.log10(raw));
  const factor = [1, 2, 5, 10].find((f) => f * power >= raw * 0.999) ?? 10;
  return factor * power;
}
