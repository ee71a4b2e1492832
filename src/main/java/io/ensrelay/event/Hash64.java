package io.ensrelay.event;

/**
 * Hashes texts to 64 bits, the same in every process: FNV-1a, then the last step of MurmurHash3 to
 * spread the bits. Not for secrets. Threads: stateless.
 */
public final class Hash64 {
  /** Begins a hash. */
  public static final long SEED = 0xcbf29ce484222325L;

  private Hash64() {}

  /** Adds a text to a hash. */
  public static long of(long hash, String text) {
    long h = hash;
    for (int i = 0; i < text.length(); i++) {
      h = (h ^ text.charAt(i)) * 0x100000001b3L;
    }
    return h;
  }

  /** Spreads a hash over all bits. */
  public static long mix(long hash) {
    long h = hash;
    h = (h ^ (h >>> 33)) * 0xff51afd7ed558ccdL;
    h = (h ^ (h >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return h ^ (h >>> 33);
  }
}
