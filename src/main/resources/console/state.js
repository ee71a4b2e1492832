import { $, duration, el, hide, icon, localDay, localTime, number, oneLine, plural, setIcon, text, time, title, utc, visible } from './format.js';

const CONNECTION = {
  connected: ['Connected', 'ok'],
  connecting: ['Connecting', 'wait'],
  waiting: ['Not connected, waiting to try again', 'bad'],
  stopped: ['Stopped', 'bad'],
};
const CERTIFICATE_WARN = 30;
const CERTIFICATE_ALARM = 7;

/** The relay itself is not heard: what was known of its connection is said to be old. */
export function showOld(status) {
  const [word] = CONNECTION[status.connection.state] ?? [visible(status.connection.state)];
  $('connection').dataset.state = 'unknown';
  setIcon($('connection').firstElementChild, 'off');
  text($('connection-word'), `Not known. It was: ${word}`);
  text($('connection-age'), '');
}

/** The head: the connection to the service, facts, and what needs attention. */
export function showState(status, now) {
  const c = status.connection;
  const [word, sign] = CONNECTION[c.state] ?? [visible(c.state), 'wait'];
  const box = $('connection');
  box.dataset.state = sign;
  setIcon(box.firstElementChild, sign);
  text($('connection-word'), word);
  text($('connection-since'), c.since ? `since ${localTime(c.since)}` : '');
  title($('connection-since'), c.since ? utc(c.since) : '');
  text($('connection-age'), c.since ? `for ${duration((now - Date.parse(c.since)) / 1000)}` : '');
  text($('connection-url'), `${visible(c.url ?? '')} as ${visible(c.clientId ?? '')}`);
  text($('connection-problem'), c.problem ? oneLine(c.problem) : '');
  hide($('connection-problem'), !c.problem);

  text($('tenant'), visible(status.tenant));
  hide($('tenant'), false);
  text($('fact-reconnects'), number(c.reconnects));
  text($('fact-version'), visible(status.version));
  text($('fact-started'), duration((now - Date.parse(status.started)) / 1000));
  title($('fact-started'), `since ${localTime(status.started)}, ${utc(status.started)}`);
  showCertificate(status.certificate);
  const m = status.metadata;
  text($('fact-metadata'), m.fetched ? `${duration((now - Date.parse(m.fetched)) / 1000)} ago` : 'not yet');
  title($('fact-metadata'), m.fetched ? utc(m.fetched) : '');
  text($('fact-retention'), m.retentionMinutes == null ? '–' : duration(m.retentionMinutes * 60));
  showAttention(attention(status));
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

/** [sign, text, href], the worst first. The texts have no number that moves by itself: a screen reader says each once. */
function attention(status) {
  const found = [];
  const c = status.connection;
  if (c.state !== 'connected') {
    found.push([c.state === 'connecting' ? 'wait' : 'bad', 'No events come in: there is no connection to the service. It keeps them for '
      + `${duration(status.metadata.retentionMinutes * 60)}.`, null]);
  }
  if (status.spool.state === 'disk-full') found.push(['bad', 'The disk is nearly full: nothing is taken from the service until there is room. Make room within the retention time.', '#box-spool']);
  if (status.spool.state === 'down') found.push(['bad', 'The spool can’t write: nothing is taken from the service. The log says why.', '#box-spool']);
  const days = status.certificate?.daysLeft;
  if (days != null && days <= CERTIFICATE_WARN) {
    const day = localDay(status.certificate.notAfter);
    found.push(days < 0
      ? ['bad', `The client certificate has expired on ${day}. Renew it; a new file is used from the next connect on.`, null]
      : [days <= CERTIFICATE_ALARM ? 'bad' : 'warn', `The client certificate ends on ${day}. Renew it; a new file is used from the next connect on.`, null]);
  }
  if (status.gap) {
    found.push(['bad', `Events may be missing for good, from ${localTime(status.gap.from)} to ${localTime(status.gap.to)}: ${oneLine(status.gap.reason)}. Ask the service for the present state of the devices.`, null]);
  }
  for (const d of status.destinations) {
    if (d.state === 'refused') found.push(['bad', `${visible(d.name)} refuses all events since ${localTime(d.since)}: ${oneLine(d.problem ?? 'no reason known')}`, '#destinations']);
    if (d.state === 'stalled') found.push(['bad', `${visible(d.name)} is stalled since ${localTime(d.since)}: ${oneLine(d.problem ?? 'no reason known')}`, '#destinations']);
  }
  for (const t of c.topics.filter((t) => t.state === 'refused')) {
    found.push(['bad', `The service does not grant ${visible(t.key)}: ${oneLine(t.problem ?? 'no reason known')}.`, '#subscriptions']);
  }
  for (const d of status.destinations) {
    if (d.state === 'slow') found.push(['warn', `${visible(d.name)} is slow: a delivery is under way since ${localTime(d.since)} and has not ended.`, '#destinations']);
  }
  if (status.metadata.problem) found.push(['warn', `Cannot read the event types from the service: ${oneLine(status.metadata.problem)}`, null]);
  for (const d of status.destinations) {
    if (d.state === 'unused') found.push(['warn', `${visible(d.name)} is read by no route, and still collects events.`, '#destinations']);
  }
  const dead = Object.entries(status.deadLetters ?? {}).filter(([, n]) => n > 0).map(([name]) => visible(name));
  if (dead.length) found.push(['warn', `Dead letters wait for a decision: ${dead.join(', ')}.`, '#dead']);
  if (!found.length) found.push(['ok', 'Nothing needs attention.', null]);
  for (const d of status.destinations) {
    if (d.state === 'paused') found.push(['paused', `${visible(d.name)} is paused by hand: its events wait on disk.`, '#destinations']);
  }
  const order = ['bad', 'wait', 'warn', 'ok', 'paused'];
  return found.sort((a, b) => order.indexOf(a[0]) - order.indexOf(b[0]));
}

let shown = '';
function showAttention(list) {
  const now = JSON.stringify(list);
  if (now === shown) return;
  shown = now;
  const items = list.map(([sign, words, href]) => el('li', { 'data-state': sign }, icon(sign), href ? el('a', { href }, words) : el('span', {}, words)));
  $('attention').replaceChildren(...items);
}

const SUBSCRIPTION = {
  subscribed: ['Subscribed', 'ok', ''],
  refused: ['Refused', 'bad', 'the service does not grant it at QoS 1'],
  pending: ['Pending', 'wait', 'asked for at the next connect'],
  unwanted: ['Not wanted', 'off', 'left out by ens.events'],
};

let table = '';
/** The table of the subscriptions; rebuilt only when a row has come or gone. */
export function showSubscriptions(status) {
  const topics = status.connection.topics;
  const subscribed = new Set(topics.map((t) => t.key));
  const list = [...topics, ...(status.metadata.known ?? []).filter((key) => !subscribed.has(key)).map((key) => ({ key, topic: null, state: 'unwanted' }))]
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  hide($('subscriptions-empty'), list.length > 0);
  hide($('subscriptions-table'), list.length === 0);
  const good = topics.filter((t) => t.state === 'subscribed').length;
  text($('subscriptions-note'), topics.length ? `${good} of ${topics.length} subscribed` : '');
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
