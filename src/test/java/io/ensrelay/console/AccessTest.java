package io.ensrelay.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.hc.core5.http.message.BasicHeader;
import org.apache.hc.core5.http.message.HeaderGroup;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Who gets in, and who has to wait. */
class AccessTest {
  private static final String TOKEN = TokenFile.random();
  private static final Logger LOGGER = (Logger) LoggerFactory.getLogger(FailedLogins.class);

  private final AtomicLong clock = new AtomicLong();
  private final Access access =
      new Access(TOKEN, Optional.of("s3cret w"), new FailedLogins(clock::get));
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();

  @BeforeEach
  void listen() {
    log.start();
    LOGGER.addAppender(log);
  }

  @AfterEach
  void stop() {
    LOGGER.detachAppender(log);
  }

  private static Request request(String address, String header, String value) throws Exception {
    HeaderGroup headers = new HeaderGroup();
    headers.addHeader(new BasicHeader(header, value));
    return new Request(
        "GET",
        URI.create("/api/status"),
        headers,
        InetAddress.getByName(address),
        8080,
        new byte[0]);
  }

  private int status(String address, String authorization) throws Exception {
    return access
        .refuse(request(address, "Authorization", authorization))
        .map(Reply::status)
        .orElse(200);
  }

  private static String basic(String pair) {
    return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
  }

  private void later(long seconds) {
    clock.addAndGet(TimeUnit.SECONDS.toNanos(seconds));
  }

  @Test
  void letsInCallersWithTheTokenOrThePassword() throws Exception {
    assertEquals(200, status("10.0.0.1", "Bearer " + TOKEN));
    assertEquals(200, status("10.0.0.1", basic("anybody:s3cret w")));
    assertEquals(401, status("10.0.0.1", basic("anybody:s3cret")));
    assertEquals(401, status("10.0.0.1", "Bearer " + TOKEN.substring(1)));
    assertEquals(401, access.refuse(request("10.0.0.1", "Accept", "*/*")).orElseThrow().status());
  }

  @Test
  void givesForTheTokenACookieOfAnotherValue() throws Exception {
    Request asked = request("10.0.0.1", "Accept", "*/*");
    assertEquals(401, access.login(asked, "wrong", false, "/").status());
    Reply reply = access.login(asked, TOKEN, true, "/");
    assertEquals(303, reply.status());
    String cookie = reply.headers().get("Set-Cookie");
    assertTrue(cookie.startsWith("ens-relay-8080="), cookie);
    assertTrue(cookie.endsWith("; HttpOnly; SameSite=Strict; Secure"), cookie);
    assertFalse(cookie.contains(TOKEN));
    String pair = cookie.substring(0, cookie.indexOf(';'));
    assertEquals(Optional.empty(), access.refuse(request("10.0.0.1", "Cookie", "a=b; " + pair)));
    assertEquals(
        401, access.refuse(request("10.0.0.1", "Cookie", pair + "x")).orElseThrow().status());
  }

  @Test
  void makesOnlyAGuesserWaitAndLongerEachTime() throws Exception {
    assertEquals(401, status("10.0.0.1", basic("a:1")));
    assertEquals(401, status("10.0.0.1", basic("a:2")));
    assertEquals(401, status("10.0.0.1", basic("a:3")));
    Reply slowed =
        access.refuse(request("10.0.0.1", "Authorization", basic("a:s3cret w"))).orElseThrow();
    assertEquals(429, slowed.status());
    assertEquals("1", slowed.headers().get("Retry-After"));
    assertEquals(200, status("10.0.0.2", basic("a:s3cret w")));
    assertEquals(200, status("10.0.0.1", "Bearer " + TOKEN));
    later(1);
    assertEquals(401, status("10.0.0.1", basic("a:4")));
    later(1);
    assertEquals(429, status("10.0.0.1", basic("a:5")));
    later(1);
    for (int i = 0; i < 10; i++) {
      assertEquals(401, status("10.0.0.1", basic("a:6")));
      later(60);
    }
    assertEquals(200, status("10.0.0.1", basic("a:s3cret w")));
    assertEquals(401, status("10.0.0.1", basic("a:7")));
    assertEquals(200, status("10.0.0.1", basic("a:s3cret w")));
  }

  @Test
  void slowsAllOfANetworkOfIpv6() throws Exception {
    for (int i = 0; i < 3; i++) {
      assertEquals(401, status("2001:db8::" + i, basic("a:" + i)));
    }
    assertEquals(429, status("2001:db8::9", basic("a:s3cret w")));
    assertEquals(200, status("2001:db8:0:1::9", basic("a:s3cret w")));
  }

  @Test
  void logsFailuresWithTheirAddressButNeitherTheGuessNorAFlood() throws Exception {
    for (int i = 0; i < 500; i++) {
      assertEquals(401, status("10.0." + i / 250 + "." + i % 250, basic("a:gu3ss")));
    }
    assertEquals(10, log.list.size());
    later(61);
    assertEquals(401, status("10.1.0.1", "Bearer gu3ss"));
    String all = log.list.toString();
    assertTrue(all.contains("failed: a wrong password, from 10.0.0.0"), all);
    assertTrue(
        all.contains("a wrong token, from 10.1.0.1 (and 490 more since the last such line)"), all);
    assertFalse(all.contains("gu3ss"), all);
  }
}
