package io.ensrelay.base;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.file.AccessDeniedException;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import javax.net.ssl.SSLHandshakeException;
import org.apache.camel.RuntimeCamelException;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.junit.jupiter.api.Test;

class FailureReasonTest {
  private static HttpOperationFailedException answer(String url, int status) {
    return new HttpOperationFailedException(url, status, "", null, Map.of(), "");
  }

  private static void assertReason(String kind, String reason, Throwable failure) {
    FailureReason found = FailureReason.of(failure);
    assertEquals(reason, found.reason());
    assertEquals(kind.isEmpty() ? Optional.empty() : Optional.of(kind), found.kind());
  }

  @Test
  void beginsWithTheStatusOfAnAnswerAndWhoGaveIt() {
    assertReason(
        "HTTP 503",
        "HTTP 503 from siem.example.com",
        answer("https://siem.example.com/hook/T0", 503));
    assertReason(
        "HTTP 401",
        "HTTP 401 from 127.0.0.1:9302",
        new RuntimeCamelException(answer("http://me:secret@127.0.0.1:9302/", 401)));
    assertReason("HTTP 500", "HTTP 500", answer("not a url", 500));
  }

  @Test
  void takesTheWordsOfAConnectorThatReadTheAnswer() {
    assertReason(
        "HTTP 400",
        "HTTP 400 from splunk:8088: Incorrect index (code 7)",
        new HttpOperationFailedException("https://splunk:8088", 403, "", null, Map.of(), "") {
          private static final long serialVersionUID = 1L;

          @Override
          public String getMessage() {
            return "HTTP 400 from splunk:8088: Incorrect index (code 7)";
          }
        });
  }

  @Test
  void leavesOutTheFullStopOfALibrary() {
    assertReason(
        "",
        "This server does not host this topic-partition",
        new IllegalStateException("This server does not host this topic-partition."));
    assertReason("", "and so on...", new IllegalStateException("and so on..."));
  }

  @Test
  void saysWhichAddressCannotBeReached() {
    assertReason(
        "connection refused",
        "connection refused by siem.example.com:443",
        new ConnectException(
            "Connect to https://siem.example.com:443 [siem.example.com/10.0.0.1] failed: Connection"
                + " refused"));
    assertReason(
        "connection refused",
        "connection refused by 127.0.0.1:5672",
        new IOException(
            "Could not connect to broker 127.0.0.1:5672",
            new ConnectException("Connection refused")));
    assertReason("connection refused", "connection refused", new ConnectException("refused"));
    assertReason("connection refused", "connection refused", new ConnectException());
    assertReason(
        "unknown host",
        "unknown host siem.example.com",
        new UnknownHostException("siem.example.com: Name or service not known"));
    assertReason(
        "no connection in time",
        "no connection to siem.example.com:443 in time",
        new SocketTimeoutException(
            "Connect to https://siem.example.com:443 failed: Connect timed out"));
    assertReason(
        "no answer in time", "no answer in time", new SocketTimeoutException("Read timed out"));
    assertReason(
        "no answer in time",
        "no answer from siem.example.com:443 in time",
        new SocketTimeoutException("siem.example.com:443: Read timed out"));
    assertReason("connection lost", "connection lost", new SocketException("Connection reset"));
  }

  @Test
  void leavesMessagesThatExplainThemselves() {
    assertReason(
        "TLS failed",
        "the certificate of siem.example.com has expired",
        new SSLHandshakeException("the certificate of siem.example.com has expired"));
    assertReason("SQLState 42P01", "no such table", new SQLException("no such table", "42P01"));
    assertReason(
        "", "the disk is full", new ExecutionException(new IOException("the disk is full")));
    assertReason(
        "",
        "ens.archive.dir may not be written",
        new IOException("ens.archive.dir may not be written", new AccessDeniedException("/x")));
    assertReason("access denied", "access denied: /x", new AccessDeniedException("/x"));
    assertReason("", "NullPointerException", new NullPointerException());
  }

  @Test
  void hasTheWholeTextBehindItWithoutSecretsAndOnOneLine() {
    IOException circle = new IOException("first\nsecond https://siem.example.com/hook/T0SECRET");
    circle.initCause(new IOException("inner\u001b[31m", new SocketException("Connection reset")));

    FailureReason reason = FailureReason.of(circle);

    assertEquals(
        "first second https://siem.example.com/...; inner?[31m; Connection reset", reason.detail());
    assertTrue(FailureReason.of(new IOException("x".repeat(5000))).detail().length() < 1010);
  }
}
