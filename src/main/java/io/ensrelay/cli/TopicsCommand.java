package io.ensrelay.cli;

import io.ensrelay.base.Printable;
import io.ensrelay.config.Settings;
import io.ensrelay.config.Tenant;
import io.ensrelay.config.TenantFolder;
import io.ensrelay.service.EventMetadata;
import io.ensrelay.service.MetadataCall;
import io.ensrelay.service.MetadataStore;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** The event types of the service. */
@Command(
    name = "topics",
    mixinStandardHelpOptions = true,
    description = {
      "Lists the event types of the service with their topics; shows which ens.events selects.",
      "Asks the service; does not disturb a running relay."
    })
public final class TopicsCommand extends DataCommand implements Callable<Integer> {

  @Option(
      names = "--tenant",
      paramLabel = "NAME",
      description = "The tenant whose service is asked, if the relay has several.")
  private Optional<String> tenant = Optional.empty();

  private record Topic(String key, String topic, boolean selected) {}

  /** The output of {@code --json}. */
  private record EventTypes(
      int retentionMinutes, List<Topic> topics, Set<String> unknown, int leftOut) {}

  @Override
  public Integer call() throws IOException {
    Settings shared = settings();
    shared.check();
    Settings settings = chosen(new TenantFolder(shared)).settings();
    MetadataCall service = new MetadataCall(settings);
    EventMetadata metadata;
    try {
      metadata = service.ask();
    } catch (IOException e) {
      Optional<MetadataCall.Kept> kept = service.kept();
      if (kept.isEmpty()) {
        throw new IOException("cannot read the event types from the service: " + e.getMessage());
      }
      err()
          .printf(
              "Cannot read the event types from the service: %s. These were read %s ago.%n",
              Printable.line(String.valueOf(e.getMessage())),
              age(Duration.between(kept.get().since(), Instant.now()).toSeconds()));
      err().flush();
      metadata = kept.get().metadata();
    }
    show(service, metadata);
    return 0;
  }

  private Tenant chosen(TenantFolder folder) {
    TenantFolder.All all = folder.all();
    String names = String.join(", ", folder.names());
    if (tenant.isEmpty()) {
      if (folder.names().size() > 1) {
        throw new ParameterException(spec.commandLine(), "Name a tenant by --tenant: " + names);
      }
      return all.right().stream().findFirst().orElseThrow(() -> all.wrong().get(0).problem());
    }
    String name = tenant.get();
    all.wrong().stream()
        .filter(each -> each.name().equals(name))
        .forEach(
            each -> {
              throw each.problem();
            });
    return all.of(name)
        .orElseThrow(
            () ->
                new ParameterException(
                    spec.commandLine(), "Unknown tenant " + name + "; there are: " + names));
  }

  private void show(MetadataCall service, EventMetadata metadata) throws IOException {
    Map<String, String> topics = new TreeMap<>(metadata.topics());
    if (json) {
      print(
          new EventTypes(
              metadata.retentionPeriodMinutes(),
              topics.entrySet().stream()
                  .map(
                      topic ->
                          new Topic(
                              topic.getKey(),
                              topic.getValue(),
                              service.isWanted(topic.getKey(), metadata)))
                  .toList(),
              service.unknown(metadata),
              metadata.refused().size()));
      return;
    }
    TextTable table = new TextTable("EVENT TYPE", "SELECTED", "TOPIC");
    topics.forEach(
        (key, topic) -> table.row(key, service.isWanted(key, metadata) ? "yes" : "no", topic));
    print(table, "The service has no event types.");
    out()
        .println(
            metadata.retentionPeriodMinutes() > 0
                ? "While the relay is away, the service keeps its events for "
                    + metadata.retentionPeriodMinutes()
                    + " min."
                : "The service does not say how long it keeps events.");
    if (!service.unknown(metadata).isEmpty()) {
      out()
          .println(
              "ens.events names what the service does not have: "
                  + String.join(", ", service.unknown(metadata)));
    }
    if (!metadata.refused().isEmpty()) {
      out().println(MetadataStore.leftOut(metadata.refused()));
    }
    out().flush();
  }
}
