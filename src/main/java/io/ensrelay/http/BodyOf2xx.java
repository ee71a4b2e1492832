package io.ensrelay.http;

/** How much of a 2xx's body its caller gets. */
enum BodyOf2xx {
  /** All of it; an incomplete or too large one fails the call. */
  WHOLE,
  /** At most its first KB, and no error in it fails the call. */
  BEGINNING,
  /** Nothing, and no error in it fails the call. */
  NONE
}
