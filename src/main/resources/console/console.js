import { $, hide, text, visible, zone, zonedTime } from './format.js';
import { Stream } from './relay.js';
import { Rates } from './rates.js';
import { Curve } from './curve.js';
import { showFlow } from './flow.js';
import { Destinations } from './destinations.js';
import { Tenants, areSeveral } from './tenants.js';
import { Events } from './events.js';
import { DeadLetters } from './dead.js';
import { Resync } from './resync.js';
import { Devices } from './devices.js';
import { Panel } from './panel.js';
import { showOld, showState, showSubscriptions, tenantWords } from './state.js';

const rates = new Rates();
const panel = new Panel();
const curve = new Curve(rates);

let last = null;
let heard = 0;
let lost = false;
const relayTime = () => (last ? Date.parse(last.now) + (performance.now() - heard) : null);

const dead = new DeadLetters(panel, relayTime);
const devices = new Devices(panel, relayTime);
const destinations = new Destinations((destination) => dead.showOf(destination), relayTime);
const tenants = new Tenants();
const resync = new Resync();
let stream;
const events = new Events(panel, (query) => stream.open(query));

stream = new Stream({
  status(status) {
    last = status;
    heard = performance.now();
    rates.add(status);
    if (document.hidden) return;
    show();
  },
  events: (raw, first) => events.add(raw, first),
  connection,
});

function show() {
  const now = relayTime();
  showState(last, now);
  showFlow(last, rates);
  document.body.classList.toggle('tenants', areSeveral(last));
  tenants.show(last, now);
  const several = areSeveral(last) ? last.tenants.map((t) => t.name) : [];
  events.setTenants(several);
  devices.setTenants(several);
  destinations.show(last, now);
  showSubscriptions(last);
  events.setKnown([...(last.metadata?.known ?? []), ...Object.keys(last.events.byKey)]);
  dead.update(last);
  resync.show(last, now);
  devices.update();
  curve.draw();
  headline();
}

function connection(there, reason) {
  lost = !there;
  document.body.classList.toggle('old', !there);
  hide($('lost'), there);
  if (!there) {
    if (last) showOld(last);
    const why = reason ? `The relay refuses this page: ${visible(reason).replace(/\.?$/, '.')}` : 'No connection to the relay.';
    text($('lost'), `${why}${last ? ` This page shows the state of ${zonedTime(last.now)}.` : ''} The page connects again by itself.`);
  } else {
    text($('lost'), '');
  }
  headline();
}

function headline() {
  const wrong = lost || last?.overall.state === 'failed';
  const state = lost ? 'no connection to the relay' : last?.overall.state;
  const title = `${wrong ? '(!) ' : ''}ens-relay${last ? ` · ${tenantWords(last)} · ${state}` : ''}`;
  if (document.title !== title) document.title = title;
}

document.addEventListener('visibilitychange', () => {
  if (!document.hidden && last) show();
});

function showZone() {
  const name = zone.name();
  for (const node of document.querySelectorAll('.zone-name')) text(node, `(${name})`);
  $('zone-utc').setAttribute('aria-pressed', String(zone.isUtc));
  $('zone-local').setAttribute('aria-pressed', String(!zone.isUtc));
}
zone.onChange(() => {
  showZone();
  events.showTimes();
  dead.showTimes();
  devices.showTimes();
  resync.showTimes();
  if (last) show();
});
$('zone-utc').addEventListener('click', () => zone.choose(true));
$('zone-local').addEventListener('click', () => zone.choose(false));
showZone();
stream.open(events.query);
