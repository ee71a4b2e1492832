import { $, el, fromInput, hide, oneLine, plural, text, visible } from './format.js';
import { post } from './relay.js';

const TYPING_MS = 300;
const MOVES = {
  rewind: {
    title: (name) => `Rewind ${name}`,
    words: (name) => `The relay delivers events to ${name} again. They keep their ids and carry eventReplay=true.`,
    place: 'From',
    kinds: [['ago', 'How long ago'], ['time', 'Time'], ['event', 'Event id'], ['all', 'Oldest kept event']],
    time: 'from',
    idle: 'Deliver again',
    confirm: (n) => `Deliver ${plural(n, 'event', 'events')} again`,
    none: 'No events to deliver again',
    meant: (name, n) => (n ? `${plural(n, 'event', 'events')} will be delivered again.` : `0 events: ${name} has received none from there on.`),
    done: ({ rewound }) => `${plural(rewound, 'event is', 'events are')} delivered again.`,
  },
  skip: {
    title: (name) => `Skip events of ${name}`,
    words: (name) => `The relay does not deliver these events to ${name}. A rewind brings them back while the log keeps them.`,
    place: 'Up to',
    kinds: [['waiting', 'All waiting events'], ['time', 'Time']],
    time: 'until',
    idle: 'Skip',
    confirm: (n) => `Skip ${plural(n, 'event', 'events')}`,
    none: 'No events to skip',
    meant: (name, n) => (n ? `${plural(n, 'event', 'events')} will be skipped.` : `0 events: none up to there waits for ${name}.`),
    done: ({ skipped }) => `${plural(skipped, 'event', 'events')} skipped.`,
    danger: true,
  },
};

/**
 * The dialog that moves a destination back or ahead. It has the relay count the events that are meant, at each
 * change of the choice, and its button says the number.
 */
export class MoveDialog {
  #dialog = $('move');
  #name = '';
  #move = null;
  #path = '';
  #body = null; // what the number on the button is of; null: there is none
  #turn = 0;
  #done = () => {};
  #clock;

  /** @param clock answers the relay's time in ms */
  constructor(clock) {
    this.#clock = clock;
    let typing = 0;
    this.#dialog.addEventListener('input', (e) => {
      clearTimeout(typing);
      this.#forgetCount();
      if (e.target.id === 'move-kind') this.#showFields();
      typing = setTimeout(() => this.#count(), e.target.tagName === 'SELECT' ? 0 : TYPING_MS);
    });
    $('move-cancel').addEventListener('click', () => this.#dialog.close());
    $('move-confirm').addEventListener('click', () => this.#confirm());
    this.#dialog.addEventListener('close', () => {
      clearTimeout(typing);
      this.#turn++;
    });
  }

  /**
   * @param name of the destination
   * @param kind rewind or skip
   * @param done called with the words that say what was done, or after the dialog was closed with the failure and true
   */
  open(name, kind, done) {
    this.#name = visible(name);
    this.#move = MOVES[kind];
    this.#path = `api/destinations/${encodeURIComponent(name)}/${kind}`;
    this.#done = done;
    text($('move-h'), this.#move.title(this.#name));
    text($('move-text'), this.#move.words(this.#name));
    text($('move-place'), this.#move.place);
    $('move-kind').replaceChildren(...this.#move.kinds.map(([value, word]) => el('option', { value }, word)));
    $('move-amount').value = '1';
    $('move-unit').value = 'h';
    $('move-time').value = '';
    $('move-event').value = '';
    $('move-confirm').classList.toggle('danger', Boolean(this.#move.danger));
    $('move-confirm').classList.toggle('primary', !this.#move.danger);
    this.#showFields();
    this.#dialog.showModal();
    $('move-kind').focus();
    this.#forgetCount();
    this.#count();
  }

  #showFields() {
    for (const field of this.#dialog.querySelectorAll('[data-kind]')) hide(field, field.dataset.kind !== $('move-kind').value);
  }

  /** The choice as the relay takes it, or null while it is not whole. */
  #choice() {
    switch ($('move-kind').value) {
      case 'ago':
        return $('move-amount').checkValidity() ? { since: `${Number($('move-amount').value)}${$('move-unit').value}` } : null;
      case 'time':
        return $('move-time').value && $('move-time').checkValidity() ? { [this.#move.time]: fromInput($('move-time').value) } : null;
      case 'event': {
        const event = $('move-event').value.trim();
        return event ? { event } : null;
      }
      case 'waiting': // what comes after the count is not meant
        return { until: new Date(this.#clock()).toISOString() };
      default:
        return { all: true };
    }
  }

  #forgetCount() {
    this.#turn++;
    this.#body = null;
    this.#problem('');
    text($('move-count'), '');
    text($('move-confirm'), this.#move.idle);
    $('move-confirm').disabled = true;
  }

  async #count() {
    const turn = ++this.#turn;
    const choice = this.#choice();
    if (choice === null) {
      text($('move-count'), { ago: 'Say how long ago, as a whole number.', time: 'Choose a time.', event: 'Give the id of an event.' }[$('move-kind').value]);
      return;
    }
    text($('move-count'), 'Counting…');
    try {
      const { events } = await post(this.#path, { ...choice, count: true });
      if (turn !== this.#turn) return;
      this.#body = choice;
      text($('move-count'), this.#move.meant(this.#name, events));
      text($('move-confirm'), events ? this.#move.confirm(events) : this.#move.none);
      $('move-confirm').disabled = events === 0;
    } catch (e) {
      if (turn !== this.#turn) return;
      text($('move-count'), '');
      this.#problem(e.message);
    }
  }

  async #confirm() {
    const [turn, body, move, done, counted] = [this.#turn, this.#body, this.#move, this.#done, $('move-count').textContent];
    if (body === null) return;
    this.#body = null;
    this.#problem('');
    text($('move-count'), 'Working…');
    try {
      done(move.done(await post(this.#path, body)));
      if (turn === this.#turn) this.#dialog.close();
    } catch (e) {
      if (turn !== this.#turn) {
        done(oneLine(e.message), true);
        return;
      }
      this.#body = body;
      text($('move-count'), counted);
      this.#problem(e.message);
    }
  }

  #problem(words) {
    text($('move-problem'), oneLine(words));
  }
}
