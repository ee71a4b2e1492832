/** Words, numbers and times for people. Nothing here touches the page, except el() and text(), which only ever set text. */

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** The zone of all times on the page: local or utc; the choice is remembered. */
const ZONE = 'ens-relay-zone';
let isUtc = read() === 'utc';
let formats = makeFormats();
const zoneChanged = [];

function read() {
  try {
    return localStorage.getItem(ZONE);
  } catch {
    return null; // a browser that keeps nothing
  }
}

function makeFormats() {
  const zone = isUtc ? { timeZone: 'UTC' } : {};
  const hours = { hour: '2-digit', minute: '2-digit', second: '2-digit', ...zone };
  return {
    clock: new Intl.DateTimeFormat('en-GB', hours),
    dayClock: new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', ...hours }),
    day: new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', ...zone }),
  };
}

export const zone = {
  get isUtc() { return isUtc; },
  /** UTC, or the local offset of a moment such as UTC+1 or UTC+5:30. */
  name(date = new Date()) {
    if (isUtc) return 'UTC';
    const minutes = -date.getTimezoneOffset();
    const rest = Math.abs(minutes) % 60;
    return `UTC${minutes < 0 ? '−' : '+'}${Math.floor(Math.abs(minutes) / 60)}${rest ? `:${String(rest).padStart(2, '0')}` : ''}`;
  },
  choose(utcWanted) {
    isUtc = utcWanted;
    formats = makeFormats();
    try {
      localStorage.setItem(ZONE, isUtc ? 'utc' : 'local');
    } catch {
      // it is not remembered
    }
    for (const listener of zoneChanged) listener();
  },
  onChange(listener) { zoneChanged.push(listener); },
};

/** The ISO time of a datetime-local field, which is in the page's zone. */
export function fromInput(value) {
  return new Date(isUtc ? `${value}Z` : value).toISOString();
}

export const UNKNOWN = '–';

export function number(value) {
  return value == null ? UNKNOWN : whole.format(value);
}

/** Events per second: 0, 0.3, 9.8, 12, 1,204. */
export function rate(value) {
  if (value == null) return UNKNOWN;
  if (value === 0) return '0';
  if (value < 0.05) return '< 0.1';
  return value < 9.95 ? tenth.format(value) : whole.format(value);
}

export function bytes(value) {
  if (value == null) return UNKNOWN;
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 9.95 && unit ? tenth.format(value) : whole.format(value)} ${units[unit]}`;
}

/** 12 s, 3 min, 2 h 5 min, 6 d 4 h. */
export function duration(seconds) {
  if (seconds == null || Number.isNaN(seconds)) return UNKNOWN;
  const s = Math.max(0, Math.floor(seconds));
  if (s === 0) return seconds > 0 ? '< 1 s' : '0 s';
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86400) return two(Math.floor(s / 3600), 'h', Math.floor((s % 3600) / 60), 'min');
  return two(Math.floor(s / 86400), 'd', Math.floor((s % 86400) / 3600), 'h');
}

function two(big, bigUnit, small, smallUnit) {
  return small ? `${big} ${bigUnit} ${small} ${smallUnit}` : `${big} ${bigUnit}`;
}

/** The time of day, with the day when it is not today; for columns whose head says the zone. */
export function clockTime(iso) {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return visible(String(iso));
  return formats.day.format(date) === formats.day.format(new Date()) ? formats.clock.format(date) : formats.dayClock.format(date);
}

/** The same with its zone, for sentences. */
export function zonedTime(iso) {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? visible(String(iso)) : `${clockTime(iso)} ${zone.name(date)}`;
}

/** In the page's zone and in UTC, for a single event. */
export function wholeTime(iso) {
  return isUtc ? utc(iso) : `${zonedTime(iso)} · ${utc(iso)}`;
}

export function dayOf(iso) {
  return formats.day.format(new Date(iso));
}

export function utc(iso) {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? '' : `${date.toISOString().replace('T', ' ').replace('Z', '')} UTC`;
}

/**
 * Characters that show nothing, or that turn the text around, are written out as \u202e: nothing that a device
 * or an endpoint says can look like something else. In JSON text the result is the same JSON.
 */
const hidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;
export function visible(value) {
  return String(value).replace(hidden, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** On one line, which ends somewhere. */
export function oneLine(value) {
  const line = String(value).slice(0, 1000).replace(/\s+/g, ' ').trim();
  return visible(line.length > 500 ? `${line.slice(0, 500)}…` : line);
}

export function plural(n, one, many) {
  return `${number(n)} ${n === 1 ? one : many}`;
}

export const $ = (id) => document.getElementById(id);

/** Sets the text where it has changed: no work for the browser, and no word of a screen reader, for what stays. */
export function text(node, value) {
  if (node.textContent !== value) node.textContent = value;
}

export function title(node, value) {
  if (node.title !== value) node.title = value;
}

export function hide(node, hidden) {
  if (node.hidden !== hidden) node.hidden = hidden;
}

/** Switches a button off without taking the focus from it. */
export function off(button, isOff) {
  const now = button.getAttribute('aria-disabled') === 'true';
  if (now !== isOff) button.setAttribute('aria-disabled', String(isOff));
}
document.addEventListener('click', (e) => {
  if (e.target.closest?.('[aria-disabled="true"]')) {
    e.preventDefault();
    e.stopImmediatePropagation();
  }
}, true);

/** A new element; children are nodes or text. */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(key, '');
    else if (value != null && value !== false) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

const SVG = 'http://www.w3.org/2000/svg';
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}

export function setIcon(svg, name) {
  const use = svg.firstElementChild;
  if (use.getAttribute('href') !== `#i-${name}`) use.setAttribute('href', `#i-${name}`);
}

/** The state of a box or row: a word and a sign in its .badge. */
export function badge(box, [word, sign]) {
  const node = box.querySelector('.badge');
  if (!node.firstChild) node.append(icon(sign), el('span'));
  box.dataset.state = sign;
  node.dataset.state = sign;
  setIcon(node.firstChild, sign);
  text(node.lastChild, word);
}

/** Makes the rows of a table those of the list, by name and in its order. Rows are kept, and moved only where the order has changed. */
export function placeRows(body, rows, list, make) {
  const names = new Set(list.map((each) => each.name));
  for (const [name, row] of rows) {
    if (names.has(name)) continue;
    row.node.remove();
    rows.delete(name);
  }
  list.forEach((each, i) => {
    if (!rows.has(each.name)) rows.set(each.name, make(each.name));
    const { node } = rows.get(each.name);
    if (body.children[i] !== node) body.insertBefore(node, body.children[i] ?? null);
  });
}
