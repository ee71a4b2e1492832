import { $, el, text, visible } from './format.js';

const SHOWN = 300000;
const wide = matchMedia('(min-width: 1100px)');

/**
 * The side panel: over the right of the page where there is room for it, so that the left can still be used, else over all of it. Escape closes it, and what was in focus
 * gets the focus back.
 */
export class Panel {
  #dialog = $('panel');
  #opener = null;
  #closed = () => {};

  constructor() {
    $('panel-close').addEventListener('click', () => this.close());
    document.addEventListener('keydown', (e) => {
      if (e.key === 'Escape' && this.#dialog.open && !document.querySelector('.ask[open]') && !e.defaultPrevented) {
        e.preventDefault();
        this.close();
      }
    });
    this.#dialog.addEventListener('close', () => {
      const closed = this.#closed;
      this.#closed = () => {};
      closed();
      if (this.#opener?.isConnected) this.#opener.focus({ preventScroll: true });
      this.#opener = null;
    });
  }

  get open() {
    return this.#dialog.open;
  }

  /** @param content {kind, title, actions: [node], body: [node], closed: function} */
  show({ kind, title, actions, body, closed }) {
    if (!this.#dialog.open || !this.#dialog.contains(document.activeElement)) this.#opener = document.activeElement;
    const before = this.#closed;
    this.#closed = () => {};
    before();
    this.#closed = closed ?? (() => {});
    this.#dialog.dataset.kind = kind;
    text($('panel-h'), title);
    text($('panel-result'), '');
    $('panel-actions').replaceChildren(...actions);
    $('panel-body').replaceChildren(...body);
    $('panel-body').scrollTop = 0;
    if (!this.#dialog.open) {
      if (wide.matches) this.#dialog.show();
      else this.#dialog.showModal();
    }
    $('panel-h').focus({ preventScroll: true });
  }

  result(words) {
    text($('panel-result'), words);
  }

  close() {
    if (this.#dialog.open) this.#dialog.close();
  }

  /** A button that copies. */
  copyButton(words, content) {
    const button = el('button', { type: 'button', 'data-action': 'copy' }, words);
    button.addEventListener('click', async () => this.result((await copy(content(), this.#dialog)) ? 'Copied.' : 'The browser did not copy. Select the text and copy it by hand.'));
    return button;
  }
}

/** The clipboard of the browser is there on localhost and https only; elsewhere the old way is used. */
async function copy(content, within) {
  try {
    await navigator.clipboard.writeText(content);
    return true;
  } catch {
    const area = el('textarea', { class: 'sr', 'aria-hidden': 'true' });
    area.value = content;
    within.append(area);
    const focused = document.activeElement;
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    focused?.focus();
    return done;
  }
}

/** Text as it is, or its beginning: a browser does not bear to show megabytes. */
export function content(words) {
  const pre = el('pre', { id: 'panel-json' }, visible(words.slice(0, SHOWN)));
  return words.length > SHOWN ? [pre, el('p', { class: 'note' }, 'Only the beginning is shown. Copy gives the whole.')] : [pre];
}

/** A list of names and values; values are text or nodes, absent ones are left out. */
export function pairs(list) {
  const dl = el('dl', { class: 'pairs' });
  for (const [name, value] of list) {
    if (value == null || value === '') continue;
    dl.append(el('div', {}, el('dt', {}, name), el('dd', {}, value instanceof Node ? value : visible(value))));
  }
  return dl;
}
