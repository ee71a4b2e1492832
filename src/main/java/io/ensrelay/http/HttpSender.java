package io.ensrelay.http;

import io.ensrelay.base.ConfigurationException;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
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
 * Sends requests to the endpoint of a {@link WebhookClient}, within the bounds of {@link
 * BoundedClient}. Follows no redirect and repeats no call; a message of an exception has scheme,
 * host and port of the URL only. Threads: safe.
 */
public final class HttpSender implements AutoCloseable {
  /** How long a server may be silent while a call is under way, where nothing else is set. */
  public static final Duration USUAL_SILENCE = Duration.ofSeconds(30);

  /** Only a name: the client knows the address. */
  private static final URI NAME = URI.create("http://endpoint/");

  private final WebhookClient settings;
  private final Duration silence;
  private final Answers answers;
  private final String address;
  private final Map<String, CloseableHttpClient> clients = new ConcurrentHashMap<>();

  /** What a 2xx must have. */
  public enum Answers {
    /** Of its body only the first KB is kept, and no error in it fails the call. */
    STATUS,
    /** Its body is complete. */
    BODY
  }

  /**
   * An answer with a status of 2xx.
   *
   * @param headers the first of each name; names in any case
   */
  public record Reply(int status, String body, Map<String, String> headers) {}

  /** Any answer. */
  private record Answer(int status, String reason, String body, Map<String, String> headers) {}

  /**
   * @param settings the endpoint; not changed afterwards
   * @param silence the longest wait for an answer to begin or to go on
   * @throws ConfigurationException for a missing URL or credentials that can't work
   */
  public HttpSender(WebhookClient settings, Duration silence, Answers answers) {
    this.settings = settings;
    this.silence = silence;
    this.answers = answers;
    address =
        settings
            .address()
            .orElseThrow(
                () ->
                    new ConfigurationException(
                        settings.prefix() + ".url", "missing", "give https://host/..."));
    // fails now, not with the first event
    clients.put("", client(""));
  }

  private CloseableHttpClient client(String path) {
    HttpClientBuilder builder = HttpClientBuilder.create().setUserAgent(ClientSettings.AGENT);
    settings.configure(builder, path);
    builder.setDefaultRequestConfig(
        RequestConfig.custom()
            .setConnectionRequestTimeout(Timeout.of(BoundedClient.LONGEST_CALL))
            .setResponseTimeout(Timeout.of(silence))
            .build());
    BodyOf2xx wanted = answers == Answers.STATUS ? BodyOf2xx.BEGINNING : BodyOf2xx.WHOLE;
    BoundedClient.bound(builder, BoundedClient.LONGEST_CALL, BoundedClient.BODY_BYTES, wanted);
    return builder.build();
  }

  /**
   * Sends one request to the URL and waits for its answer.
   *
   * @param body may be empty
   * @throws HttpOperationFailedException for any answer but a 2xx, with its headers and the
   *     beginning of its body
   * @throws IOException if no complete answer came
   */
  public Reply send(String method, Map<String, String> headers, byte[] body)
      throws IOException, HttpOperationFailedException {
    return send(method, "", headers, body);
  }

  /**
   * The same to a path below the URL, which has connections of its own.
   *
   * @param path a constant of the caller, byte for byte; a query may follow it
   */
  public Reply send(String method, String path, Map<String, String> headers, byte[] body)
      throws IOException, HttpOperationFailedException {
    HttpUriRequestBase request = new HttpUriRequestBase(method, NAME);
    headers.forEach(request::setHeader);
    if (body.length > 0 || !method.equals("GET")) {
      request.setEntity(new ByteArrayEntity(body, null));
    }
    Answer answer = clients.computeIfAbsent(path, this::client).execute(request, this::answer);
    if (answer.status() >= HttpStatus.SC_REDIRECTION) {
      throw new HttpOperationFailedException(
          address,
          answer.status(),
          answer.reason(),
          answer.headers().get(HttpHeaders.LOCATION),
          answer.headers(),
          answer.body());
    }
    return new Reply(answer.status(), answer.body(), answer.headers());
  }

  /** Returns scheme, host and port of the endpoint, for messages. */
  public String address() {
    return address;
  }

  private Answer answer(ClassicHttpResponse answer) throws IOException {
    Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (Header header : answer.getHeaders()) {
      headers.putIfAbsent(header.getName(), String.valueOf(header.getValue()));
    }
    return new Answer(answer.getCode(), answer.getReasonPhrase(), body(answer), headers);
  }

  private String body(ClassicHttpResponse answer) throws IOException {
    boolean isGood = answer.getCode() < HttpStatus.SC_REDIRECTION;
    if (answer.getEntity() == null) {
      return "";
    }
    if (isGood) {
      return new String(EntityUtils.toByteArray(answer.getEntity()), StandardCharsets.UTF_8);
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
    for (CloseableHttpClient client : clients.values()) {
      client.close();
    }
    clients.clear();
  }
}
