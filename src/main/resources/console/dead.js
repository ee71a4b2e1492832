import { $, bytes, clockTime, el, fromInput, hide, number, off, oneLine, plural, text, utc, visible, wholeTime, zonedTime } from './format.js';
import { get, post } from './relay.js';
import { pretty } from './json.js';
import { content, pairs } from './panel.js';
import { ask } from './ask.js';
import { areSeveral } from './tenants.js';

const PAGE = 50;
const TYPING_MS = 350;
const AGAIN_MS = 5000;
const FIELDS = ['destination', 'tenant', 'type', 'reason', 'since', 'until'];

/** The dead letters, newest first: filtered and paged by the relay, sent again or dropped by whoever looks at them. */
export class DeadLetters {
  #panel;
  #clock;
  #status = null;
  #offset = 0;
  #total = 0;
  #items = [];
  #selected = new Set();
  #loadedAt = null; // the relay's time of the list: what came later is not meant by "all"
  #loadedWith = '';
  #loadedWhen = 0;
  #busy = false;
  #turn = 0;

  /** @param clock answers the relay's time in ms, or null */
  constructor(panel, clock) {
    this.#panel = panel;
    this.#clock = clock;
    const url = new URLSearchParams(location.search);
    for (const name of FIELDS) {
      const value = url.get(`dead-${name}`);
      if (!value) continue;
      if (name === 'destination' || name === 'tenant' || name === 'type') this.#options($(`dead-${name}`), [value]);
      $(`dead-${name}`).value = value;
    }
    this.#listen();
  }

