/** Words, numbers and times for people. Nothing here touches the page, except el() and text(), which only ever set text. */

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const dayClock = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit' });
const yearDay = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });

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

/** Local time, with the day when it is not today. */
export function localTime(iso) {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return visible(String(iso));
  return date.toDateString() === new Date().toDateString() ? clock.format(date) : dayClock.format(date);
}

export function localDay(iso) {
  return yearDay.format(new Date(iso));
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

export function time(node, iso) {
  if (iso == null) {
    text(node, UNKNOWN);
    title(node, '');
  } else {
    text(node, localTime(iso));
    title(node, utc(iso));
  }
}

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
