package io.ensrelay.service;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ensrelay.Settings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.core5.http.io.entity.EntityUtils;

/**
 * Asks the service for its event types once, as the relay does, without a relay: nothing is kept,
 * and a relay that runs is not disturbed.
 */
public final class MetadataCall {
  private static final String PATH = "/msa/v1/cps/event/$metadata";
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final Settings settings;
  private final EventSelection selection;

  /** What a relay kept of its last good answer. */
  public record Kept(EventMetadata metadata, Instant since) {}

  public MetadataCall(Settings settings) {
    this.settings = settings;
    selection = new EventSelection(settings.get("ens.events").orElse("*"));
  }

  /**
   * @throws IOException with one line that says why there is no good answer
   */
  public EventMetadata ask() throws IOException {
    RestClient rest = new RestClient();
    rest.setTls(settings.tls("ens.tls"));
    settings.get("ens.api.username").ifPresent(rest::setUsername);
    settings.get("ens.api.password").ifPresent(rest::setPassword);
    settings.get("ens.api.proxy").ifPresent(rest::setProxy);
    settings.get("ens.api.proxy-username").ifPresent(rest::setProxyUsername);
    settings.get("ens.api.proxy-password").ifPresent(rest::setProxyPassword);
    HttpClientBuilder builder = HttpClientBuilder.create();
    rest.configureHttpClient(builder);
    String url = settings.get("ens.api.url").orElseThrow().replaceFirst("/+$", "") + PATH;
    try (CloseableHttpClient client = builder.build()) {
      EventMetadata metadata =
          client.execute(
              new HttpGet(url),
              answer -> {
                if (answer.getCode() != 200) {
                  throw new IOException(
                      "HTTP " + answer.getCode() + MetadataFailure.hint(answer.getCode()));
                }
                return JSON.readValue(
                    EntityUtils.toByteArray(answer.getEntity()), EventMetadata.class);
              });
      if (metadata == null) {
        throw new IOException("the answer is empty");
      }
      return metadata;
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /** The last good answer that a relay kept in the data directory. */
  public Optional<Kept> kept() {
    return new MetadataFile(Path.of(settings.get("ens.data.dir").orElse("data")))
        .read()
        .map(kept -> new Kept(kept.metadata(), kept.since()));
  }

  /** Whether {@code ens.events} wants it. */
  public boolean isWanted(String key, EventMetadata metadata) {
    return selection.of(metadata.topics()).containsKey(key);
  }

  /** Names in {@code ens.events} that the service does not have. */
  public Set<String> unknown(EventMetadata metadata) {
    return selection.unknown(metadata.topics());
  }
}
