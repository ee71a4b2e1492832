package io.ensrelay.base;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** Explains who owns an unusable file or folder, and how this user can gain access. */
public final class FileOwner {
  private static final String ROOT = "root";

  private FileOwner() {}

  /** Returns the user of this process as a file owner; a number if the user has no name. */
  static String me() {
    try {
      return Files.getOwner(Path.of("/proc/self")).getName();
    } catch (IOException | UnsupportedOperationException e) {
      return System.getProperty("user.name");
    }
  }

  /** Returns the error for a file or folder that this user may not use. */
  public static ConfigurationException refused(String key, Path path) {
    Path wanted = path.toAbsolutePath().normalize();
    Path there = wanted;
    while (there.getParent() != null && !canBeLookedAt(there)) {
      there = there.getParent();
    }
    String owner = owner(there);
    String me = me();
    String value = path.toString();
    if (owner.equals(me)) {
      return error(
          key,
          value,
          "this user, %s, may not use it".formatted(me),
          "correct its permissions, such as with 'chmod -R u+rwX %s'".formatted(there));
    }
    if (there.equals(wanted)) {
      return belongsTo(key, path, owner, me);
    }
    return error(
        key,
        value,
        "%s belongs to %s, you are %s".formatted(there, owner, me),
        owner.equals(ROOT)
            ? "have root make it with 'install -d -o %s -m 700 %s', or name another place"
                .formatted(me, wanted)
            : "run this as %s, such as with 'sudo -u %s', or name another place"
                .formatted(owner, owner));
  }

  /** Returns the error for a folder of another user: this user's files in it would mix owners. */
  static ConfigurationException belongsTo(String key, Path path, String owner, String me) {
    String handOver = handOver(path, me);
    return error(
        key,
        path.toString(),
        "belongs to %s, you are %s".formatted(owner, me),
        owner.equals(ROOT)
            ? handOver
            : "run this as %s, such as with 'sudo -u %s', or %s".formatted(owner, owner, handOver));
  }

  static String handOver(Path path, String user) {
    return "hand it over with 'chown %s%s %s'"
        .formatted(Files.isRegularFile(path) ? "" : "-R ", user, path);
  }

  static String owner(Path path) {
    try {
      return Files.getOwner(path, LinkOption.NOFOLLOW_LINKS).getName();
    } catch (IOException | UnsupportedOperationException e) {
      return "somebody else";
    }
  }

  private static boolean canBeLookedAt(Path path) {
    return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
  }

  /** A file that no key names has its own path as the key, and no value. */
  private static ConfigurationException error(
      String key, String value, String problem, String remedy) {
    return key.equals(value)
        ? new ConfigurationException(key, problem, remedy)
        : new ConfigurationException(key, value, problem, remedy);
  }
}
