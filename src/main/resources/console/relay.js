/** The relay's API: its stream of states and events, and single calls. */

const SILENT_MS = 6000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 5000;

/**
 * The stream. Calls back with each status, each batch of events as its raw JSON text, and with what has become of
 * the connection: true (it is there) or false (lost). A stream that says nothing for six seconds counts as lost.
 * It is opened again for as long as it takes.
 */
export class Stream {
  #query = '';
  #source = null;
  #heard = performance.now();
  #pause = FIRST_PAUSE_MS;
  #retry = 0;
  #turn = 0;
  #on;

  /** @param on {status(object), events(text, first), connection(boolean, reason)} */
  constructor(on) {
    this.#on = on;
    setInterval(() => this.#watch(), 1000);
    // a page that comes back from the browser's cache, or a machine that slept
    addEventListener('pageshow', (e) => e.persisted && this.open(this.#query));
    addEventListener('online', () => this.#source || this.open(this.#query));
  }

  /** Opens the stream, or opens it anew with another query. */
  open(query) {
    this.#close();
    this.#turn++;
    this.#query = query;
    this.#heard = performance.now();
    let first = true;
    const source = new EventSource(`api/stream${query}`);
    this.#source = source;
    source.addEventListener('status', (e) => {
      this.#heard = performance.now();
      this.#pause = FIRST_PAUSE_MS;
      this.#on.connection(true);
      this.#on.status(JSON.parse(e.data));
    });
    source.addEventListener('events', (e) => {
      this.#heard = performance.now();
      this.#on.events(e.data, first);
      first = false;
    });
    source.onerror = () => this.#lost();
  }

  #close() {
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = null;
  }

  #lost() {
    this.#close();
    this.#on.connection(false);
    const turn = this.#turn;
    // an EventSource does not tell why it was refused
    get('api/status').catch((e) => e.refused && turn === this.#turn && this.#source === null && this.#on.connection(false, e.message));
    this.#retry = setTimeout(() => this.open(this.#query), this.#pause);
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS);
  }

  #watch() {
    if (this.#source && performance.now() - this.#heard > SILENT_MS) this.#lost();
  }
}

/** Answers the JSON, or throws an Error whose message is for people. */
async function call(path, options) {
  let response;
  try {
    response = await fetch(path, { cache: 'no-store', ...options });
  } catch {
    throw new Error('The relay does not answer. Try again when it is back.');
  }
  // the relay has started anew, with another token: the page asks for it
  if (response.status === 401) location.reload();
  let answer = null;
  try {
    answer = await response.json();
  } catch {
    // told below by its status
  }
  if (!response.ok) throw Object.assign(new Error(answer?.error ?? `The relay answers HTTP ${response.status}.`), { refused: true });
  if (answer == null) throw new Error('The relay answers something that is not JSON.');
  return answer;
}

export function get(path, query = {}) {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== '' && value != null) parameters.append(name, value);
  return call(parameters.size ? `${path}?${parameters}` : path);
}

export function post(path, body) {
  return postRaw(path, JSON.stringify(body));
}

/** Sends JSON text as it is. */
export function postRaw(path, json) {
  return call(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-Ens-Relay': '1' },
    body: json,
  });
}
