import { $, bytes, duration, el, hide, icon, localTime, number, oneLine, plural, rate, setIcon, text, title, utc, visible } from './format.js';
import { post } from './relay.js';
import { ask } from './ask.js';
import { MoveDialog } from './move.js';

const INTAKE = { connected: ['Receiving', 'ok'], connecting: ['Connecting', 'wait'], waiting: ['Waiting', 'bad'], stopped: ['Stopped', 'bad'] };
const SPOOL = { running: ['Running', 'ok'], 'disk-full': ['Disk full', 'bad'], down: ['Down', 'bad'], external: ['External broker', 'ok'] };
const DESTINATION = { ok: ['OK', 'ok'], slow: ['Slow', 'warn'], stalled: ['Stalled', 'bad'], refused: ['Refused', 'bad'], paused: ['Paused', 'paused'], unused: ['Unused', 'off'] };

const RESULT_MS = 30000;

/** The boxes from the intake over the spool to each destination. */
export class Way {
  #rates;
  #boxes = new Map();
  #showDead;
  #move;

  /**
   * @param showDead called with a destination whose dead letters are wanted
   * @param clock answers the relay's time in ms
   */
  constructor(rates, showDead, clock) {
    this.#rates = rates;
    this.#showDead = showDead;
    this.#move = new MoveDialog(clock);
  }

