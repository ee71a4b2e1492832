package io.ensrelay.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * A destination that costs nothing, and is away as long as there is a file {@code closed}. When it
 * has got as many events as the file {@code target} says, it writes the nanoseconds that they took
 * to {@code result}, and begins anew. For one lane.
 */
public final class Gate implements Processor {
  private static final Path CLOSED = Path.of("closed");

  private long target;
  private long count;
  private long first;

  @Override
  public void process(Exchange exchange) throws IOException {
    if (Files.exists(CLOSED)) {
      throw new IOException("closed");
    }
    if (count == 0) {
      first = System.nanoTime();
      target = Long.parseLong(Files.readString(Path.of("target")).trim());
    }
    if (++count == target) {
      Files.writeString(Path.of("result"), Long.toString(System.nanoTime() - first));
      count = 0;
    }
  }
}
