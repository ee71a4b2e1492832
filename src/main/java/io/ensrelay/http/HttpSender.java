package io.ensrelay.http;

import io.ensrelay.base.ConfigurationException;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.HttpStatus;
import org.apache.hc.core5.http.ParseException;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.apache.hc.core5.util.Timeout;

/**
 * Sends bodies to the endpoint of a {@link WebhookClient}, within the bounds of {@link
 * BoundedClient}. Any 2xx is a delivery, regardless of its body. Follows no redirect and repeats no
 * call. Threads: safe.
 */
public final class HttpSender implements AutoCloseable {
  static final String AGENT = "ens-relay";

  /** Only a name: the client knows the address. */
  private static final URI NAME = URI.create("http://endpoint/");

  private final CloseableHttpClient client;
  private final String address;

  /**
   * @param settings the endpoint; not changed afterwards
   * @param silence the longest wait for an answer to begin or to go on
   * @throws ConfigurationException for a missing URL or credentials that can't work
   */
  public HttpSender(WebhookClient settings, Duration silence) {
    address =
        settings
            .address()
            .orElseThrow(
                () ->
                    new ConfigurationException(
                        settings.prefix() + ".url", "missing", "give https://host/path"));
    HttpClientBuilder builder = HttpClientBuilder.create().setUserAgent(AGENT);
    settings.configureHttpClient(builder);
    builder.setDefaultRequestConfig(
        RequestConfig.custom()
            .setConnectionRequestTimeout(Timeout.of(BoundedClient.LONGEST_CALL))
            .setResponseTimeout(Timeout.of(silence))
            .build());
    BoundedClient.bound(builder, BoundedClient.LONGEST_CALL, BoundedClient.BODY_BYTES, true);
    client = builder.build();
  }

  /** An answer but a 2xx. */
  private record Refusal(
      int status,
      String reason,
      Optional<String> location,
      Map<String, String> headers,
      String body) {}

  /**
   * Sends one request and waits for its answer.
   *
   * @param headers beside Content-Type
   * @throws HttpOperationFailedException for any answer but a 2xx, with its headers and the
   *     beginning of its body
   * @throws IOException if no complete answer came
   */
  public void send(String method, String contentType, Map<String, String> headers, byte[] body)
      throws IOException, HttpOperationFailedException {
    HttpUriRequestBase request = new HttpUriRequestBase(method, NAME);
    headers.forEach(request::setHeader);
    request.setHeader(HttpHeaders.CONTENT_TYPE, contentType);
    request.setEntity(new ByteArrayEntity(body, null));
    Optional<Refusal> refusal = client.execute(request, HttpSender::refusal);
    if (refusal.isPresent()) {
      Refusal answer = refusal.get();
      throw new HttpOperationFailedException(
          address,
          answer.status(),
          answer.reason(),
          answer.location().orElse(null),
          answer.headers(),
          answer.body());
    }
  }

  private static Optional<Refusal> refusal(ClassicHttpResponse answer) throws IOException {
    if (answer.getCode() < HttpStatus.SC_REDIRECTION) {
      return Optional.empty();
    }
    Map<String, String> headers = new HashMap<>();
    for (Header header : answer.getHeaders()) {
      headers.put(header.getName(), header.getValue());
    }
    Optional<String> location =
        Optional.ofNullable(answer.getFirstHeader(HttpHeaders.LOCATION)).map(Header::getValue);
    return Optional.of(
        new Refusal(answer.getCode(), answer.getReasonPhrase(), location, headers, body(answer)));
  }

  private static String body(ClassicHttpResponse answer) throws IOException {
    if (answer.getEntity() == null) {
      return "";
    }
    try {
      return EntityUtils.toString(
          answer.getEntity(), StandardCharsets.UTF_8, WholeAnswer.BEGINNING);
    } catch (ParseException e) {
      return "";
    }
  }

  @Override
  public void close() throws IOException {
    client.close();
  }
}
