import { $, dayOf, duration, el, hide, icon, number, oneLine, plural, setIcon, text, title, utc, visible, zonedTime } from './format.js';
import { areSeveral } from './tenants.js';

const CONNECTION = {
  connected: ['Connected', 'ok'],
  connecting: ['Connecting', 'wait'],
  waiting: ['Not connected', 'bad'],
  stopped: ['Stopped', 'bad'],
  elsewhere: ['On another machine', 'off'],
};
const CERTIFICATE_WARN = 30;
const CERTIFICATE_ALARM = 7;

const OVERALL = { ok: ['All is well', 'ok'], warning: ['Needs attention', 'warn'], failed: ['Something fails', 'bad'] };

/** The relay itself is not heard: the page says that its state is old. */
export function showOld(status) {
  const [word] = OVERALL[status.overall.state] ?? [visible(status.overall.state)];
  $('overall').dataset.state = 'unknown';
  setIcon($('overall').firstElementChild, 'off');
  text($('overall-word'), `Unknown. Before: ${word}`);
  text($('overall-reason'), '');
}

/** The head: the state of the whole, facts, and what else needs attention. */
export function showState(status, now) {
  const [overall, overallSign] = OVERALL[status.overall.state] ?? [visible(status.overall.state), 'wait'];
  const box = $('overall');
  box.dataset.state = overallSign;
  setIcon(box.firstElementChild, overallSign);
  text($('overall-word'), overall);
  text($('overall-reason'), oneLine(status.overall.reason));

  const c = status.connection;
  if (areSeveral(status)) {
    showConnections(status);
  } else {
    const [word, sign] = CONNECTION[c?.state ?? status.tenants[0]?.state] ?? [visible(c?.state ?? 'Starting'), 'wait'];
    $('connection').dataset.state = sign;
    text($('connection-word'), word);
    text($('connection-since'), c?.since ? `since ${zonedTime(c.since)}` : '');
    title($('connection-since'), c?.since ? `for ${duration((now - Date.parse(c.since)) / 1000)}` : '');
    text($('connection-url'), c ? `${visible(c.url ?? '')} as ${visible(c.clientId ?? '')}` : '');
  }

  text($('tenant'), tenantWords(status));
  hide($('machine'), !status.machine);
  text($('machine'), status.machine ? visible(status.machine.role === 'all' ? status.machine.name : `${status.machine.name}, ${status.machine.role}`) : '');
  hide($('tenant'), false);
  text($('fact-reconnects'), number(c?.reconnects));
  text($('fact-version'), visible(status.version));
  text($('fact-started'), duration((now - Date.parse(status.started)) / 1000));
  title($('fact-started'), `since ${zonedTime(status.started)}`);
  showCertificate(status.certificate);
  const m = status.metadata;
  text($('fact-metadata'), m?.fetched ? `${duration((now - Date.parse(m.fetched)) / 1000)} ago` : 'not yet');
  title($('fact-metadata'), m?.fetched ? utc(m.fetched) : '');
  text($('fact-retention'), m?.retentionMinutes ? duration(m.retentionMinutes * 60) : '–');
  showAttention(attention(status));
}

/** How many of the tenants of this process are connected. */
export function connections(status) {
  const here = status.tenants.filter((t) => t.state !== 'elsewhere');
  const connected = here.filter((t) => t.state === 'connected').length;
  const sign = connected === here.length ? 'ok' : connected === 0 ? 'bad' : 'warn';
  return [`${connected} of ${here.length}`, sign];
}

function showConnections(status) {
  const [words, sign] = connections(status);
  $('connection').dataset.state = sign;
  text($('connection-word'), `${words} tenants`);
  text($('connection-since'), '');
  text($('connection-url'), '');
}

/** The only tenant's name, or how many there are. */
export function tenantWords(status) {
  return areSeveral(status) ? plural(status.tenants.length, 'tenant', 'tenants') : visible(status.tenant || status.tenants[0]?.name || '');
}

function showCertificate(certificate) {
  const fact = $('fact-certificate');
  if (!certificate) {
    text(fact, 'none');
    fact.dataset.state = 'unknown';
    return;
  }
  const days = certificate.daysLeft;
  text(fact, days < 0 ? 'expired' : `${plural(days, 'day', 'days')} left`);
  title(fact, `${visible(certificate.subject)}\nissued by ${visible(certificate.issuer)}\nuntil ${utc(certificate.notAfter)}`);
  fact.dataset.state = days <= CERTIFICATE_ALARM ? 'bad' : days <= CERTIFICATE_WARN ? 'warn' : 'ok';
}

/**
 * [sign, text, href] of what the sentence at the top does not say, the worst first. The texts have no number that
 * moves by itself: a screen reader says each once. Destinations say theirs in their rows.
 */
