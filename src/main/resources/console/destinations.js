import { $, badge, clockTime, duration, el, hide, number, off, oneLine, plural, rate, text, title, utc, visible, zone, zonedTime } from './format.js';
import { get, post } from './relay.js';
import { ask } from './ask.js';
import { MoveDialog } from './move.js';
import { SendDialog } from './send.js';
import { Sparkline } from './sparkline.js';

const STATE = { ok: ['OK', 'ok'], slow: ['Slow', 'warn'], stalled: ['Stalled', 'bad'], refused: ['Refused', 'bad'], paused: ['Paused', 'paused'], unused: ['Unused', 'off'] };
/** Those that need attention first. */
const NEED = ['refused', 'stalled', 'slow', 'unused'];
const BEHIND_SECONDS = 60;
const RECENT_SECONDS = 10;
const COLUMNS = 8;
const RESULT_MS = 30000;
const HISTORY_MS = 60000;
const DETAILS_MS = 5000;

/** The table of the destinations: a row each, which opens to its selection, its route, its last failures and its actions. */
export class Destinations {
  #body = $('destinations');
  #rows = new Map();
  #history = {};
  #historyAt = -Infinity;
  #showDead;
  #move;
  #send = new SendDialog();

  /**
   * @param showDead called with a destination whose dead letters are wanted
   * @param clock answers the relay's time in ms
   */
  constructor(showDead, clock) {
    this.#showDead = showDead;
    this.#move = new MoveDialog(clock);
  }

  show(status, now) {
    this.#loadHistory();
    const names = new Set(status.destinations.map((d) => d.name));
    for (const [name, row] of this.#rows) {
      if (!names.has(name)) {
        if (row.main.contains(document.activeElement) || row.more.contains(document.activeElement)) $('destinations-h').focus();
        row.main.remove();
        row.more.remove();
        this.#rows.delete(name);
      }
    }
    for (const d of status.destinations) {
      if (!this.#rows.has(d.name)) {
        const row = this.#make(d.name);
        this.#rows.set(d.name, row);
        this.#body.append(row.main, row.more);
      }
      this.#fill(this.#rows.get(d.name), d, now);
    }
    this.#sort(status.destinations);
    const failing = status.destinations.filter((d) => NEED.includes(d.state)).length;
    text($('destinations-note'), `${plural(status.destinations.length, 'destination', 'destinations')}${failing ? `, ${number(failing)} ${failing === 1 ? 'needs' : 'need'} attention` : ''}`);
    hide($('destinations-empty'), status.destinations.length > 0);
    hide($('destinations-table'), status.destinations.length === 0);
  }

