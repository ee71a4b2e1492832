import { $, el, hide, text } from './format.js';

/**
 * Asks in a dialog. Answers false, or {to} once confirmed; Escape and Cancel are a no.
 *
 * @param question {title, words, confirm, danger, targets: [[value, text], ...] or nothing}
 */
export function ask({ title, words, confirm, danger = false, targets = null }) {
  const dialog = $('ask');
  text($('ask-h'), title);
  text($('ask-text'), words);
  text($('ask-confirm'), confirm);
  $('ask-confirm').classList.toggle('danger', danger);
  $('ask-confirm').classList.toggle('primary', !danger);
  hide($('ask-to-field'), !targets);
  $('ask-to').replaceChildren(...(targets ?? []).map(([value, name]) => el('option', { value }, name)));
  return new Promise((answer) => {
    const controller = new AbortController();
    const done = (result) => {
      controller.abort();
      if (dialog.open) dialog.close();
      answer(result);
    };
    const { signal } = controller;
    $('ask-cancel').addEventListener('click', () => done(false), { signal });
    $('ask-confirm').addEventListener('click', () => done({ to: $('ask-to').value }), { signal });
    dialog.addEventListener('close', () => done(false), { signal });
    dialog.showModal();
    $(danger ? 'ask-cancel' : 'ask-confirm').focus();
  });
}
