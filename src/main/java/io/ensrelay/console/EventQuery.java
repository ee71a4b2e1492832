package io.ensrelay.console;

import io.ensrelay.event.Event;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The events that a caller wants to see.
 *
 * @param types event types or metadata keys; none: all
 * @param tenant its name
 * @param device its id
 * @param text contained in the event, in lower case
 */
record EventQuery(
    List<String> types, Optional<String> tenant, Optional<String> device, Optional<String> text) {
  static EventQuery of(Call call) {
    return new EventQuery(
        call.all("type"),
        call.one("tenant"),
        call.one("device"),
        call.one("text").map(text -> text.toLowerCase(Locale.ROOT)));
  }

  boolean fits(Event event) {
    return (types.isEmpty()
            || types.contains(event.type())
            || event.key().map(types::contains).orElse(false))
        && tenant.map(event.tenant()::equals).orElse(true)
        && (device.isEmpty() || device.equals(event.device().id()))
        && text.map(
                part ->
                    new String(event.json(), StandardCharsets.UTF_8)
                        .toLowerCase(Locale.ROOT)
                        .contains(part))
            .orElse(true);
  }
}