function attention(status) {
  const found = [];
  const c = status.connection;
  const retention = status.metadata?.retentionMinutes;
  const keeps = retention ? ` The service keeps them for ${duration(retention * 60)}.` : '';
  const several = areSeveral(status);
  const away = several ? status.tenants.filter((t) => t.state !== 'connected' && t.state !== 'elsewhere').map((t) => t.name) : [];
  if (away.length) {
    found.push([connections(status)[1] === 'bad' ? 'bad' : 'warn', `No events come in from ${some(away)}.${keeps}`, '#tenants-part']);
  }
  if (!several && c && c.state !== 'connected') {
    found.push([c.state === 'connecting' ? 'wait' : 'bad', `No events come in.${keeps}`, null]);
  }
  const days = status.certificate?.daysLeft;
  if (days != null && days <= CERTIFICATE_WARN) {
    const day = dayOf(status.certificate.notAfter);
    const first = status.tenants.find((t) => t.certificate?.notAfter === status.certificate.notAfter);
    const whose = several ? ` of ${visible(first?.name ?? 'a tenant')}` : '';
    found.push([days <= CERTIFICATE_ALARM ? 'bad' : 'warn', `The client certificate${whose} ${days < 0 ? 'expired' : 'ends'} on ${day}. Renew it; the relay uses a new file from the next connect on.`, null]);
  }
  if (status.gap) {
    const whose = several ? ` of ${some(status.tenants.filter((t) => t.gap).map((t) => t.name))}` : '';
    found.push(['bad', `Events${whose} may be missing for good, from ${zonedTime(status.gap.from)} to ${zonedTime(status.gap.to)}: ${oneLine(status.gap.reason)}. ${healing(status)}`, '#resync']);
  }
  for (const t of (several ? [] : c?.topics ?? []).filter((t) => t.state === 'refused')) {
    found.push(['bad', `The service refuses ${visible(t.key)}: ${oneLine(t.problem ?? 'no reason known')}.`, '#subscriptions']);
  }
  if (status.metadata?.problem) found.push(['warn', `Cannot read the event types from the service: ${oneLine(status.metadata.problem)}`, null]);
  for (const p of status.routes?.problems ?? []) {
    found.push(['warn', `${visible(p.file)}${p.line ? `, line ${p.line}` : ''}: ${oneLine(p.text)}. The change is not in effect.`, null]);
  }
  for (const each of status.routes?.restartNeeded ?? []) found.push(['warn', `A restart puts this change into effect: ${oneLine(each)}.`, null]);
  const dead = Object.entries(status.deadLetters ?? {}).filter(([, n]) => n > 0).map(([name]) => visible(name));
  if (dead.length) found.push(['warn', `Dead letters await a decision: ${dead.join(', ')}.`, '#dead']);
  const order = ['bad', 'wait', 'warn'];
  return found.sort((a, b) => order.indexOf(a[0]) - order.indexOf(b[0]));
}

/** What the resync does about the last gap. */
function healing(status) {
  const after = status.tenants.filter((t) => t.gap).map((t) => (t.resync && t.resync.started >= t.gap.to ? t.resync : null));
  if (after.length === 0 || after.includes(null)) return 'Start a resync to read the present state of the devices.';
  if (after.some((run) => !run.finished)) return 'A resync reads the present state of the devices now.';
  return after.some((run) => run.incomplete) ? 'The resync since then is incomplete.' : 'A resync has read the present state of the devices since then.';
}

/** The first names, and how many more. */
function some(names) {
  const most = 3;
  return `${names.slice(0, most).map(visible).join(', ')}${names.length > most ? ` and ${number(names.length - most)} more` : ''}`;
}

let shown = '';
function showAttention(list) {
  const now = JSON.stringify(list);
  if (now === shown) return;
  shown = now;
  const items = list.map(([sign, words, href]) => el('li', { 'data-state': sign }, icon(sign), href ? el('a', { href }, words) : el('span', {}, words)));
  $('attention').replaceChildren(...items);
  hide($('attention'), !items.length);
}

const SUBSCRIPTION = {
  subscribed: ['Subscribed', 'ok', ''],
  refused: ['Refused', 'bad', 'the service does not grant QoS 1'],
  pending: ['Pending', 'wait', 'from the next connect on'],
  unwanted: ['Not wanted', 'off', 'ens.events leaves it out'],
};

let table = '';
/** The table of the subscriptions; rebuilt only when a row has come or gone. */
export function showSubscriptions(status) {
  const topics = status.connection?.topics ?? [];
  const subscribed = new Set(topics.map((t) => t.key));
  const list = [...topics, ...(status.metadata?.known ?? []).filter((key) => !subscribed.has(key)).map((key) => ({ key, topic: null, state: 'unwanted' }))]
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  hide($('subscriptions-empty'), list.length > 0);
  hide($('subscriptions-table'), list.length === 0);
  const good = topics.filter((t) => t.state === 'subscribed').length;
  const whose = areSeveral(status) ? `${visible(status.tenants.find((t) => t.connection)?.name ?? '')}, the tenant at the top: ` : '';
  text($('subscriptions-note'), topics.length ? `${whose}${good} of ${topics.length} subscribed` : '');
  const rows = $('subscriptions-rows');
  const keys = JSON.stringify(list.map((t) => [t.key, t.topic]));
  if (keys !== table) {
    table = keys;
    rows.replaceChildren(...list.map((t) => el('tr', { role: 'row', 'data-key': t.key },
      el('th', { scope: 'row', role: 'rowheader' }, visible(t.key)), el('td', { role: 'cell', class: 'mono topic' }, t.topic == null ? '–' : visible(t.topic)),
      el('td', { role: 'cell', class: 'state' }, icon('wait'), el('span')), el('td', { role: 'cell', class: 'n' }))));
  }
  list.forEach((t, i) => {
    const row = rows.children[i];
    const [word, sign, hint] = SUBSCRIPTION[t.state] ?? [visible(t.state), 'wait', ''];
    row.dataset.state = t.state;
    row.children[2].dataset.state = sign;
    setIcon(row.children[2].firstChild, sign);
    text(row.children[2].lastChild, hint ? `${word}: ${hint}` : word);
    text(row.children[3], number(status.events.byKey[t.key] ?? 0));
  });
}
