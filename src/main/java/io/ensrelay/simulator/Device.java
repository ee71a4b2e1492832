package io.ensrelay.simulator;

import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * The constant data of a device, derived from one number: the same number gives the same device, so
 * a large fleet needs no memory for it.
 */
record Device(
    String os,
    String osVersion,
    String manufacturer,
    String model,
    String identifier,
    String serialNumber,
    Optional<String> macAddress,
    String deviceGuid,
    String userId,
    String userUuid,
    boolean strict,
    boolean tampered) {

  private record Make(String os, String osVersion, String manufacturer, String model) {}

  /** Platforms in roughly the proportions of a company's fleet. */
  private static final List<Make> MAKES =
      List.of(
          new Make("IOS", "18.6.2", "Apple Inc.", "iPhone15,4"),
          new Make("IOS", "17.7.1", "Apple Inc.", "iPhone14,5"),
          new Make("IOS", "18.5", "Apple Inc.", "iPad13,18"),
          new Make("IOS", "12.2", "Apple Inc.", "iPad5,3"),
          new Make("ANDROID", "15", "samsung", "SM-S921B"),
          new Make("ANDROID", "14", "Google", "Pixel 8"),
          new Make("ANDROID", "13", "Zebra Technologies", "TC57"),
          new Make("OSX", "15.6", "Apple Inc.", "Mac14,2"),
          new Make("OSX", "14.7.1", "Apple Inc.", "MacBookPro18,3"),
          new Make("WINDOWS", "10.0.22631.4317", "LENOVO", "21HMCTO1WW"));

  private static final List<String> GIVEN_NAMES =
      List.of("ada", "alan", "barbara", "edsger", "frances", "grace", "ken", "margaret", "niklaus");

  private static final List<String> FAMILY_NAMES =
      List.of("adams", "baker", "conti", "dubois", "fischer", "garcia", "kim", "novak", "svensson");

  private static final String SERIAL_SIGNS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789";

  /** Returns the device with this number in the fleet with this seed. */
  static Device of(long seed, long number) {
    SplittableRandom random = new SplittableRandom(identifiers(seed).mix(number));
    Make make = pick(MAKES, random);
    return new Device(
        make.os(),
        make.osVersion(),
        make.manufacturer(),
        make.model(),
        identifiers(seed).hex(number) + hex(random, 12, ""),
        serial(random),
        macAddress(random),
        guids(seed).uuid(number, random.nextLong()),
        pick(GIVEN_NAMES, random)
            + "."
            + pick(FAMILY_NAMES, random)
            + random.nextInt(1000)
            + "@example.com",
        uuid(random),
        random.nextBoolean(),
        random.nextInt(20) == 0);
  }

  /** Returns the encoding of the device number in the identifier. */
  static DeviceNumber identifiers(long seed) {
    return new DeviceNumber(seed * 2);
  }

  /** Returns the encoding of the device number in the GUID. */
  static DeviceNumber guids(long seed) {
    return new DeviceNumber(seed * 2 + 1);
  }

  /** One device in ten does not report it. */
  private static Optional<String> macAddress(SplittableRandom random) {
    String address = hex(random, 6, ":");
    return random.nextInt(10) == 0 ? Optional.empty() : Optional.of(address);
  }

  /** Returns the identifier again: only iPhones and iPads have this field. */
  Optional<String> iosUdid() {
    return os.equals("IOS") ? Optional.of(identifier) : Optional.empty();
  }

  private static <T> T pick(List<T> from, SplittableRandom random) {
    return from.get(random.nextInt(from.size()));
  }

  private static String serial(SplittableRandom random) {
    StringBuilder serial = new StringBuilder(12);
    for (int i = 0; i < 12; i++) {
      serial.append(SERIAL_SIGNS.charAt(random.nextInt(SERIAL_SIGNS.length())));
    }
    return serial.toString();
  }

  private static String hex(SplittableRandom random, int bytes, String separator) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < bytes; i++) {
      int octet = random.nextInt(256);
      text.append(i == 0 ? "" : separator)
          .append(Character.forDigit(octet >> 4, 16))
          .append(Character.forDigit(octet & 15, 16));
    }
    return text.toString();
  }

  /** Returns a random UUID (version 4). */
  private static String uuid(SplittableRandom random) {
    long high = (random.nextLong() & ~0xF000L) | 0x4000L;
    long low = (random.nextLong() & ~(3L << 62)) | (2L << 62);
    return new UUID(high, low).toString();
  }
}
