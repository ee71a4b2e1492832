import { number } from './format.js';

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 96;
const HEIGHT = 22;
const MINUTES = 60;

/** A small curve of the events that waited in the last hour, a point a minute, scaled to its own highest. */
export class Sparkline {
  node = document.createElementNS(SVG, 'svg');
  #line = document.createElementNS(SVG, 'path');
  #area = document.createElementNS(SVG, 'path');
  #drawn = '';

  constructor() {
    this.node.setAttribute('class', 'spark');
    this.node.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
    this.node.setAttribute('aria-hidden', 'true');
    this.#area.setAttribute('class', 'spark-area');
    this.#line.setAttribute('class', 'spark-line');
    this.node.append(this.#area, this.#line);
  }

  /** @param minutes up to 60 numbers, the oldest first; answers what the curve says in words */
  draw(minutes) {
    const shown = minutes.slice(-MINUTES);
    const key = shown.join();
    if (key !== this.#drawn) {
      this.#drawn = key;
      const highest = Math.max(1, ...shown);
      const step = WIDTH / (MINUTES - 1);
      const points = shown.map((n, i) => [WIDTH - (shown.length - 1 - i) * step, HEIGHT - 1.5 - (n / highest) * (HEIGHT - 4)]);
      const path = points.map(([x, y], i) => `${i ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');
      this.#line.setAttribute('d', points.length > 1 ? path : '');
      this.#area.setAttribute('d', points.length > 1 ? `${path}L${WIDTH} ${HEIGHT}L${points[0][0].toFixed(1)} ${HEIGHT}Z` : '');
    }
    return shown.length ? `In the last ${shown.length === 1 ? 'minute' : `${shown.length} minutes`}: ${number(Math.max(...shown))} at most` : '';
  }
}
