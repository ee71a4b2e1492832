package io.ensrelay.http;

import io.ensrelay.base.SigningSecrets;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.EntityDetails;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpRequest;
import org.apache.hc.core5.http.HttpRequestInterceptor;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.apache.hc.core5.http.protocol.HttpContext;

/**
 * Signs requests by Standard Webhooks 1.0.0: HMAC-SHA256 over {@code id.timestamp.body}, with one
 * signature for each secret.
 *
 * <p>The timestamp is that of the attempt, so a request repeated after an outage is not too old for
 * its receiver. The id is the header {@code webhook-id} or {@code eventId} of the request, else a
 * digest of the body. Threads: safe.
 */
final class WebhookSignature implements HttpRequestInterceptor {
  static final String ID = "webhook-id";
  private static final String TIMESTAMP = "webhook-timestamp";
  private static final String SIGNATURE = "webhook-signature";
  private static final String HMAC = "HmacSHA256";
  private static final Pattern SAFE_ID = Pattern.compile("[A-Za-z0-9_-]{1,200}");
  private static final int DIGEST_BYTES = 16;

  private final List<byte[]> secrets;
  private final Clock clock;

  /**
   * @param secrets as {@link SigningSecrets} reads them
   * @throws IllegalArgumentException if one is malformed; the message does not contain it
   */
  WebhookSignature(String secrets, Clock clock) {
    this.secrets = SigningSecrets.of(secrets);
    this.clock = clock;
  }

  @Override
  public void process(HttpRequest request, EntityDetails entity, HttpContext context)
      throws IOException {
    byte[] body = body(request);
    String id = id(request).orElseGet(() -> digest(body));
    long seconds = clock.instant().getEpochSecond();
    request.setHeader(ID, id);
    request.setHeader(TIMESTAMP, Long.toString(seconds));
    request.setHeader(SIGNATURE, of(id, seconds, body));
  }

  /** Returns the value of the header {@code webhook-signature}. */
  String of(String id, long seconds, byte[] body) {
    byte[] head = (id + "." + seconds + ".").getBytes(StandardCharsets.UTF_8);
    return secrets.stream()
        .map(secret -> "v1," + Base64.getEncoder().encodeToString(hmac(secret, head, body)))
        .collect(Collectors.joining(" "));
  }

  private static byte[] hmac(byte[] secret, byte[] head, byte[] body) {
    try {
      Mac mac = Mac.getInstance(HMAC);
      mac.init(new SecretKeySpec(secret, HMAC));
      mac.update(head);
      return mac.doFinal(body);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has HMAC-SHA256", e);
    }
  }

  /** A body that can be read only once is kept for the sending. */
  private static byte[] body(HttpRequest request) throws IOException {
    if (!(request instanceof ClassicHttpRequest call) || call.getEntity() == null) {
      return new byte[0];
    }
    HttpEntity entity = call.getEntity();
    byte[] body = EntityUtils.toByteArray(entity);
    if (!entity.isRepeatable()) {
      call.setEntity(
          new ByteArrayEntity(
              body,
              ContentType.parseLenient(entity.getContentType()),
              entity.getContentEncoding()));
    }
    return body;
  }

  private static Optional<String> id(HttpRequest request) {
    return Stream.of(ID, "eventId")
        .map(request::getFirstHeader)
        .filter(header -> header != null)
        .map(Header::getValue)
        .filter(value -> value != null && SAFE_ID.matcher(value).matches())
        .findFirst();
  }

  private static String digest(byte[] body) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(body);
      return HexFormat.of().formatHex(Arrays.copyOf(hash, DIGEST_BYTES));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
