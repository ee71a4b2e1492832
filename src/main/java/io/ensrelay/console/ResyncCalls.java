package io.ensrelay.console;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.JsonNode;
import io.ensrelay.base.Printable;
import io.ensrelay.intake.Resync;
import io.ensrelay.intake.ResyncRequest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The calls on the resync of a tenant: {@code GET /api/resync}, {@code POST /api/resync} and {@code
 * POST /api/resync/stop}. Threads: safe.
 */
final class ResyncCalls implements Api.Calls {
  private static final int MOST_STATUSES = 20;
  private static final String STATUS = "[A-Za-z][A-Za-z0-9_]{0,63}";

  private final Overview overview;

  /**
   * The resync of a tenant.
   *
   * @param here whether this process takes its events, and so can run one
   * @param destinations that want snapshots
   * @param resync null: there was none
   */
  private record Of(
      String tenant, boolean here, List<String> destinations, Optional<Status.Resync> resync) {}

  /**
   * A resync that has been started.
   *
   * @param destinations that get its events
   */
  private record Started(
      String tenant, List<String> destinations, @JsonUnwrapped Status.Resync resync) {}

  ResyncCalls(Overview overview) {
    this.overview = overview;
  }

  @Override
  public Optional<Reply> answer(Call call) throws IOException {
    return switch (call.method() + " " + call.path()) {
      case "GET /api/resync" -> Optional.of(list());
      case "POST /api/resync" -> Optional.of(start(call));
      case "POST /api/resync/stop" -> Optional.of(stop(call));
      default -> Optional.empty();
    };
  }

  private Reply list() throws IOException {
    List<Of> all = new ArrayList<>();
    for (TenantView tenant : overview.tenants()) {
      all.add(
          new Of(
              tenant.name(),
              overview.resync(tenant.name()).isPresent(),
              overview.view().wantingSnapshots(tenant.name()),
              tenant.resync().map(Status.Resync::of)));
    }
    return Reply.json(200, all);
  }

  private Reply start(Call call) throws IOException {
    JsonNode wanted = call.json();
    requireKnown(wanted, Set.of("tenant", "to", "statuses", "all"));
    String tenant = tenant(wanted);
    Optional<String> to = text(wanted, "to");
    if (to.isPresent() && overview.view().selection(to.get()).isEmpty()) {
      throw DestinationChanges.unknown(to.get());
    }
    ResyncRequest request = new ResyncRequest("by hand", statuses(wanted), to, flag(wanted, "all"));
    Started started;
    try {
      started =
          new Started(
              tenant,
              to.map(List::of).orElse(overview.view().wantingSnapshots(tenant)),
              Status.Resync.of(resync(tenant).start(request)));
    } catch (IllegalStateException e) {
      throw new BadCallException(409, e.getMessage());
    }
    AuditEntry.say(
        call,
        "Started a resync%s%s"
            .formatted(whose(tenant), to.map(name -> " for the destination " + name).orElse("")));
    return Reply.json(200, started);
  }

  private Reply stop(Call call) {
    JsonNode wanted = call.json();
    requireKnown(wanted, Set.of("tenant"));
    String tenant = tenant(wanted);
    if (!resync(tenant).stop()) {
      throw new BadCallException(409, "no resync is under way" + whose(tenant));
    }
    AuditEntry.say(call, "Stopped the resync" + whose(tenant));
    return Reply.json(200, Map.of("stopped", true));
  }

  private String whose(String tenant) {
    return overview.hasTenants() ? " of tenant " + tenant : "";
  }

  /** The named tenant, or the only one. */
  private String tenant(JsonNode wanted) {
    List<String> known = overview.tenants().stream().map(TenantView::name).toList();
    Optional<String> named = text(wanted, "tenant");
    if (named.isEmpty() && known.size() == 1) {
      return known.get(0);
    }
    String name =
        named.orElseThrow(
            () ->
                new BadCallException(
                    400, "there are several tenants, name one: " + Printable.line(some(known))));
    if (!known.contains(name)) {
      throw new BadCallException(404, "there is no tenant " + Printable.line(name));
    }
    return name;
  }

  private static String some(List<String> names) {
    int most = 10;
    return String.join(", ", names.stream().limit(most).toList())
        + (names.size() > most ? ", ..." : "");
  }

  private Resync resync(String tenant) {
    return overview
        .resync(tenant)
        .orElseThrow(
            () ->
                new BadCallException(
                    409,
                    "this relay does not take the events of tenant "
                        + tenant
                        + ": correct the tenant, or ask the machine that takes them"));
  }

  /**
   * Refuses unknown fields, so that a misspelt name does not start another resync than the wanted
   * one.
   */
  private static void requireKnown(JsonNode wanted, Set<String> fields) {
    for (Iterator<String> names = wanted.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!fields.contains(name)) {
        throw new BadCallException(400, "unknown field " + Printable.line(name));
      }
    }
  }

  private static Optional<String> text(JsonNode wanted, String field) {
    JsonNode value = wanted.path(field);
    if (value.isMissingNode() || value.isNull()) {
      return Optional.empty();
    }
    if (!value.isTextual() || value.asText().isBlank()) {
      throw new BadCallException(400, field + " must be a name");
    }
    return Optional.of(value.asText());
  }

  private static boolean flag(JsonNode wanted, String field) {
    JsonNode value = wanted.path(field);
    if (!value.isMissingNode() && !value.isBoolean()) {
      throw new BadCallException(400, field + " must be true or false");
    }
    return value.asBoolean();
  }

  private static List<String> statuses(JsonNode wanted) {
    JsonNode list = wanted.path("statuses");
    if (list.isMissingNode()) {
      return List.of();
    }
    List<String> statuses = new ArrayList<>();
    list.forEach(each -> statuses.add(each.asText().toUpperCase(Locale.ROOT)));
    if (!list.isArray()
        || statuses.isEmpty()
        || statuses.size() > MOST_STATUSES
        || !statuses.stream().allMatch(each -> each.matches(STATUS))) {
      throw new BadCallException(
          400, "statuses must be a list of 1 to " + MOST_STATUSES + " names such as ACTIVE");
    }
    return statuses.stream().distinct().toList();
  }
}
