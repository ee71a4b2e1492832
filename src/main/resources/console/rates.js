/** Rates and the curve's samples, from the counters of one status after the other. */

const MEAN_OF = 6; // statuses: five seconds
const KEEP_MS = 5 * 60 * 1000 + 5000;
const LONGEST_STEP_MS = 3500;

export class Rates {
  #recent = [];
  /** {t, byKey} a second each, rates; byKey is null where nothing was seen */
  samples = [];

  add(status) {
    const t = Date.parse(status.now);
    const last = this.#recent.at(-1);
    if (last && t <= last.t) return;
    const broken = !last || t - last.t > LONGEST_STEP_MS || status.started !== last.status.started;
    if (broken) {
      this.#recent = [];
      if (last) this.samples.push({ t: Math.min(last.t + 1000, t), byKey: null });
    } else {
      const seconds = (t - last.t) / 1000;
      const byKey = {};
      for (const [key, n] of Object.entries(status.events.byKey)) {
        const events = n - (last.status.events.byKey[key] ?? 0);
        if (events > 0) byKey[key] = events / seconds;
      }
      this.samples.push({ t, byKey });
    }
    this.#recent.push({ t, status });
    if (this.#recent.length > MEAN_OF) this.#recent.shift();
    while (this.samples.length && this.samples[0].t < t - KEEP_MS) this.samples.shift();
  }

  /** The mean of the last seconds of a counter, null when it is not known yet. */
  of(counter) {
    const first = this.#recent[0];
    const last = this.#recent.at(-1);
    if (!first || first === last) return null;
    const from = counter(first.status);
    const to = counter(last.status);
    if (from == null || to == null) return null;
    return Math.max(0, ((to - from) * 1000) / (last.t - first.t));
  }
}
