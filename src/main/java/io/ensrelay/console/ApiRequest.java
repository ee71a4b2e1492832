package io.ensrelay.console;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Optional;

/** The bodies of the API's calls, as the commands send them; an absent field is left out. */
public interface ApiRequest {
  /** An empty body. */
  record Plain() implements ApiRequest {}

  /**
   * Where to move a destination; exactly one of the places is given.
   *
   * @param from a time
   * @param event an id
   * @param until a time
   * @param all the oldest kept event, or all waiting events
   * @param count whether to count only
   */
  @JsonInclude(JsonInclude.Include.NON_ABSENT)
  record Move(
      Optional<String> from,
      Optional<String> event,
      Optional<String> until,
      Optional<Boolean> all,
      Optional<Boolean> count)
      implements ApiRequest {
    /** From this time on. */
    public static Move from(String time) {
      return new Move(
          Optional.of(time),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty());
    }

    /** From the event with this id on. */
    public static Move event(String id) {
      return new Move(
          Optional.empty(), Optional.of(id), Optional.empty(), Optional.empty(), Optional.empty());
    }

    /** Up to this time. */
    public static Move until(String time) {
      return new Move(
          Optional.empty(),
          Optional.empty(),
          Optional.of(time),
          Optional.empty(),
          Optional.empty());
    }

    /** All events. */
    public static Move everything() {
      return new Move(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.of(true),
          Optional.empty());
    }

    /** The same, to count only. */
    public Move counting() {
      return new Move(from, event, until, all, Optional.of(true));
    }
  }

  /**
   * A choice of dead letters, by ids or by a filter.
   *
   * @param to the destination that gets them; empty: each its own
   */
  @JsonInclude(JsonInclude.Include.NON_ABSENT)
  record Letters(Optional<List<String>> ids, Optional<Filter> filter, Optional<String> to)
      implements ApiRequest {}

  /**
   * One device.
   *
   * @param tenant empty: the only tenant with this device
   */
  @JsonInclude(JsonInclude.Include.NON_ABSENT)
  record OneDevice(String id, Optional<String> tenant) implements ApiRequest {}

  /**
   * A resync to start.
   *
   * @param tenant empty: the only one
   * @param to the only destination that gets its events
   * @param statuses of the devices to read; empty: the usual ones
   * @param all whether to send unchanged devices too
   */
  @JsonInclude(JsonInclude.Include.NON_ABSENT)
  record StartResync(
      Optional<String> tenant,
      Optional<String> to,
      Optional<List<String>> statuses,
      Optional<Boolean> all)
      implements ApiRequest {}

  /**
   * The resync of a tenant.
   *
   * @param tenant empty: that of the only one
   */
  @JsonInclude(JsonInclude.Include.NON_ABSENT)
  record OneResync(Optional<String> tenant) implements ApiRequest {}

  /** A filter of dead letters; without any field it selects all. */
  @JsonInclude(JsonInclude.Include.NON_ABSENT)
  record Filter(
      Optional<String> destination,
      Optional<String> tenant,
      Optional<String> type,
      Optional<String> reason,
      Optional<String> since,
      Optional<String> until) {}
}
