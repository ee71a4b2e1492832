import { $, clockTime, el, hide, number, oneLine, text, utc, visible, wholeTime } from './format.js';
import { elements, member, pretty } from './json.js';
import { content, pairs } from './panel.js';

const ROWS = 200;
const RENDER_MS = 250;
const READING_MS = 4000;
const TYPING_MS = 350;
const FIELDS = ['tenant', 'device', 'text'];

/**
 * The last events, newest first: at most 200 rows, changed at most four times a second, and not at all while somebody
 * reads them: paused, scrolled down, with the focus or a moving pointer on a row, or with an event open.
 */
export class Events {
  #panel;
  #restart;
  #body = $('events-rows');
  #scroll = $('events-scroll');
  #incoming = []; // oldest first, not shown yet
  #unseen = 0;
  #replace = true;
  #paused = false;
  #open = false;
  #pointed = -Infinity;
  #rendered = 0;
  #timer = 0;
  #skipped = []; // [time, n]
  #known = new Set();
  #types = new Set();

  /** @param restart called when the filter has changed, with the query of the stream */
  constructor(panel, restart) {
    this.#panel = panel;
    this.#restart = restart;
    this.#readUrl();
    this.#listen();
  }

  /** The stream's query: what the server should send. */
  get query() {
    const parameters = new URLSearchParams();
    for (const type of this.#types) parameters.append('type', type);
    for (const name of FIELDS) {
      const value = $(`filter-${name}`).value.trim();
      if (value) parameters.append(name, value);
    }
    return parameters.size ? `?${parameters}` : '';
  }

  /** Takes a batch; the first of a stream tells the last events again, and so replaces what is there. */
  add(raw, first) {
    if (first) {
      this.#replace = true;
      this.#incoming = [];
      this.#unseen = 0;
    }
    for (const element of elements(raw)) {
      const item = JSON.parse(element);
      if (item.skipped != null) {
        this.#skipped.push([performance.now(), item.skipped]);
        this.#unseen += item.skipped;
        continue;
      }
      // the event itself is kept as text, so that it is shown as it came
      this.#incoming.push({ id: item.id, time: item.time, type: item.type, key: item.key, device: item.device, os: item.os, status: item.status, tenant: tenantOf(item.event), of: deviceOf(item.event), raw: element });
      this.#unseen++;
    }
    if (this.#incoming.length > ROWS) this.#incoming.splice(0, this.#incoming.length - ROWS);
    this.#schedule();
  }

  /** The types that can be chosen. */
  setKnown(keys) {
    const all = [...new Set([...keys, ...this.#types])].sort();
    if (all.length === this.#known.size && all.every((key) => this.#known.has(key))) return;
    this.#known = new Set(all);
    this.#showTypes();
  }

  /** The tenants that can be chosen; none: there is only one. */
  setTenants(names) {
    const select = $('filter-tenant');
    hide($('filter-tenant-field'), names.length === 0 && !select.value);
    for (const name of [...names].sort()) {
      if (![...select.options].some((o) => o.value === name)) select.append(el('option', { value: name }, visible(name)));
    }
  }

  /** The zone of the page has changed. */
  showTimes() {
    for (const row of this.#body.children) text(row.item.time, clockTime(row.item.event.time));
  }

  #schedule() {
    if (this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      this.#render();
    }, Math.max(0, RENDER_MS - (performance.now() - this.#rendered)));
  }

  #held() {
    if (!this.#body.firstElementChild) return null; // nothing to read
    if (this.#paused) return 'Paused';
    if (this.#open) return 'Held while an event is open';
    if (this.#scroll.scrollTop > 8) return 'Held while you are scrolled down';
    if (this.#body.contains(document.activeElement)) return 'Held while a row has the focus (Esc continues)';
    if (performance.now() - this.#pointed < READING_MS) return 'Held while you point at a row';
    return null;
  }

  #render() {
    if (document.hidden) return; // once it is seen again
    this.#rendered = performance.now();
    const held = this.#held();
    this.#note(held);
    if (held) {
      if (held.includes('point')) this.#schedule();
      return;
    }
    const fresh = this.#incoming;
    this.#incoming = [];
    this.#unseen = 0;
    if (this.#replace) {
      this.#replace = false;
      this.#body.replaceChildren();
    }
    if (fresh.length) {
      const fragment = document.createDocumentFragment();
      let spare = this.#body.children.length + fresh.length - ROWS;
      for (let i = fresh.length - 1; i >= 0; i--) {
        const row = spare-- > 0 ? this.#body.lastElementChild : makeRow();
        fill(row, fresh[i]);
        fragment.append(row);
      }
      this.#body.prepend(fragment);
      for (const node of this.#body.querySelectorAll('[tabindex="0"]')) node.tabIndex = -1;
      reach(this.#body.firstElementChild, true);
    }
    this.#empty();
    if (this.#skipped.length) this.#schedule();
  }

  #note(held) {
    const now = performance.now();
    this.#skipped = this.#skipped.filter(([t]) => now - t < 5000);
    const left = this.#skipped.reduce((sum, [, n]) => sum + n, 0) / 5;
    let words = '';
    if (held) words = this.#unseen ? `${held}: ${number(this.#unseen)} newer` : held;
    else if (left >= 1) words = `Too many to show: this table leaves out about ${number(left)} a second; the relay delivers them all`;
    text($('events-note'), words);
    $('events').dataset.held = held ? 'true' : 'false';
  }

  #empty() {
    const none = !this.#body.firstElementChild;
    hide($('events-empty'), !none);
    text($('events-empty'), this.query ? 'No event fits the filter yet.' : 'No events yet.');
  }

  #listen() {
    $('pause').addEventListener('click', () => {
      this.#paused = !this.#paused;
      $('pause').setAttribute('aria-pressed', String(this.#paused));
      text($('pause'), this.#paused ? 'Resume' : 'Pause');
      if (!this.#paused) this.#scroll.scrollTop = 0;
      this.#render();
    });
    this.#body.addEventListener('pointermove', (e) => {
      if (e.pointerType === 'mouse') this.#pointed = performance.now();
    });
    this.#body.addEventListener('pointerdown', () => { this.#pointed = performance.now(); });
    this.#body.addEventListener('pointerleave', () => {
      this.#pointed = -Infinity;
      this.#schedule();
    });
    this.#body.addEventListener('focusout', () => this.#schedule());
    this.#scroll.addEventListener('scroll', () => this.#schedule(), { passive: true });
    document.addEventListener('visibilitychange', () => this.#schedule());
    this.#body.addEventListener('click', (e) => {
      const row = e.target.closest('tr');
      const link = e.target.closest('a');
      if (link) {
        if (e.ctrlKey || e.metaKey || e.shiftKey) return; // a page of its own
        e.preventDefault();
        this.only(row.item.event.device);
      } else if (row && !getSelection().toString()) {
        row.item.button.focus({ preventScroll: true });
        this.#show(row);
      }
    });
    this.#body.addEventListener('keydown', (e) => this.#key(e));

    let typing = 0;
    for (const name of FIELDS) {
      $(`filter-${name}`).addEventListener('input', () => {
        clearTimeout(typing);
        typing = setTimeout(() => this.#changed(), TYPING_MS);
      });
    }
    $('events-filter').addEventListener('submit', (e) => {
      e.preventDefault();
      clearTimeout(typing);
      this.#changed();
    });
    $('filter-types-list').addEventListener('change', (e) => {
      if (e.target.checked) this.#types.add(e.target.value);
      else this.#types.delete(e.target.value);
      this.#changed();
    });
    $('filter-types-all').addEventListener('click', () => {
      this.#types.clear();
      this.#showTypes();
      this.#changed();
    });
    $('filter-clear').addEventListener('click', () => {
      this.#types.clear();
      for (const name of FIELDS) $(`filter-${name}`).value = '';
      this.#showTypes();
      this.#changed();
      $('filter-text').focus();
    });
    const menu = $('filter-types');
    document.addEventListener('click', (e) => { if (!menu.contains(e.target)) menu.open = false; });
    menu.addEventListener('keydown', (e) => {
      if (e.key === 'Escape' && menu.open) {
        e.preventDefault();
        menu.open = false;
        menu.querySelector('summary').focus();
      }
    });
    addEventListener('popstate', () => {
      this.#readUrl();
      this.#changed(false);
    });
  }

  #key(e) {
    const row = e.target.closest('tr');
    const to = { ArrowDown: row?.nextElementSibling, ArrowUp: row?.previousElementSibling, Home: this.#body.firstElementChild, End: this.#body.lastElementChild }[e.key];
    if (to) {
      e.preventDefault();
      reach(row, false);
      reach(to, true);
      to.item.button.focus();
    } else if (e.key === 'Escape' && !this.#panel.open) {
      e.preventDefault();
      this.#scroll.scrollTop = 0;
      this.#scroll.focus({ preventScroll: true });
    }
  }

  #readUrl() {
    const url = new URLSearchParams(location.search);
    this.#types = new Set(url.getAll('type'));
    if (url.get('tenant')) this.setTenants([url.get('tenant')]);
    for (const name of FIELDS) $(`filter-${name}`).value = url.get(name) ?? '';
    this.#known = new Set([...this.#known, ...this.#types]);
    this.#showTypes();
    this.#showFilter();
  }

  #changed(write = true) {
    this.#showFilter();
    if (write) {
      const url = new URL(location.href);
      for (const name of ['type', ...FIELDS]) url.searchParams.delete(name);
      for (const [name, value] of new URLSearchParams(this.query)) url.searchParams.append(name, value);
      if (url.href !== location.href) history.replaceState(null, '', url);
    }
    this.#incoming = [];
    this.#skipped = [];
    this.#unseen = 0;
    this.#body.replaceChildren();
    this.#replace = true;
    this.#empty();
    this.#restart(this.query);
  }

  #showFilter() {
    hide($('filter-clear'), !this.query);
    const types = [...this.#types];
    text($('filter-types-word'), types.length === 0 ? 'All types' : types.length === 1 ? visible(types[0]) : `${types.length} types`);
    this.#empty();
  }

  #showTypes() {
    $('filter-types-list').replaceChildren(...[...this.#known].sort().map((key) => {
      const box = el('input', { type: 'checkbox', value: key });
      box.checked = this.#types.has(key);
      return el('label', {}, box, visible(key));
    }));
  }

  /** Only the events of a device. */
  only(device) {
    $('filter-device').value = device;
    this.#changed();
    this.#panel.close();
    $('filter-device').focus();
  }

  #show(row) {
    const { raw, ...event } = row.item.event;
    const source = member(raw, 'event') ?? raw;
    this.#body.querySelector('[aria-current]')?.removeAttribute('aria-current');
    row.setAttribute('aria-current', 'true');
    const actions = [this.#panel.copyButton('Copy JSON', () => pretty(source))];
    if (event.device) {
      const only = el('button', { type: 'button', 'data-action': 'only-device' }, 'All events of this device');
      only.addEventListener('click', () => this.only(event.device));
      actions.push(only);
    }
    this.#panel.show({
      kind: 'event', title: oneLine(event.type ?? event.key ?? 'Event'), actions,
      body: [
        pairs([['Time', wholeTime(event.time)], ['Tenant', event.tenant], ['User', event.of.user], ['Model', event.of.model], ['Serial number', event.of.serial], ['Device', event.device], ['OS', event.os], ['Status', event.status], ['Id', event.id]]),
        ...content(pretty(source)),
      ],
      closed: () => {
        this.#open = false;
        row.removeAttribute('aria-current');
        this.#schedule();
      },
    });
    this.#open = true;
  }
}

/** The source is /ens/<tenant>. */
function tenantOf(event) {
  return typeof event?.source === 'string' ? event.source.replace(/^\/ens\//, '') : null;
}

/** What the service says of the device; nothing of it is stored by the relay besides the event. */
function deviceOf(event) {
  const device = event?.data?.device ?? {};
  const word = (value) => (typeof value === 'string' || typeof value === 'number' ? String(value) : null);
  return { user: word(device.userId), model: word(device.model), serial: word(device.serialNumber) };
}

/** One row is reached by Tab, the others by the arrows. */
function reach(row, isReached) {
  row.item.button.tabIndex = row.item.link.tabIndex = isReached ? 0 : -1;
}

const PARTS = ['user', 'model', 'serial', 'os', 'status'];

function makeRow() {
  const time = el('time');
  const button = el('button', { type: 'button', class: 'link', tabindex: '-1' });
  const link = el('a', { tabindex: '-1' });
  const cell = (name, child) => el('td', { class: `c-${name}`, role: 'cell' }, child);
  const row = el('tr', { role: 'row' }, cell('time', time), cell('tenant'), cell('type', button), ...PARTS.map((name) => cell(name)), cell('device', link));
  row.item = { time, button, link, event: null };
  PARTS.forEach((name, i) => { row.item[name] = row.children[3 + i]; });
  row.item.tenant = row.children[1];
  return row;
}

function fill(row, event) {
  const part = row.item;
  part.event = event;
  row.dataset.id = event.id;
  row.dataset.key = event.key ?? '';
  text(part.time, clockTime(event.time));
  part.time.title = utc(event.time);
  text(part.button, oneLine(event.type ?? event.key ?? '–'));
  text(part.tenant, event.tenant == null ? '–' : oneLine(event.tenant));
  part.tenant.title = part.tenant.textContent;
  const values = { ...event.of, os: event.os, status: event.status };
  for (const name of PARTS) {
    const words = values[name] == null ? '–' : oneLine(values[name]);
    text(part[name], words);
    part[name].title = words;
  }
  text(part.link, event.device == null ? '–' : oneLine(event.device));
  if (event.device == null) part.link.removeAttribute('href');
  else part.link.setAttribute('href', `?device=${encodeURIComponent(event.device)}`);
  part.link.title = event.device == null ? '' : 'All events of this device';
}
