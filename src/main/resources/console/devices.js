import { $, clockTime, el, hide, number, oneLine, plural, text, utc, visible, wholeTime, zonedTime } from './format.js';
import { get, post } from './relay.js';
import { pretty } from './json.js';
import { content, pairs } from './panel.js';
import { ask } from './ask.js';

const SHOWN = 100;
const HISTORY = 50;
const TYPING_MS = 350;
const AGAIN_MS = 30000;
const MOST_BARS = 8;
const SVG = 'http://www.w3.org/2000/svg';
const UNKNOWN = 'unknown';
const STATES = [['true', 'compliant'], ['false', 'not compliant'], [UNKNOWN, 'unknown']];
const FIELDS = ['text', 'tenant', 'os', 'status', 'compliant', 'seen'];
const AGES = { '1d': 1, '7d': 7, '30d': 30, '90d': 90 };

/** What was last seen of each device: counts by platform and state, the list, and one device with its history. */
export class Devices {
  #panel;
  #clock;
  #counts = null;
  #items = [];
  #total = 0;
  #turn = 0;
  #visible = false;
  #loadedWhen = 0;

  /** @param clock answers the relay's time in ms, or null */
  constructor(panel, clock) {
    this.#panel = panel;
    this.#clock = clock;
    this.#listen();
    new IntersectionObserver(([entry]) => {
      this.#visible = entry.isIntersecting;
      this.update();
    }, { rootMargin: '300px' }).observe($('devices'));
  }

