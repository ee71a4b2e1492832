package io.ensrelay.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.base.ConfigurationException;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.apache.hc.core5.http.io.entity.InputStreamEntity;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Signatures as Standard Webhooks 1.0.0 describes them. */
class WebhookSignatureTest {
  /** The example that the specification's libraries are tested with. */
  private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

  private static final String ID = "msg_p5jXN8AQM9LWM0D4loKWxJek";
  private static final long TIME = 1614265330;
  private static final byte[] BODY = "{\"test\": 2432232314}".getBytes(StandardCharsets.UTF_8);
  private static final String SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
  private static final Clock THEN = Clock.fixed(Instant.ofEpochSecond(TIME), ZoneOffset.UTC);

  @Test
  void isThatOfThePublishedExample() {
    assertEquals(SIGNATURE, new WebhookSignature(SECRET, THEN).of(ID, TIME, BODY));
  }

  @Test
  void standsInTheHeadersOfTheRequest() throws Exception {
    HttpPost request = new HttpPost("http://endpoint/");
    request.setHeader("webhook-id", ID);
    request.setEntity(new ByteArrayEntity(BODY, ContentType.APPLICATION_JSON));

    new WebhookSignature(SECRET, THEN).process(request, request.getEntity(), null);

    assertEquals(ID, request.getFirstHeader("webhook-id").getValue());
    assertEquals("1614265330", request.getFirstHeader("webhook-timestamp").getValue());
    assertEquals(SIGNATURE, request.getFirstHeader("webhook-signature").getValue());
  }

  @Test
  void takesTheIdOfTheEventAndLeavesABodyThatCanBeReadOnce() throws Exception {
    HttpPost request = new HttpPost("http://endpoint/");
    request.setHeader("eventId", ID);
    request.setEntity(
        new InputStreamEntity(new ByteArrayInputStream(BODY), ContentType.APPLICATION_JSON));

    new WebhookSignature(SECRET, THEN).process(request, request.getEntity(), null);

    assertEquals(ID, request.getFirstHeader("webhook-id").getValue());
    assertEquals(SIGNATURE, request.getFirstHeader("webhook-signature").getValue());
    assertEquals(
        new String(BODY, StandardCharsets.UTF_8), EntityUtils.toString(request.getEntity()));
  }

  @Test
  void hasNoDotInTheIdWhateverTheRequestSays() throws Exception {
    HttpPost request = new HttpPost("http://endpoint/");
    request.setHeader("eventId", "a.1.b");
    request.setEntity(new ByteArrayEntity(BODY, ContentType.APPLICATION_JSON));

    new WebhookSignature(SECRET, THEN).process(request, request.getEntity(), null);

    String id = request.getFirstHeader("webhook-id").getValue();
    assertTrue(id.matches("[0-9a-f]{32}"), id);
  }

  @Test
  void signsWithEachSecretDuringARotation() {
    String other = "whsec_" + Base64.getEncoder().encodeToString(new byte[32]);

    String both = new WebhookSignature(other + ", " + SECRET, THEN).of(ID, TIME, BODY);

    assertEquals(new WebhookSignature(other, THEN).of(ID, TIME, BODY) + " " + SIGNATURE, both);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZI",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaL*Sw",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw,",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
            + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
      })
  void namesTheKeyOfAMalformedSecretAndNothingOfIt(String secret) {
    WebhookClient client = new WebhookClient();
    client.setPrefix("ens.destination.audit");
    client.setSecret(secret);

    ConfigurationException problem =
        assertThrows(
            ConfigurationException.class,
            () -> client.configureHttpClient(HttpClientBuilder.create()));

    assertTrue(problem.getMessage().startsWith("ens.destination.audit.secret: "));
    assertFalse(problem.getMessage().contains("MfKQ"), problem.getMessage());
  }
}
