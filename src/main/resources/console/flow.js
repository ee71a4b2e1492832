import { $, badge, bytes, number, rate, text, visible } from './format.js';
import { connections } from './state.js';
import { areSeveral } from './tenants.js';

const INTAKE = { connected: ['Receiving', 'ok'], connecting: ['Connecting', 'wait'], waiting: ['Waiting', 'bad'], stopped: ['Stopped', 'bad'], elsewhere: ['Elsewhere', 'off'] };
const SPOOL = { running: ['Running', 'ok'], 'disk-full': ['Disk full', 'bad'], down: ['Down', 'bad'] };

/** The two boxes before the destinations: intake and spool. */
export function showFlow(status, rates) {
  const i = status.intake;
  const single = INTAKE[status.connection?.state ?? status.tenants[0]?.state] ?? [visible(status.connection?.state ?? 'Starting'), 'wait'];
  badge($('box-intake'), areSeveral(status) ? connections(status) : single);
  text($('intake-rate'), rate(rates.of((s) => s.intake.received)));
  text($('intake-received'), number(i.received));
  text($('intake-redelivered'), number(i.redelivered));
  text($('intake-unconfirmed'), number(i.unconfirmed));
  text($('intake-malformed'), number(i.malformed));

  const spool = status.spool;
  badge($('box-spool'), SPOOL[spool.state] ?? [visible(spool.state), 'wait']);
  text($('spool-rate'), rate(rates.of((s) => s.events.stored)));
  text($('spool-stored'), number(status.events.stored));
  text($('spool-duplicates'), number(status.events.duplicates));
  const backlogs = status.destinations.map((d) => d.backlog).filter((n) => n != null);
  text($('spool-backlog'), backlogs.length ? number(backlogs.reduce((a, b) => a + b, 0)) : '–');
  text($('spool-free'), bytes(spool.freeBytes));
  text($('spool-note'), spool.directory ? visible(spool.directory) : '');
}