  /** The list is read again where that disturbs nobody, and only while it can be seen. */
  update() {
    const reading = this.#panel.open || $('ask').open || $('devices').contains(document.activeElement);
    const isDue = this.#loadedWhen === 0 || (!reading && performance.now() - this.#loadedWhen > AGAIN_MS);
    if (this.#visible && isDue && this.#clock() != null) this.load();
  }

  /** The tenants to choose from; none: there is only one. */
  setTenants(names) {
    hide($('devices-tenant-field'), names.length === 0);
    this.#options($('devices-tenant'), names);
  }

  showTimes() {
    if (this.#items.length) this.#showRows();
  }

  async load(keepResult = false) {
    const turn = ++this.#turn;
    this.#loadedWhen = performance.now();
    if (!keepResult) this.#result('');
    try {
      const [counts, page] = await Promise.all([get('api/device-counts'), get('api/devices', { ...this.#filter(), order: 'seen', limit: SHOWN })]);
      if (turn !== this.#turn) return;
      this.#counts = counts;
      this.#items = page.items;
      this.#total = page.total;
      hide($('devices-there'), false);
      hide($('devices-table'), false);
      text($('devices-empty'), this.#hasFilter() ? 'No device fits the filter.' : 'No device was seen yet.');
      this.#showCounts();
      this.#showRows();
    } catch (e) {
      if (turn !== this.#turn) return;
      if (this.#counts) this.#result(visible(e.message), true);
      else {
        hide($('devices-table'), true);
        text($('devices-empty'), e.refused ? `${capital(visible(e.message))}.` : `Cannot read the devices: ${visible(e.message)}`);
      }
    }
  }

  #filter() {
    const filter = {};
    for (const name of FIELDS) {
      const value = $(`devices-${name}`).value.trim();
      if (!value) continue;
      if (name === 'seen') filter.seenBefore = new Date((this.#clock() ?? Date.now()) - AGES[value] * 86400000).toISOString();
      else filter[name] = value;
    }
    return filter;
  }

  #hasFilter() {
    return FIELDS.some((name) => $(`devices-${name}`).value.trim());
  }

  #listen() {
    let typing = 0;
    $('devices-filter').addEventListener('input', (e) => {
      clearTimeout(typing);
      typing = setTimeout(() => this.load(), e.target.tagName === 'SELECT' ? 0 : TYPING_MS);
    });
    $('devices-filter').addEventListener('submit', (e) => {
      e.preventDefault();
      clearTimeout(typing);
      this.load();
    });
    $('devices-clear').addEventListener('click', () => {
      for (const name of FIELDS) $(`devices-${name}`).value = '';
      this.load();
      $('devices-text').focus();
    });
    $('devices-refresh').addEventListener('click', () => this.load());
    for (const id of ['devices-bars', 'devices-statuses']) {
      $(id).addEventListener('click', (e) => {
        const button = e.target.closest('button');
        if (!button) return;
        const select = $(`devices-${button.dataset.field}`);
        select.value = select.value === button.dataset.value ? '' : button.dataset.value;
        this.load();
      });
    }
    $('devices-rows').addEventListener('click', (e) => {
      const row = e.target.closest('tr');
      if (row && !getSelection().toString()) {
        row.querySelector('button').focus({ preventScroll: true });
        this.#open(this.#items[row.sectionRowIndex], row);
      }
    });
  }

  #options(select, values) {
    for (const value of values) {
      if (![...select.options].some((o) => o.value === value)) select.append(el('option', { value }, visible(value)));
    }
  }

  #showCounts() {
    const tenant = $('devices-tenant').value;
    const counts = this.#counts.counts.filter((c) => !tenant || c.tenant === tenant);
    text($('devices-note'), `${plural(counts.reduce((sum, c) => sum + c.devices, 0), 'device', 'devices')}, as last known`);
    const byOs = sums(counts, (c) => c.os);
    const byStatus = sums(counts, (c) => c.status);
    this.#options($('devices-os'), [...byOs.keys()].filter((os) => os !== UNKNOWN));
    this.#options($('devices-status'), [...byStatus.keys()].filter((status) => status !== UNKNOWN));
    const most = Math.max(1, ...[...byOs.values()].map((s) => s.all));
    const focused = document.activeElement?.closest?.('#devices-bars button, #devices-statuses button')?.dataset;
    $('devices-bars').replaceChildren(...[...byOs].slice(0, MOST_BARS).map(([os, sum]) => bar(os, sum, most, $('devices-os').value === os)));
    $('devices-statuses').replaceChildren(...[...byStatus].map(([status, sum]) => {
      const words = [el('span', {}, visible(status)), ' ', el('span', { class: 'count' }, number(sum.all))];
      return status === UNKNOWN ? el('span', {}, ...words)
        : el('button', { type: 'button', class: 'chip', 'data-field': 'status', 'data-value': status, 'aria-pressed': String($('devices-status').value === status) }, ...words);
    }));
    if (focused) document.querySelector(`#devices button[data-field="${focused.field}"][data-value="${CSS.escape(focused.value)}"]`)?.focus({ preventScroll: true });
  }

  #showRows() {
    hide($('devices-clear'), !this.#hasFilter());
    hide($('devices-empty'), this.#items.length > 0);
    const focused = document.activeElement?.closest?.('#devices-rows tr')?.dataset.key;
    $('devices-rows').replaceChildren(...this.#items.map((d) => {
      const cell = (of, ...children) => el('td', { class: `c-${of}`, role: 'cell' }, ...children);
      return el('tr', { role: 'row', 'data-key': key(d) },
        cell('time', el('time', { datetime: d.lastSeen, title: utc(d.lastSeen) }, clockTime(d.lastSeen))),
        cell('tenant', visible(d.tenant)),
        cell('device', el('button', { type: 'button', class: 'link' }, oneLine(d.id))),
        cell('user', oneLine(d.userId ?? '–')),
        cell('model', oneLine(d.model ?? d.manufacturer ?? '–')),
        cell('serial', oneLine(d.serialNumber ?? '–')),
        el('td', { class: 'c-os', role: 'cell', title: platform(d) }, platform(d)),
        cell('status', oneLine(d.status ?? '–')),
        el('td', { class: 'c-compliant', role: 'cell', 'data-compliant': String(d.compliant ?? UNKNOWN) }, compliance(d)));
    }));
    if (focused) [...$('devices-rows').children].find((r) => r.dataset.key === focused)?.querySelector('button').focus({ preventScroll: true });
    const n = this.#items.length;
    text($('devices-range'), n < this.#total ? `The ${number(n)} seen last of ${number(this.#total)}${this.#hasFilter() ? ' that fit' : ''}. Search for others, or run ens-relay devices --csv.` : `${plural(n, 'device', 'devices')}, the one seen last first`);
    hide($('devices-range'), n === 0);
  }

  #result(words, failed = false) {
    text($('devices-result'), words);
    $('devices-result').classList.toggle('failed', failed);
  }

  async #open(device, row) {
    for (const other of $('devices-rows').children) other.removeAttribute('aria-current');
    row.setAttribute('aria-current', 'true');
    const past = el('div', { id: 'panel-history' }, el('p', { class: 'aside' }, 'Reading the event log…'));
    const forget = el('button', { type: 'button', class: 'danger', 'data-action': 'forget' }, 'Forget…');
    forget.addEventListener('click', () => this.#forget(device));
    this.#panel.show({
      kind: 'device',
      title: 'Device',
      actions: [this.#panel.copyButton('Copy JSON', () => JSON.stringify(device, null, 2)), forget],
      body: [pairs(details(device)), el('h3', {}, 'Events in the log'), past],
      closed: () => row.removeAttribute('aria-current'),
    });
    try {
      const { events } = await get(`api/devices/${encodeURIComponent(device.id)}`, { tenant: device.tenant, events: HISTORY });
      past.replaceChildren(...history(events));
    } catch (e) {
      past.replaceChildren(el('p', { class: 'problem' }, visible(e.message)));
    }
  }

  async #forget(device) {
    const answer = await ask({
      title: 'Forget this device?',
      words: 'The table forgets it, and its next event or snapshot adds it again. Its events stay in the event log until they are old, in dead letters, and in the archive and what else got them.',
      confirm: 'Forget',
      danger: true,
    });
    if (!answer) return;
    try {
      await post('api/devices/forget', { id: device.id, tenant: device.tenant });
      this.#panel.close();
      await this.load();
      this.#result('The device is forgotten.');
    } catch (e) {
      this.#panel.result(visible(e.message));
    }
  }
}

const platform = (d) => oneLine([d.os, d.osVersion].filter(Boolean).join(' ') || '–');
const capital = (words) => words.charAt(0).toUpperCase() + words.slice(1);
const key = (d) => `${d.tenant}/${d.id}`;

function compliance(d) {
  if (d.compliant == null) return '–';
  return d.compliant ? '✓ yes' : '✗ no';
}

/** Sums by a value, the greatest first: {all, true, false, unknown}. */
function sums(counts, by) {
  const found = new Map();
  for (const c of counts) {
    const name = by(c) ?? UNKNOWN;
    if (!found.has(name)) found.set(name, { all: 0, true: 0, false: 0, [UNKNOWN]: 0 });
    const sum = found.get(name);
    sum.all += c.devices;
    sum[c.compliant ?? UNKNOWN] += c.devices;
  }
  return new Map([...found].sort((a, b) => b[1].all - a[1].all));
}

/** A platform: its name, a bar of three parts as long as its share, and the numbers in words. */
function bar(os, sum, most, isChosen) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'bar');
  svg.setAttribute('viewBox', '0 0 100 10');
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('aria-hidden', 'true');
  let x = 0;
  for (const [state] of STATES) {
    const width = (100 * sum[state]) / most;
    if (width === 0) continue;
    const rect = document.createElementNS(SVG, 'rect');
    rect.setAttribute('class', `bar-${state}`);
    rect.setAttribute('x', x);
    rect.setAttribute('width', width);
    rect.setAttribute('height', 10);
    svg.append(rect);
    x += width;
  }
  const words = STATES.filter(([state]) => sum[state] > 0).map(([state, word]) => `${number(sum[state])} ${word}`).join(', ');
  const name = os === UNKNOWN ? el('span', {}, 'unknown')
    : el('button', { type: 'button', class: 'link', 'data-field': 'os', 'data-value': os, 'aria-pressed': String(isChosen) }, visible(os));
  return el('li', {}, name, svg, el('span', { class: 'n' }, number(sum.all)), el('span', { class: 'aside' }, words));
}

const NAMES = {
  id: 'Device', tenant: 'Tenant', os: 'Platform', osVersion: 'Version', status: 'Status', compliant: 'Compliant', quarantined: 'Quarantined', blocked: 'Blocked',
  compromised: 'Compromised', manufacturer: 'Manufacturer', model: 'Model', serialNumber: 'Serial no.', macAddress: 'MAC', identifier: 'Identifier', iosUdid: 'UDID',
  userId: 'User', userUuid: 'User UUID', registrationTime: 'Registered', lastCheckInTime: 'Checked in', stateTime: 'State of', lastEvent: 'Last event', lastEventTime: 'Its time', lastEventReceived: 'Received',
};

function details(device) {
  return Object.entries(NAMES).map(([name, word]) => {
    const value = device[name];
    if (value == null) return [word, null];
    if (/Time$|Received$/.test(name)) return [word, wholeTime(value)];
    return [word, typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value)];
  });
}

function history(events) {
  if (!events.length) return [el('p', { class: 'aside' }, 'The event log has none any more.')];
  const list = events.map((e) => el('details', {},
    el('summary', {}, el('time', { datetime: e.time, title: utc(e.time) }, zonedTime(e.time)), ' ', el('strong', {}, oneLine(e.type ?? '–')), e.late ? ' (late)' : ''),
    ...content(pretty(JSON.stringify(e.event)))));
  return [...list, ...(events.length === HISTORY ? [el('p', { class: 'aside' }, `The newest ${HISTORY}.`)] : [])];
}