  show(status, now) {
    const i = status.intake;
    badge($('box-intake'), INTAKE[status.connection.state] ?? [visible(status.connection.state), 'wait']);
    text($('intake-rate'), rate(this.#rates.of((s) => s.intake.received)));
    text($('intake-received'), number(i.received));
    text($('intake-redelivered'), number(i.redelivered));
    text($('intake-unconfirmed'), number(i.unconfirmed));
    text($('intake-malformed'), number(i.malformed));

    const spool = status.spool;
    badge($('box-spool'), SPOOL[spool.state] ?? [visible(spool.state), 'wait']);
    text($('spool-rate'), rate(this.#rates.of((s) => s.events.stored)));
    text($('spool-stored'), number(status.events.stored));
    text($('spool-duplicates'), number(status.events.duplicates));
    const backlogs = status.destinations.map((d) => d.backlog).filter((n) => n != null);
    text($('spool-backlog'), backlogs.length ? number(backlogs.reduce((a, b) => a + b, 0)) : '–');
    text($('spool-free'), bytes(spool.freeBytes));
    text($('spool-note'), spool.directory ? visible(spool.directory) : '');

    const list = $('destinations');
    const names = new Set(status.destinations.map((d) => d.name));
    for (const [name, box] of this.#boxes) {
      if (!names.has(name)) {
        box.item.remove();
        this.#boxes.delete(name);
      }
    }
    status.destinations.forEach((d, n) => {
      let box = this.#boxes.get(d.name);
      if (!box) {
        box = this.#make(d.name);
        this.#boxes.set(d.name, box);
      }
      if (list.children[n] !== box.item) list.insertBefore(box.item, list.children[n] ?? null);
      this.#fill(box, d, now);
    });
    if (!status.destinations.length && !list.children.length) list.append(el('li', { class: 'box none' }, el('p', {}, 'No destination yet. A file in routes/destinations makes one.')));
    else if (status.destinations.length) list.querySelector(':scope > .none')?.remove();
  }

  #make(name) {
    const part = (word, hint) => {
      const value = el('dd');
      return [value, el('div', {}, el('dt', hint ? { title: hint } : {}, word), value)];
    };
    const [backlog, backlogRow] = part('Waiting', 'Events stored and not yet delivered');
    const [oldest, oldestRow] = part('Oldest', 'How long the oldest of them waits');
    const [delivered, deliveredRow] = part('Delivered', 'Since the relay was started');
    const [retries, retriesRow] = part('Tried again');
    const [dead, deadRow] = part('Dead letters');
    const deadLink = el('button', { type: 'button', class: 'link' });
    deadLink.addEventListener('click', () => this.#showDead(name));
    dead.append(deadLink);
    const rateValue = el('span', { class: 'num', 'data-part': 'rate' });
    const lanes = el('span', { class: 'lanes' });
    const problem = el('p', { class: 'problem', hidden: true, 'data-part': 'problem' });
    const button = (part, word) => el('button', { type: 'button', class: 'quiet', 'data-part': part }, word);
    const pause = button('pause', 'Pause');
    const rewind = button('rewind', 'Rewind…');
    const skip = button('skip', 'Skip…');
    const forget = el('button', { type: 'button', class: 'danger', 'data-part': 'forget' }, 'Forget…');
    const result = el('p', { class: 'result', role: 'status', 'aria-live': 'polite' });
    backlog.dataset.part = 'backlog';
    oldest.dataset.part = 'oldest';
    delivered.dataset.part = 'delivered';
    retries.dataset.part = 'retries';
    dead.dataset.part = 'dead';
    const badgeNode = el('span', { class: 'badge' });
    const item = el('li', { class: 'box destination', 'data-destination': name },
      el('div', { class: 'box-head' }, el('h3', {}, visible(name)), lanes, badgeNode),
      el('div', { class: 'numbers' }, el('p', { class: 'hero' }, rateValue, ' ', el('span', { class: 'unit' }, 'events/s')),
        el('dl', {}, backlogRow, oldestRow, deliveredRow, retriesRow, deadRow)),
      problem, el('div', { class: 'actions', role: 'group', 'aria-label': visible(name) }, pause, rewind, skip, forget, result));
    const box = { item, backlog, oldest, delivered, retries, deadLink, rateValue, lanes, problem, pause, forget, result, last: null, clearing: 0 };
    pause.addEventListener('click', () => this.#pause(box, name));
    for (const kind of ['rewind', 'skip']) {
      item.querySelector(`[data-part=${kind}]`).addEventListener('click', () => this.#move.open(name, kind, (words, failed) => say(box, words, failed)));
    }
    forget.addEventListener('click', () => this.#forget(box, name));
    return box;
  }

  #fill(box, d, now) {
    box.last = d;
    badge(box.item, DESTINATION[d.state] ?? [visible(d.state), 'wait']);
    box.item.dataset.word = d.state;
    text(box.rateValue, rate(this.#rates.of((s) => s.destinations.find((x) => x.name === d.name)?.delivered)));
    text(box.backlog, number(d.backlog));
    text(box.oldest, d.backlog === 0 ? '–' : duration(d.oldestSeconds));
    text(box.delivered, number(d.delivered));
    text(box.retries, number(d.retries));
    text(box.lanes, d.lanes > 1 ? `${d.lanes} lanes` : '');
    text(box.deadLink, number(d.deadLetters));
    box.deadLink.disabled = !d.deadLetters;
    title(box.deadLink, d.deadLetters ? `Show the dead letters of ${visible(d.name)}` : '');
    let words = '';
    if (d.state === 'stalled' || d.state === 'refused') {
      const word = d.state === 'stalled' ? 'Stalled' : 'Refuses all events';
      const remedy = d.state === 'stalled' ? 'are delivered when the endpoint is back' : 'are delivered when its credentials, its address or its route are right';
      words = `${word} since ${localTime(d.since)} (${duration((now - Date.parse(d.since)) / 1000)}): ${oneLine(d.problem ?? 'no reason known')}. `
        + `${d.tries === 1 ? 'Tried once' : `Tried ${number(d.tries)} times`}, next in ${duration(Math.max(0, (Date.parse(d.next) - now) / 1000))}. Its events wait on disk and ${remedy}.`
        + (d.answer ? ` It answered: ${oneLine(d.answer)}` : '');
    } else if (d.state === 'unused') {
      words = 'No route reads this subscription, but it still collects. Put its file back into routes/destinations and restart, or forget it.';
    } else if (d.state === 'paused') {
      words = 'Paused by hand. Its events wait on disk until you resume it.';
    } else if (d.problem) {
      words = oneLine(d.problem);
    }
    text(box.problem, words);
    title(box.problem, d.since ? utc(d.since) : '');
    hide(box.problem, !words);
    text(box.pause, d.state === 'paused' ? 'Resume' : 'Pause');
    hide(box.pause, d.state === 'unused');
    hide(box.forget, d.state !== 'unused');
  }

  async #pause(box, name) {
    try {
      const { paused } = await post(`api/destinations/${encodeURIComponent(name)}/${box.last.state === 'paused' ? 'resume' : 'pause'}`, {});
      say(box, paused ? 'Paused.' : 'Resumed.');
    } catch (e) {
      say(box, e.message, true);
    }
  }

  async #forget(box, name) {
    const n = box.last.backlog;
    const yes = await ask({
      title: `Forget ${visible(name)}?`,
      words: `Its subscription ends, and ${n == null ? 'the events that wait for it' : plural(n, 'event that waits for it is', 'events that wait for it are')} deleted. They can’t be brought back.`,
      confirm: 'Forget and delete', danger: true,
    });
    if (!yes) return;
    box.forget.disabled = true;
    try {
      const { forgotten } = await post(`api/destinations/${encodeURIComponent(name)}/forget`, {});
      say(box, `Forgotten, with ${plural(forgotten, 'event', 'events')}.`);
    } catch (e) {
      say(box, e.message, true);
    }
    box.forget.disabled = false;
  }
}

/** What became of an action; it is old after a while. */
function say(box, words, failed = false) {
  clearTimeout(box.clearing);
  text(box.result, oneLine(words));
  box.result.classList.toggle('failed', failed);
  box.clearing = setTimeout(() => text(box.result, ''), RESULT_MS);
}

function badge(box, [word, sign]) {
  const node = box.querySelector('.badge');
  if (!node.firstChild) node.append(icon(sign), el('span'));
  box.dataset.state = sign;
  node.dataset.state = sign;
  setIcon(node.firstChild, sign);
  text(node.lastChild, word);
}