  /** New numbers: the list follows where that disturbs nobody. */
  update(status) {
    const before = this.#status;
    this.#status = status;
    const counts = status.deadLetters ?? {};
    const sum = Object.values(counts).reduce((a, b) => a + b, 0);
    hide($('nav-dead'), sum === 0);
    text($('nav-dead'), number(sum));
    this.#options($('dead-destination'), [...new Set([...Object.keys(counts), ...status.destinations.map((d) => d.name)])].sort());
    const tenants = areSeveral(status) ? status.tenants.map((t) => t.name).sort() : [];
    this.#options($('dead-tenant'), tenants);
    hide($('dead-tenant-field'), tenants.length === 0 && !$('dead-tenant').value);
    this.#options($('dead-type'), [...(status.metadata?.known ?? [])].sort());
    if (!before) {
      this.load();
      return;
    }
    const changed = JSON.stringify(counts) !== this.#loadedWith;
    const reading = this.#selected.size > 0 || this.#offset > 0 || $('ask').open || this.#panel.open || $('dead-rows').contains(document.activeElement);
    if (changed && !this.#busy && !reading && performance.now() - this.#loadedWhen > AGAIN_MS) this.load(true);
    else text($('dead-refresh'), changed && reading ? 'Refresh: there are changes' : 'Refresh');
  }

  /** Shows those of one destination. */
  showOf(destination) {
    for (const name of FIELDS) $(`dead-${name}`).value = '';
    this.#options($('dead-destination'), [destination]);
    $('dead-destination').value = destination;
    this.#changed();
    $('dead').scrollIntoView();
    $('dead-destination').focus({ preventScroll: true });
  }

  async load(keepResult = false) {
    const turn = ++this.#turn;
    const at = this.#clock();
    const counts = JSON.stringify(this.#status?.deadLetters ?? {});
    this.#loadedWhen = performance.now();
    try {
      const { total, items } = await get('api/dead', { ...this.#filter(), offset: this.#offset, limit: PAGE, order: 'newest' });
      if (turn !== this.#turn) return;
      if (!items.length && total > 0 && this.#offset > 0) {
        this.#offset = Math.floor((total - 1) / PAGE) * PAGE;
        await this.load(keepResult);
        return;
      }
      this.#total = total;
      this.#items = items;
      this.#loadedAt = at;
      this.#loadedWith = counts;
      this.#selected = new Set(items.map((i) => i.id).filter((id) => this.#selected.has(id)));
      text($('dead-empty'), this.#hasFilter() ? 'No dead letter fits the filter.' : 'There are no dead letters.');
      if (!keepResult) this.#result('');
      this.#showRows();
    } catch (e) {
      if (turn !== this.#turn) return;
      if (!this.#items.length) text($('dead-empty'), `Cannot read the dead letters: ${visible(e.message)}`);
      this.#result(visible(e.message), true);
    }
  }

  /** The zone of the page has changed: a time in the filter means another moment. */
  showTimes() {
    if ($('dead-since').value || $('dead-until').value) this.#changed();
    else this.#showRows();
  }

  #filter() {
    const filter = {};
    for (const name of FIELDS) {
      const value = $(`dead-${name}`).value.trim();
      if (value) filter[name] = name === 'since' || name === 'until' ? fromInput(value) : value;
    }
    return filter;
  }

  #hasFilter() {
    return Object.keys(this.#filter()).length > 0;
  }

  #options(select, values) {
    for (const value of values) {
      if (![...select.options].some((o) => o.value === value)) select.append(el('option', { value }, visible(value)));
    }
  }

  #listen() {
    let typing = 0;
    $('dead-filter').addEventListener('input', (e) => {
      clearTimeout(typing);
      typing = setTimeout(() => this.#changed(), e.target.tagName === 'SELECT' ? 0 : TYPING_MS);
    });
    $('dead-filter').addEventListener('submit', (e) => {
      e.preventDefault();
      clearTimeout(typing);
      this.#changed();
    });
    $('dead-clear').addEventListener('click', () => {
      for (const name of FIELDS) $(`dead-${name}`).value = '';
      this.#changed();
      $('dead-destination').focus();
    });
    $('dead-refresh').addEventListener('click', () => {
      text($('dead-refresh'), 'Refresh');
      this.load();
    });
    $('dead-newer').addEventListener('click', () => this.#page(-PAGE));
    $('dead-older').addEventListener('click', () => this.#page(PAGE));
    $('dead-all').addEventListener('change', (e) => {
      this.#selected = new Set(e.target.checked ? this.#items.map((i) => i.id) : []);
      for (const box of $('dead-rows').querySelectorAll('input')) box.checked = e.target.checked;
      this.#showActions();
    });
    $('dead-rows').addEventListener('change', (e) => {
      const { id } = e.target.closest('tr').dataset;
      if (e.target.checked) this.#selected.add(id);
      else this.#selected.delete(id);
      this.#showActions();
    });
    $('dead-rows').addEventListener('click', (e) => {
      const row = e.target.closest('tr');
      if (row && !e.target.closest('.c-check') && !getSelection().toString()) {
        row.querySelector('button').focus({ preventScroll: true });
        this.#open(this.#items.find((i) => i.id === row.dataset.id), row);
      }
    });
    $('dead-replay').addEventListener('click', () => this.#replay(this.#scope()));
    $('dead-drop').addEventListener('click', () => this.#drop(this.#scope()));
  }

  #changed() {
    this.#offset = 0;
    this.#selected.clear();
    hide($('dead-clear'), !this.#hasFilter());
    const url = new URL(location.href);
    for (const name of FIELDS) {
      url.searchParams.delete(`dead-${name}`);
      if ($(`dead-${name}`).value) url.searchParams.set(`dead-${name}`, $(`dead-${name}`).value);
    }
    if (url.href !== location.href) history.replaceState(null, '', url);
    this.load();
  }

  #page(by) {
    this.#offset = Math.max(0, this.#offset + by);
    this.#selected.clear();
    this.load().then(() => { $('dead-scroll').scrollTop = 0; });
  }

  #showRows() {
    hide($('dead-clear'), !this.#hasFilter());
    hide($('dead-empty'), this.#items.length > 0);
    const focused = document.activeElement?.closest?.('#dead-rows tr')?.dataset.id;
    const kind = document.activeElement?.tagName === 'INPUT' ? 'input' : 'button';
    $('dead-rows').replaceChildren(...this.#items.map((i) => {
      const box = el('input', { type: 'checkbox', 'aria-label': `Select the dead letter of ${visible(i.destination)}, ${zonedTime(i.time)}` });
      box.checked = this.#selected.has(i.id);
      return el('tr', { role: 'row', 'data-id': i.id, 'data-destination': i.destination },
        el('td', { class: 'c-check', role: 'cell' }, box),
        el('td', { class: 'c-time', role: 'cell' }, el('time', { datetime: i.time, title: utc(i.time) }, clockTime(i.time))),
        el('td', { class: 'c-dest', role: 'cell' }, visible(i.destination)),
        el('td', { class: 'c-type', role: 'cell' }, el('button', { type: 'button', class: 'link' }, oneLine(i.type ?? i.key ?? 'not an event'))),
        el('td', { class: 'c-n n', role: 'cell' }, number(i.attempts)),
        el('td', { class: 'c-reason', role: 'cell', title: oneLine(i.reason) }, oneLine(i.reason)));
    }));
    if (focused) ([...$('dead-rows').children].find((r) => r.dataset.id === focused)?.querySelector(kind) ?? $('dead-scroll')).focus({ preventScroll: true });
    hide($('dead-pages'), this.#total <= PAGE);
    text($('dead-range'), `${number(this.#offset + 1)} to ${number(this.#offset + this.#items.length)} of ${number(this.#total)}, newest first`);
    off($('dead-newer'), this.#offset === 0);
    off($('dead-older'), this.#offset + PAGE >= this.#total);
    this.#showActions();
  }

  #showActions() {
    const n = this.#selected.size;
    const words = n ? `${number(n)} selected` : this.#hasFilter() ? `all ${number(this.#total)} that fit` : `all ${number(this.#total)}`;
    text($('dead-replay'), `Replay ${words}…`);
    text($('dead-drop'), `Drop ${words}…`);
    for (const id of ['dead-replay', 'dead-drop']) off($(id), this.#busy || this.#total === 0);
    $('dead-all').checked = n > 0 && n === this.#items.length;
    $('dead-all').indeterminate = n > 0 && n < this.#items.length;
  }

  /** What the buttons above the table mean: [body of the request, how many, of which destinations]. */
  #scope() {
    if (this.#selected.size) {
      const of = new Set(this.#items.filter((i) => this.#selected.has(i.id)).map((i) => i.destination));
      return { body: { ids: [...this.#selected] }, n: this.#selected.size, of };
    }
    const filter = this.#filter();
    if (!filter.until && this.#loadedAt != null) filter.until = new Date(this.#loadedAt).toISOString();
    const of = new Set(filter.destination ? [filter.destination] : Object.entries(this.#status?.deadLetters ?? {}).filter(([, n]) => n).map(([name]) => name));
    return { body: { filter }, n: this.#total, of };
  }

  async #replay({ body, n, of }) {
    const own = of.size === 1 ? `${visible([...of][0])}, its own destination` : 'each to its own destination';
    const answer = await ask({
      title: `Replay ${plural(n, 'dead letter', 'dead letters')}?`,
      words: `The relay delivers ${n === 1 ? 'it' : 'them'} again. An event that fails again becomes a dead letter again.`,
      confirm: 'Replay',
      targets: [['', own], ...(this.#status?.destinations ?? []).filter((d) => !(of.size === 1 && of.has(d.name)))
        .map((d) => [d.name, d.state === 'ok' ? visible(d.name) : `${visible(d.name)} (${visible(d.state)})`])],
    });
    if (!answer) return;
    const to = answer.to ? { to: answer.to } : {};
    await this.#send('api/dead/replay', { ...body, ...to }, ({ replayed }) =>
      `${plural(replayed, 'dead letter', 'dead letters')} replayed${answer.to ? ` to ${visible(answer.to)}` : ''}.`);
  }

  async #drop({ body, n, of }) {
    const answer = await ask({
      title: `Drop ${plural(n, 'dead letter', 'dead letters')}?`,
      words: `The relay deletes ${n === 1 ? 'it' : 'them'} from the dead letters of ${[...of].map(visible).join(', ')} for good.`,
      confirm: n === 1 ? 'Drop it' : `Drop ${number(n)}`, danger: true,
    });
    if (!answer) return;
    await this.#send('api/dead/drop', body, ({ dropped }) => `${plural(dropped, 'dead letter', 'dead letters')} dropped.`);
  }

  async #send(path, body, words) {
    this.#busy = true;
    this.#showActions();
    this.#result('Working…');
    let result;
    let failed = false;
    try {
      result = words(await post(path, body));
      this.#selected.clear();
      if (this.#panel.open) this.#panel.close();
    } catch (e) {
      result = visible(e.message);
      failed = true;
      if (this.#panel.open) this.#panel.result(result);
    }
    this.#busy = false;
    await this.load(true);
    this.#showActions();
    this.#result(result, failed);
  }

  #result(words, failed = false) {
    text($('dead-result'), words);
    $('dead-result').classList.toggle('failed', failed);
  }

  async #open(item, row) {
    let whole;
    try {
      whole = await get(`api/dead/${encodeURIComponent(item.id)}`);
    } catch (e) {
      this.#result(visible(e.message), true);
      return;
    }
    $('dead-rows').querySelector('[aria-current]')?.removeAttribute('aria-current');
    row.setAttribute('aria-current', 'true');
    const scope = { body: { ids: [item.id] }, n: 1, of: new Set([item.destination]) };
    const replay = el('button', { type: 'button', class: 'primary', 'data-action': 'replay' }, 'Replay…');
    const drop = el('button', { type: 'button', class: 'danger', 'data-action': 'drop' }, 'Drop…');
    replay.addEventListener('click', () => this.#replay(scope));
    drop.addEventListener('click', () => this.#drop(scope));
    const words = laidOut(whole.body);
    const actions = [replay, drop];
    if (words != null) actions.push(this.#panel.copyButton('Copy', () => words));
    actions.push(saveButton(whole));
    this.#panel.show({
      kind: 'dead', title: `Dead letter: ${oneLine(whole.type ?? whole.key ?? 'not an event')}`, actions,
      body: [
        el('p', { class: 'problem reason', id: 'panel-reason' }, visible(whole.reason)),
        pairs([['Destination', whole.destination], ['Tenant', whole.tenant], ['Time', wholeTime(whole.time)], ['Attempts', number(whole.attempts)],
          ['Route', whole.route], ['Exception', whole.exception], ['Device', whole.device], ['Event id', whole.eventId], ['Topic', whole.topic], ['Size', bytes(whole.bytes)]]),
        ...(whole.answer ? [el('h3', {}, 'Answer of the endpoint'), el('pre', { id: 'panel-answer' }, visible(whole.answer))] : []),
        el('h3', {}, 'Content'),
        ...(words == null ? [el('p', { class: 'note' }, 'Not UTF-8 text. Save it to look at its bytes.')] : content(words)),
        ...folded('Stack', 'panel-stack', whole.stack ? el('pre', {}, visible(whole.stack)) : null),
        ...folded('Attributes', 'panel-attributes', whole.attributes ? pairs(Object.entries(whole.attributes).map(([k, v]) => [visible(k), v == null ? null : String(v)])) : null),
      ],
      closed: () => row.removeAttribute('aria-current'),
    });
  }
}

function folded(word, id, content) {
  return content ? [el('details', { id }, el('summary', {}, word), content)] : [];
}

function laidOut(body) {
  if (body == null) return null;
  try {
    return pretty(body);
  } catch {
    return body;
  }
}

/** Saves the bytes as they came. */
function saveButton(whole) {
  const button = el('button', { type: 'button', 'data-action': 'save' }, 'Save bytes');
  button.addEventListener('click', () => {
    const data = Uint8Array.from(atob(whole.base64 ?? ''), (c) => c.charCodeAt(0));
    const url = URL.createObjectURL(new Blob([data], { type: 'application/octet-stream' }));
    el('a', { href: url, download: `dead-letter-${String(whole.eventId ?? whole.id).replace(/[^\w-]/g, '').slice(0, 40)}.${whole.type ? 'json' : 'bin'}` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  });
  return button;
}
