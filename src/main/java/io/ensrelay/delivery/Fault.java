package io.ensrelay.delivery;

/** Whose fault a failed delivery is, and so what happens next. */
public enum Fault {
  /** It passes: tried again for as long as it takes. */
  PASSES,
  /** The destination refuses all events: tried again at a slow pace, with an alert. */
  DESTINATION,
  /** Nobody knows: tried again for a while, then a dead letter. */
  UNKNOWN,
  /** This event is wrong: a dead letter at once. */
  EVENT
}