  /** Rows stay in their places while somebody works with them. */
  #sort(list) {
    const table = $('destinations-table');
    if (table.contains(document.activeElement) || table.matches(':hover')) return;
    const rank = (d) => {
      if (NEED.includes(d.state)) return NEED.indexOf(d.state);
      const isBehind = d.state === 'ok' && d.drainSeconds == null && d.oldestSeconds > BEHIND_SECONDS;
      return NEED.length + (isBehind ? 0 : d.deadLetters ? 1 : 2);
    };
    const sorted = [...list].sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
    sorted.forEach((d, i) => {
      const { main, more } = this.#rows.get(d.name);
      if (this.#body.children[2 * i] !== main) this.#body.insertBefore(main, this.#body.children[2 * i] ?? null);
      if (this.#body.children[2 * i + 1] !== more) this.#body.insertBefore(more, this.#body.children[2 * i + 1] ?? null);
    });
  }

  async #loadHistory() {
    if (performance.now() - this.#historyAt < HISTORY_MS) return;
    this.#historyAt = performance.now();
    try {
      this.#history = (await get('api/history')).waiting;
    } catch {
      this.#historyAt = performance.now() - HISTORY_MS + DETAILS_MS; // asked again soon
    }
  }

  #make(name) {
    const id = `more-${this.#rows.size}-${Date.now().toString(36)}`;
    const shown = visible(name);
    const button = (part, word, kind = 'quiet') => el('button', { type: 'button', class: kind, 'data-part': part }, word);
    const cell = (name, ...children) => el('td', { class: `c-${name}`, role: 'cell' }, ...children);
    const toggle = el('button', { type: 'button', class: 'toggle', 'data-part': 'open', 'aria-expanded': 'false', 'aria-controls': id, title: shown }, shown);
    const reason = el('span', { class: 'why', 'data-part': 'problem' });
    const rateNode = el('span', { 'data-part': 'rate' });
    const waiting = el('span', { 'data-part': 'backlog' });
    const spark = new Sparkline();
    const sparkWords = el('span', { class: 'sr' });
    const oldest = el('span', { 'data-part': 'oldest' });
    const drain = el('span', { 'data-part': 'drain' });
    const next = el('span', { 'data-part': 'next' });
    const deadLink = el('button', { type: 'button', class: 'link', 'data-part': 'dead' });
    deadLink.addEventListener('click', () => this.#showDead(name));
    const main = el('tr', { role: 'row', class: 'destination', 'data-destination': name },
      el('th', { scope: 'row', role: 'rowheader', class: 'c-name' }, toggle),
      cell('state', el('span', { class: 'badge' }), reason),
      cell('rate', rateNode), cell('waiting', el('span', { class: 'with-spark' }, waiting, spark.node, sparkWords)),
      cell('oldest', oldest), cell('drain', drain), cell('next', next), cell('dead', deadLink));
    const labels = ['', '', 'Events/s', 'Waiting', 'Oldest', 'Drains in', 'Next try', 'Dead letters'];
    labels.forEach((label, i) => label && main.children[i].setAttribute('data-label', label));

    const pause = button('pause', 'Pause');
    const retry = button('retry', 'Try now');
    const rewind = button('rewind', 'Rewind…');
    const skip = button('skip', 'Skip…');
    const send = button('send', 'Send an event…');
    const forget = button('forget', 'Forget…', 'danger');
    const result = el('p', { class: 'result', role: 'status', 'aria-live': 'polite' });
    const facts = el('dl', { class: 'pairs', 'data-part': 'facts' });
    const failures = el('div', { 'data-part': 'failures' });
    const more = el('tr', { role: 'row', class: 'more', id, 'data-of': name, hidden: true },
      el('td', { role: 'cell', colspan: COLUMNS },
        el('div', { class: 'actions', role: 'group', 'aria-label': `Actions on ${shown}` }, retry, pause, rewind, skip, send, forget, result),
        el('div', { class: 'more-parts' },
          el('section', { 'aria-label': `Facts of ${shown}` }, facts),
          el('section', { 'aria-label': `Last failures of ${shown}` }, el('h3', {}, 'Last failures'), failures))));
    const row = { name, main, more, toggle, reason, rateNode, waiting, spark, sparkWords, oldest, drain, next, deadLink, pause, retry, send, forget, result, facts, failures, last: null, details: null, shown: '', at: -Infinity, clearing: 0 };
    toggle.addEventListener('click', () => this.#open(row, more.hidden));
    main.addEventListener('click', (e) => {
      if (!e.target.closest('button') && !getSelection().toString()) this.#open(row, more.hidden);
    });
    pause.addEventListener('click', () => this.#act(row, row.last.state === 'paused' ? 'resume' : 'pause', ({ paused }) => (paused ? 'Paused.' : 'Resumed.')));
    retry.addEventListener('click', () => this.#act(row, 'retry', ({ lanes }) => (lanes ? `${plural(lanes, 'lane tries', 'lanes try')} now.` : 'No lane waits for a next try.')));
    rewind.addEventListener('click', () => this.#move.open(name, 'rewind', (words, failed) => say(row, words, failed)));
    skip.addEventListener('click', () => this.#move.open(name, 'skip', (words, failed) => say(row, words, failed)));
    send.addEventListener('click', () => this.#send.open(name, (words, failed) => say(row, words, failed)));
    forget.addEventListener('click', () => this.#forget(row));
    return row;
  }

  #open(row, isOpen) {
    row.more.hidden = !isOpen;
    row.toggle.setAttribute('aria-expanded', String(isOpen));
    row.main.classList.toggle('open', isOpen);
    if (isOpen) this.#loadDetails(row);
  }

  #fill(row, d, now) {
    row.last = d;
    row.main.dataset.word = d.state;
    badge(row.main, STATE[d.state] ?? [visible(d.state), 'wait']);
    const failing = d.state === 'stalled' || d.state === 'refused';
    text(row.reason, failing || d.state === 'slow' || d.state === 'ok' ? oneLine(d.problem ?? '') : '');
    title(row.reason, failing && d.detail !== d.problem ? oneLine(d.detail ?? '') : '');
    text(row.rateNode, rate(d.rate));
    text(row.waiting, number(d.backlog));
    const hour = [...(this.#history[d.name] ?? [])];
    if (d.backlog != null && hour.length) hour[hour.length - 1] = Math.max(hour.at(-1), d.backlog);
    const words = row.spark.draw(hour);
    text(row.sparkWords, words ? `. ${words}.` : '');
    title(row.spark.node.parentElement, words);
    text(row.oldest, d.backlog === 0 ? '–' : duration(d.oldestSeconds));
    text(row.drain, d.drainSeconds != null ? duration(d.drainSeconds) : d.backlog > 0 && d.oldestSeconds > RECENT_SECONDS ? 'not falling' : '–');
    text(row.next, failing && d.next ? duration(Math.max(0, (Date.parse(d.next) - now) / 1000)) : '–');
    title(row.next, failing && d.next ? utc(d.next) : '');
    text(row.deadLink, number(d.deadLetters));
    off(row.deadLink, !d.deadLetters);
    row.deadLink.setAttribute('aria-label', `${number(d.deadLetters)} dead letters of ${visible(d.name)}`);
    text(row.pause, d.state === 'paused' ? 'Resume' : 'Pause');
    hide(row.pause, d.state === 'unused');
    hide(row.send, d.state === 'unused');
    hide(row.retry, d.state === 'unused');
    off(row.retry, !failing);
    hide(row.forget, d.state !== 'unused');
    if (row.more.hidden) return;
    if (performance.now() - row.at > DETAILS_MS) this.#loadDetails(row);
    this.#showFacts(row, d, now);
  }

  async #loadDetails(row) {
    row.at = performance.now();
    try {
      row.details = await get(`api/destinations/${encodeURIComponent(row.name)}`);
      this.#showFailures(row);
    } catch (e) {
      say(row, e.message, true);
    }
  }

  #showFacts(row, d, now) {
    const details = row.details;
    const selection = details?.selection;
    const list = (names, all) => (names?.length ? names.map(visible).join(', ') : all);
    const facts = [];
    if (d.state === 'stalled' || d.state === 'refused') {
      facts.push(['Why', oneLine(d.problem ?? 'no reason known')]);
      if (d.detail && d.detail !== d.problem) facts.push(['In full', oneLine(d.detail)]);
      if (d.answer) facts.push(['It answers', oneLine(d.answer)]);
      facts.push(['Since', `${zonedTime(d.since)}, for ${duration((now - Date.parse(d.since)) / 1000)}`]);
      facts.push(['Tries', number(d.tries)]);
      facts.push(['Its events', d.state === 'stalled' ? 'wait on disk until the endpoint is back' : 'wait on disk until credentials, address or route are right']);
    } else if (d.state === 'slow') {
      facts.push(['Why', `A delivery has been in flight since ${zonedTime(d.since)}.`]);
    } else if (d.state === 'paused') {
      facts.push(['Why', 'Paused by hand. Its events wait on disk until you resume it.']);
    } else if (d.state === 'unused') {
      facts.push(['Why', 'No route reads it, and it still collects events. Put its file back into routes/destinations, or forget it.']);
    }
    if (details) {
      facts.push(['Events', list(selection?.events, 'all')]);
      facts.push(['Tenants', list(selection?.tenants, 'all')]);
      facts.push(['Snapshots', selection?.snapshots ? 'wanted' : 'not wanted']);
      if (selection?.selector) facts.push(['Selector', visible(selection.selector)]);
      facts.push(['Route', details.route ? `${visible(details.route)}${details.file ? ` in ${visible(details.file)}` : ''}` : 'none']);
    }
    facts.push(['Lanes', number(d.lanes)]);
    facts.push(['Delivered', `${number(d.delivered)} since the relay started`]);
    facts.push(['Retries', number(d.retries)]);
    facts.forEach(([name, value], i) => {
      const pair = row.facts.children[i] ?? row.facts.appendChild(el('div', {}, el('dt'), el('dd')));
      text(pair.firstChild, name);
      text(pair.lastChild, value);
    });
    while (row.facts.children.length > facts.length) row.facts.lastChild.remove();
  }

  #showFailures(row) {
    const key = JSON.stringify([row.details.failures, zone.name()]);
    if (key === row.shown || row.failures.contains(document.activeElement)) return;
    row.shown = key;
    row.failures.replaceChildren(row.details.failures.length
      ? el('ul', { class: 'failures' }, ...row.details.failures.map((f) => el('li', {},
        el('time', { datetime: f.time, title: utc(f.time) }, `${clockTime(f.time)} ${zone.name()}`), ' ', oneLine(f.reason), f.deadLetter ? ' (dead letter)' : '',
        ...(f.answer || f.detail !== f.reason
          ? [el('details', {}, el('summary', {}, 'Full text'), ...(f.detail !== f.reason ? [el('p', {}, oneLine(f.detail))] : []), ...(f.answer ? [el('pre', {}, visible(f.answer))] : []))] : []))))
      : el('p', { class: 'note' }, 'None since the relay started.'));
  }

  async #act(row, call, words) {
    try {
      say(row, words(await post(`api/destinations/${encodeURIComponent(row.name)}/${call}`, {})));
    } catch (e) {
      say(row, e.message, true);
    }
  }

  async #forget(row) {
    const n = row.last.backlog;
    const yes = await ask({
      title: `Forget ${visible(row.name)}?`,
      words: `The relay deletes its position and, for good, ${n == null ? 'the events that wait' : plural(n, 'event that waits', 'events that wait')} for it.`,
      confirm: 'Forget and delete', danger: true,
    });
    if (yes) await this.#act(row, 'forget', ({ forgotten }) => `Forgotten, with ${plural(forgotten, 'event', 'events')}.`);
  }
}

/** What became of an action; it is old after a while. */
function say(row, words, failed = false) {
  clearTimeout(row.clearing);
  text(row.result, oneLine(words));
  row.result.classList.toggle('failed', failed);
  row.clearing = setTimeout(() => text(row.result, ''), RESULT_MS);
}
