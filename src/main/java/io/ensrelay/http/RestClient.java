package io.ensrelay.http;

import io.ensrelay.base.MemoryBudget;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpStatus;
import org.apache.hc.core5.util.Timeout;

/**
 * Configures camel-http for the REST side: certificates, credentials, proxy and time-outs.
 *
 * <p>Each call opens its own connection, so it uses the current certificates. It sends the Basic
 * credentials with the first request; they appear in no header of an exchange and in no endpoint
 * URI. The client follows no redirect, repeats no call and reads at most 1 MB, or more if large
 * answers are expected; redirects and retries are up to the route. Many threads may use it after
 * its setters were called.
 */
public final class RestClient extends ClientSettings {
  private static final int ANSWER_BYTES = 1 << 20;
  private static final int MOST_CONNECTIONS = 25;

  private final Timeout response;
  private final Duration whole;
  private int answerBytes = ANSWER_BYTES;

  /** Waits up to 30 s for the next byte of an answer and up to a minute for its end. */
  public RestClient() {
    this(Duration.ofSeconds(30), Duration.ofMinutes(1));
  }

  /**
   * @param silence the longest time without a byte from the server, before and within its answer
   * @param whole the longest time for a whole call
   */
  public RestClient(Duration silence, Duration whole) {
    response = Timeout.of(silence);
    this.whole = whole;
  }

  /** Whether an answer is about many devices: the limit is then up to 16 MB, a part of the heap. */
  public void setLargeAnswers(boolean large) {
    answerBytes = large ? MemoryBudget.OF_HEAP.details() : ANSWER_BYTES;
  }

  @Override
  public void configureHttpClient(HttpClientBuilder client) {
    BoundedClient.bound(client, whole, answerBytes, BodyOf2xx.WHOLE);
    client
        .setConnectionReuseStrategy((request, answer, context) -> false)
        .setDefaultRequestConfig(
            RequestConfig.custom()
                .setConnectionRequestTimeout(CONNECT)
                .setResponseTimeout(response)
                .build())
        .addExecInterceptorFirst("no-page", RestClient::refusePage)
        .setUserAgent(AGENT);
    connect(client, MOST_CONNECTIONS, response, CONNECT);
    credentials().takeBasic(client);
  }

  /**
   * A portal answers 200 with its login page; the JSON parser would report only a position in it.
   */
  private static ClassicHttpResponse refusePage(
      ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
      throws IOException, HttpException {
    ClassicHttpResponse answer = chain.proceed(request, scope);
    boolean good = answer.getCode() < HttpStatus.SC_REDIRECTION && answer.getEntity() != null;
    if (good && beginning(answer.getEntity()).startsWith("<")) {
      throw new IOException(
          "The answer is an HTML page, not JSON: look at ens.api.url"
              + " and at any proxy or portal in between");
    }
    return answer;
  }

  private static String beginning(HttpEntity body) throws IOException {
    byte[] some = body.getContent().readNBytes(64);
    return new String(some, StandardCharsets.UTF_8).replace("\uFEFF", "").strip();
  }
}
