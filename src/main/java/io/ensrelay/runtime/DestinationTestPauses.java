package io.ensrelay.runtime;

import io.ensrelay.base.Platform;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.CamelContext;

/**
 * Records the pauses between tries instead of waiting. For the lanes only these pauses take time,
 * so that no batch depends on the speed of the machine.
 */
final class DestinationTestPauses extends Clock implements Platform.Waits {
  private final List<Duration> pauses = new ArrayList<>();
  private Duration waited = Duration.ZERO;

  Platform platform(CamelContext camel) {
    return new Platform(
        this, () -> waited().toNanos(), camel.getExecutorServiceManager()::newThread, this);
  }

  @Override
  public Duration linger(Duration wanted) {
    return Duration.ZERO;
  }

  @Override
  public synchronized Duration pause(Duration wanted) {
    pauses.add(wanted);
    waited = waited.plus(wanted);
    return Duration.ZERO;
  }

  private synchronized Duration waited() {
    return waited;
  }

  synchronized List<Duration> all() {
    return List.copyOf(pauses);
  }

  @Override
  public Instant instant() {
    return Instant.now().plus(waited());
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    return Clock.fixed(instant(), zone);
  }
}
