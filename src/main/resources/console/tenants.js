import { $, badge, duration, el, hide, number, oneLine, placeRows, plural, text, title, utc, visible, zonedTime } from './format.js';

const STATE = {
  connected: ['Connected', 'ok'], connecting: ['Connecting', 'wait'], waiting: ['Not connected', 'bad'],
  stopped: ['Stopped', 'off'], failed: ['Not running', 'bad'], elsewhere: ['Elsewhere', 'off'],
};
/** So many rows of tenants that are fine are shown unasked. */
const FEW = 10;
const CERTIFICATE_WARN = 30;
const CERTIFICATE_ALARM = 7;

/** Whether the relay has a folder of tenants, with more than one in it. */
export const areSeveral = (status) => status.tenants.length > 1;

/** The table of the tenants, as the relay sorts them: those that need attention first. Of many that are fine, one row says how many. */
export class Tenants {
  #body = $('tenants-rows');
  #rows = new Map();
  #showAll = false;
  #last = null;

  constructor() {
    $('tenants-filter').addEventListener('input', () => this.#last && this.show(...this.#last));
    $('tenants-filter').form.addEventListener('submit', (e) => e.preventDefault());
    $('tenants-all').addEventListener('click', () => {
      this.#showAll = !this.#showAll;
      this.show(...this.#last);
    });
  }

  show(status, now) {
    this.#last = [status, now];
    const several = areSeveral(status);
    hide($('tenants-part'), !several);
    hide($('nav-tenants'), !several);
    if (!several) return;
    const all = status.tenants;
    const wanted = $('tenants-filter').value.trim().toLowerCase();
    const fitting = all.filter((t) => t.name.toLowerCase().includes(wanted));
    const fine = fitting.filter((t) => t.level === 'ok');
    const isFolded = !this.#showAll && !wanted && fine.length > FEW;
    const shown = isFolded ? fitting.filter((t) => t.level !== 'ok') : fitting;
    placeRows(this.#body, this.#rows, shown, make);
    for (const t of shown) fill(this.#rows.get(t.name), t, now);
    this.#note(all);
    hide($('tenants-table'), shown.length === 0);
    hide($('tenants-search'), all.length <= FEW);
    hide($('tenants-more'), all.length <= FEW || Boolean(wanted) || fine.length <= FEW);
    const events = fine.reduce((sum, t) => sum + t.events, 0);
    text($('tenants-fine'), isFolded ? `${plural(fine.length, 'tenant is', 'tenants are')} fine, with ${plural(events, 'event', 'events')}.` : '');
    text($('tenants-all'), isFolded ? 'Show them' : 'Hide those that are fine');
    $('tenants-all').setAttribute('aria-expanded', String(!isFolded));
    hide($('tenants-empty'), fitting.length > 0);
  }

  #note(all) {
    const count = (level) => all.filter((t) => t.level === level).length;
    const parts = [plural(all.length, 'tenant', 'tenants')];
    const failing = count('failed');
    const warned = count('warning');
    if (failing) parts.push(`${number(failing)} ${failing === 1 ? 'fails' : 'fail'}`);
    if (warned) parts.push(`${number(warned)} ${warned === 1 ? 'needs' : 'need'} attention`);
    text($('tenants-note'), parts.join(', '));
  }
}

function make(name) {
  const cell = (of, ...children) => el('td', { class: `c-${of}`, role: 'cell' }, ...children);
  const reason = el('span', { class: 'why' });
  const node = el('tr', { role: 'row', 'data-tenant': name },
    el('th', { scope: 'row', role: 'rowheader', class: 'c-name' }, visible(name)),
    cell('state', el('span', { class: 'badge' }), reason), cell('since'), cell('events'), cell('topics'), cell('certificate'));
  ['', '', 'Since', 'Events', 'Topics', 'Certificate'].forEach((label, i) => label && node.children[i].setAttribute('data-label', label));
  return { node, reason };
}

function fill({ node, reason }, t, now) {
  const [, , since, events, topics, certificate] = node.children;
  node.dataset.level = t.level;
  const [word, sign] = STATE[t.state] ?? [visible(t.state), 'wait'];
  badge(node, [word, t.state === 'connected' && t.level !== 'ok' ? (t.level === 'failed' ? 'bad' : 'warn') : t.state === 'waiting' && t.level === 'warning' ? 'wait' : sign]);
  text(reason, [t.reason, t.gap ? `Events may be missing, from ${zonedTime(t.gap.from)} to ${zonedTime(t.gap.to)}` : null].filter(Boolean).map(oneLine).join('. '));
  text(since, duration((now - Date.parse(t.since)) / 1000));
  title(since, `since ${zonedTime(t.since)}`);
  text(events, number(t.events));
  title(events, `${plural(t.received, 'message', 'messages')} received`);
  text(topics, t.topics.wanted ? `${t.topics.subscribed} of ${t.topics.wanted}` : '–');
  title(topics, t.topics.others.map((o) => `${visible(o.key)}: ${visible(o.state)}`).join('\n'));
  const days = t.certificate?.daysLeft;
  text(certificate, days == null ? '–' : days < 0 ? 'expired' : plural(days, 'day', 'days'));
  title(certificate, t.certificate ? `${visible(t.certificate.subject)}\nuntil ${utc(t.certificate.notAfter)}` : '');
  certificate.dataset.state = days == null ? 'unknown' : days <= CERTIFICATE_ALARM ? 'bad' : days <= CERTIFICATE_WARN ? 'warn' : 'ok';
}
