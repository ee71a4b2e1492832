import { $, hide, number, off, oneLine, text, visible } from './format.js';
import { get, postRaw } from './relay.js';
import { pretty } from './json.js';

/** The dialog that sends one event through one destination by hand, and shows what was answered. */
export class SendDialog {
  #dialog = $('send');
  #name = '';
  #last = '';
  #done = () => {};

  constructor() {
    $('send-close').addEventListener('click', () => this.#dialog.close());
    $('send-last').addEventListener('click', () => this.#useLast());
    $('send-confirm').addEventListener('click', () => this.#send());
  }

  /**
   * @param name of the destination
   * @param done called with the words that say what became of the event, and whether it failed
   */
  async open(name, done) {
    this.#name = name;
    this.#last = '';
    this.#done = done;
    text($('send-h'), `Send one event through ${visible(name)}`);
    $('send-event').value = '';
    off($('send-last'), true);
    off($('send-confirm'), false);
    this.#result('');
    this.#dialog.showModal();
    $('send-event').focus();
    try {
      const { lastEvent } = await get(`api/destinations/${encodeURIComponent(name)}`);
      if (this.#name !== name || !this.#dialog.open) return;
      if (lastEvent) {
        this.#last = pretty(lastEvent);
        off($('send-last'), false);
        if (!$('send-event').value) this.#useLast();
      } else {
        this.#result('The event log has no event that this destination selects. Paste one.');
      }
    } catch (e) {
      this.#result(e.message, true);
    }
  }

  #useLast() {
    $('send-event').value = this.#last;
    this.#result('');
  }

  async #send() {
    const name = this.#name;
    off($('send-confirm'), true);
    this.#result('Sending…');
    try {
      const sent = await postRaw(`api/destinations/${encodeURIComponent(name)}/send`, $('send-event').value);
      const took = `${number(sent.tookMillis)} ms`;
      const words = sent.delivered
        ? `Delivered in ${took}${sent.status ? `, HTTP ${sent.status}` : ': the route ended without an error'}.`
        : `Not delivered after ${took}: ${sent.reason}`;
      this.#done(words, !sent.delivered);
      if (name === this.#name) this.#result(words, !sent.delivered, sent.answer ?? (sent.detail !== sent.reason ? sent.detail : null));
    } catch (e) {
      if (name === this.#name) this.#result(e.message, true);
    }
    off($('send-confirm'), false);
  }

  #result(words, failed = false, answer = null) {
    text($('send-result'), oneLine(words));
    $('send-result').classList.toggle('failed', failed);
    text($('send-answer'), answer == null ? '' : visible(answer));
    hide($('send-answer-part'), answer == null);
  }
}
