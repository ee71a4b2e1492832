package io.ensrelay.simulator;

import java.util.Locale;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * Encodes the number of a device in its names, so that the number can be decoded from a name
 * without a list of all names. The encoding is one-to-one and looks random.
 *
 * @param key a different key gives a different encoding
 */
record DeviceNumber(long key) {
  private static final long FIRST = 0xbf58476d1ce4e5b9L;
  private static final long FIRST_UNDONE = 0x96de1b173f119089L;
  private static final long SECOND = 0x94d049bb133111ebL;
  private static final long SECOND_UNDONE = 0x319642b2d24d8ec3L;

  long mix(long number) {
    long mixed = number ^ key;
    mixed = (mixed ^ (mixed >>> 30)) * FIRST;
    mixed = (mixed ^ (mixed >>> 27)) * SECOND;
    return mixed ^ (mixed >>> 31);
  }

  long undo(long mixed) {
    long number = (mixed ^ (mixed >>> 31) ^ (mixed >>> 62)) * SECOND_UNDONE;
    number = (number ^ (number >>> 27) ^ (number >>> 54)) * FIRST_UNDONE;
    return number ^ (number >>> 30) ^ (number >>> 60) ^ key;
  }

  /** Returns a UUID of version 4 with the encoded number; {@code rest} fills the other bits. */
  String uuid(long number, long rest) {
    long mixed = mix(number);
    long high = (mixed & ~0xFFFFL) | 0x4000L | ((mixed >>> 4) & 0xFFFL);
    long low = (2L << 62) | ((mixed & 0xFL) << 58) | (rest >>> 6);
    return new UUID(high, low).toString();
  }

  /** Decodes the number of such a UUID; any other text gives any number or none. */
  OptionalLong ofUuid(String text) {
    try {
      UUID uuid = UUID.fromString(text);
      long high = uuid.getMostSignificantBits();
      long low = uuid.getLeastSignificantBits();
      return OptionalLong.of(
          undo((high & ~0xFFFFL) | ((high & 0xFFFL) << 4) | ((low >>> 58) & 0xFL)));
    } catch (IllegalArgumentException e) {
      return OptionalLong.empty();
    }
  }

  /** Returns the encoded number as sixteen hexadecimal digits. */
  String hex(long number) {
    return String.format(Locale.ROOT, "%016x", mix(number));
  }

  /** Decodes the number from such leading digits; any other text gives any number or none. */
  OptionalLong ofHex(String text) {
    try {
      return text.length() < 16
          ? OptionalLong.empty()
          : OptionalLong.of(undo(Long.parseUnsignedLong(text.substring(0, 16), 16)));
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }
}
