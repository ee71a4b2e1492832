import { $, badge, clockTime, duration, el, hide, number, off, oneLine, placeRows, plural, text, title, utc, visible } from './format.js';
import { get, post } from './relay.js';
import { ask } from './ask.js';
import { areSeveral } from './tenants.js';

const PHASE = { comparing: ['Comparing', 'wait'], reading: ['Reading', 'wait'], checking: ['Checking', 'wait'], finished: ['Complete', 'ok'], stopped: ['Stopped', 'off'] };
const COLUMNS = ['Tenant', 'State', 'Devices', 'Sent', 'Unchanged', 'Overtaken', 'Missing', 'Calls', 'Started', ''];
const CLASSES = ['c-tenant', 'c-state', 'c-progress', 'c-n n', 'c-n n', 'c-n n', 'c-n n', 'c-n n', 'c-started', 'c-action'];

/** The resync of each tenant, with how far it is or how its last one ended; starts and stops it. */
export class Resync {
  #rows = new Map();
  #body = $('resync-rows');
  #last = null;

  constructor() {
    $('resync-form').addEventListener('submit', (e) => {
      e.preventDefault();
      this.#start();
    });
    this.#body.addEventListener('click', (e) => {
      const row = e.target.closest('button')?.closest('tr');
      if (row) this.#stop(row.dataset.tenant);
    });
  }

  show(status, now) {
    this.#last = status;
    const tenants = status.tenants.filter((t) => t.resync);
    const underWay = tenants.filter((t) => !t.resync.finished);
    tenants.sort((a, b) => Boolean(a.resync.finished) - Boolean(b.resync.finished) || (a.resync.started < b.resync.started ? 1 : -1));
    hide($('resync-table'), tenants.length === 0);
    hide($('resync-empty'), tenants.length > 0);
    hide($('resync-tenant-field'), !areSeveral(status));
    this.#options($('resync-tenant'), areSeveral(status) ? status.tenants.filter((t) => t.state !== 'elsewhere').map((t) => t.name) : []);
    this.#options($('resync-to'), status.destinations.map((d) => d.name), true);
    text($('resync-note'), underWay.length ? plural(underWay.length, 'resync is under way', 'resyncs are under way') : '');
    off($('resync-start'), status.tenants.length > 0 && underWay.length === status.tenants.length);
    placeRows(this.#body, this.#rows, tenants, make);
    for (const t of tenants) fill(this.#rows.get(t.name), t.resync, now);
  }

  showTimes() {
    for (const row of this.#rows.values()) row.started.textContent = '';
  }

  /** @param keepFirst the first option is not one of them */
  #options(select, values, keepFirst = false) {
    const known = [...select.options].slice(keepFirst ? 1 : 0).map((o) => o.value);
    if (JSON.stringify(known) === JSON.stringify(values)) return;
    const chosen = select.value;
    select.replaceChildren(...(keepFirst ? [select.options[0]] : []), ...values.map((value) => el('option', { value }, visible(value))));
    if (values.includes(chosen)) select.value = chosen;
  }

  async #start() {
    const tenant = areSeveral(this.#last) ? $('resync-tenant').value : this.#last?.tenants[0]?.name;
    const to = $('resync-to').value;
    const all = $('resync-all').checked;
    this.#result('');
    try {
      const wanting = (await get('api/resync')).find((each) => each.tenant === tenant)?.destinations ?? [];
      if (!await ask({ title: 'Start a resync?', words: words(to, all, wanting), confirm: 'Start' })) return;
      const started = await post('api/resync', { ...(tenant ? { tenant } : {}), ...(to ? { to } : {}), ...(all ? { all } : {}) });
      this.#result(`The resync has started. It reads the devices that are ${started.statuses.map(visible).join(', ')}.`);
    } catch (e) {
      this.#result(oneLine(e.message), true);
    }
  }

  async #stop(tenant) {
    const isSure = await ask({
      title: 'Stop the resync?',
      words: 'What it has sent stays sent. Its last event says that it is incomplete.',
      confirm: 'Stop',
      danger: true,
    });
    if (!isSure) return;
    try {
      await post('api/resync/stop', { tenant });
      this.#result('The resync is stopped.');
    } catch (e) {
      this.#result(oneLine(e.message), true);
    }
  }

  #result(words, failed = false) {
    text($('resync-result'), words);
    $('resync-result').classList.toggle('failed', failed);
  }
}

/** What will happen, before it does. */
function words(to, all, wanting) {
  const what = to || all ? 'sends all of them' : 'sends those that differ from what was last known';
  const reads = `The relay reads the devices from the service, within its budget of calls, and ${what}`;
  if (to) return `${reads} to ${visible(to)}.`;
  return wanting.length ? `${reads} to ${wanting.map(visible).join(', ')}.`
    : `No destination wants snapshots. ${reads} to nobody: choose a destination, or set ens.destination.NAME.snapshots=true first.`;
}

function make(name) {
  const cells = CLASSES.map((of, i) => (i === 0 ? el('th', { scope: 'row', role: 'rowheader', class: of }, visible(name))
    : el('td', { class: of, role: 'cell', ...(COLUMNS[i] && i > 1 ? { 'data-label': COLUMNS[i] } : {}) })));
  const why = el('span', { class: 'why' });
  cells[1].append(el('span', { class: 'badge' }), ' ', why);
  const bar = el('progress', { max: '1', 'aria-label': `Resync of ${visible(name)}` });
  const read = el('span');
  cells[2].append(bar, read);
  const stop = el('button', { type: 'button', class: 'danger', 'aria-label': `Stop the resync of ${visible(name)}` }, 'Stop…');
  cells[9].append(stop);
  return { node: el('tr', { role: 'row', 'data-tenant': name }, ...cells), why, bar, read, stop, numbers: cells.slice(3, 8), started: cells[8] };
}

function fill({ node, why, bar, read, stop, numbers, started }, run, now) {
  const over = Boolean(run.finished);
  const [word, sign] = PHASE[run.phase] ?? [visible(run.phase), 'wait'];
  badge(node, run.phase === 'finished' && run.incomplete ? ['Incomplete', 'warn'] : run.trouble && !over ? ['Trying again', 'warn'] : [word, sign]);
  node.dataset.phase = run.phase;
  const next = run.next ? `; next call in ${duration(Math.max(1, (Date.parse(run.next) - now) / 1000))}` : '';
  text(why, run.trouble && !over ? `${oneLine(run.trouble)}${next}` : run.incomplete ? oneLine(run.incomplete) : '');
  hide(bar, over);
  if (run.done == null) bar.removeAttribute('value');
  else bar.value = run.done;
  const devices = run.expected > run.read && !over ? `${number(run.read)} of ${number(run.expected)}` : number(run.read);
  const left = over ? `in ${duration((Date.parse(run.finished) - Date.parse(run.started)) / 1000)}` : run.leftSeconds == null ? '' : `${duration(run.leftSeconds)} left`;
  text(read, [devices, run.pass > 1 && !over ? `pass ${run.pass}` : '', left].filter(Boolean).join(', '));
  [run.sent, run.unchanged, run.dropped, run.missing, run.calls].forEach((n, i) => text(numbers[i], number(n)));
  text(started, `${clockTime(run.started)}, ${oneLine(run.reason)}${run.to ? `, to ${visible(run.to)}` : ''}`);
  title(started, `${utc(run.started)}\nreads ${run.statuses.map(visible).join(', ')}`);
  hide(stop, over);
}
