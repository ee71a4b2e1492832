package io.ensrelay.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The shipped route files in the folder of a relay, and more destinations beside them. */
final class Routes {
  private static final Path SHIPPED = Path.of("routes").toAbsolutePath();

  private final RelayProcess relay;
  private final Path folder;

  private Routes(RelayProcess relay) {
    this.relay = relay;
    folder = relay.dir().resolve("routes");
  }

  static Routes in(RelayProcess relay) throws IOException {
    Routes routes = new Routes(relay);
    List<Path> shipped;
    try (Stream<Path> files = Files.walk(SHIPPED)) {
      shipped = files.filter(Files::isRegularFile).toList();
    }
    for (Path file : shipped) {
      Path copy = routes.folder.resolve(SHIPPED.relativize(file));
      Files.createDirectories(copy.getParent());
      Files.copy(file, copy);
    }
    return routes;
  }

  /** Every event goes to this webhook, by a destination like the shipped one. */
  Routes webhook(String name, Webhook webhook) throws IOException {
    String url = "ens.destination." + name + ".url";
    String enabled = "ens.destination." + name + ".enabled";
    write(name, shipped("webhook").replaceAll("(?<!ens-)webhook", name));
    relay.set(enabled, true).set(url, webhook.url());
    String prefix = "ens.destination." + name;
    relay.set(prefix + ".events", "*").set(prefix + ".tenants", "*");
    relay.set(prefix + ".lanes", 8).set(prefix + ".begin", "now");
    return this;
  }

  /** Events of these types go to the archive in another folder. */
  Routes archive(String name, String events) throws IOException {
    write(
        name,
        shipped("archive")
            .replace("ensArchive", name)
            .replace("{{ens.archive.dir}}", name)
            .replace("{{ens.destination.archive.enabled}}", "true")
            .replace("destination.archive", "destination." + name)
            .replace("archive.append", name + ".append")
            .replace(
                "destination: archive", "destination: " + name + "\n        events: " + events));
    return this;
  }

  private static String shipped(String name) throws IOException {
    return Files.readString(SHIPPED.resolve("destinations/" + name + ".camel.yaml"));
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(folder.resolve("destinations/" + name + ".camel.yaml"), text);
  }
}
