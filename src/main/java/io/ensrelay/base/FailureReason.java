package io.ensrelay.base;

import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.apache.camel.RuntimeCamelException;
import org.apache.camel.http.base.HttpOperationFailedException;

/**
 * Why a delivery failed, for people: what matters first, and behind it the whole text. Both are on
 * one line, without control characters and without the secret parts of URLs.
 *
 * @param kind from a fixed vocabulary, so it contains no text of other systems; empty: no word fits
 * @param reason such as {@code HTTP 503 from siem.example.com}
 * @param detail the messages of the failure and its causes
 */
public record FailureReason(Optional<String> kind, String reason, String detail) {
  private static final int LONGEST = 1000;

  /** A chain of causes may have a circle. */
  private static final int MOST_CAUSES = 20;

  private static final Pattern ADDRESS =
      Pattern.compile("(?<![\\w.-])((?:[A-Za-z0-9][\\w.-]*|\\[[0-9A-Fa-f:.]+])/?:\\d{1,5})(?!\\w)");

  /** How the message of a connector begins that read the answer. */
  private static final Pattern ANSWERED = Pattern.compile("HTTP \\d{3}(?= from )");

  /** Describes a failure. */
  public static FailureReason of(Throwable failure) {
    List<Throwable> causes = causes(failure);
    String detail = detail(causes);
    for (Throwable cause : causes) {
      Optional<Said> said = said(cause, causes);
      if (said.isPresent()) {
        return new FailureReason(
            Optional.of(said.get().kind()), reason(said.get().reason()), detail);
      }
    }
    return new FailureReason(Optional.empty(), reason(text(first(causes))), detail);
  }

  private record Said(String kind, String reason) {}

  private static Optional<Said> said(Throwable cause, List<Throwable> all) {
    String text = text(cause);
    if (cause instanceof HttpOperationFailedException answer) {
      Matcher own = ANSWERED.matcher(text);
      if (own.lookingAt()) {
        // a connector that read the answer says more than the library
        return said(own.group(), text);
      }
      String status = "HTTP " + answer.getStatusCode();
      String from = host(answer.getUri()).map(host -> " from " + host).orElse("");
      return said(status, status + from + redirect(answer));
    }
    if (cause instanceof UnknownHostException) {
      return said("unknown host", "unknown host " + text.replaceFirst(":\\s.*", ""));
    }
    if (cause instanceof UnresolvedAddressException) {
      return said("unknown host", "unknown host" + address(all, " "));
    }
    if (isConnectTimeout(cause, text)) {
      return said("no connection in time", "no connection" + address(all, " to ") + " in time");
    }
    if (cause instanceof ConnectException && (text.contains("refused") || isSilent(cause, all))) {
      return said("connection refused", "connection refused" + address(all, " by "));
    }
    if (cause instanceof NoRouteToHostException) {
      return said("no route to host", "no route" + address(all, " to "));
    }
    if (cause instanceof TimeoutException
        || (cause instanceof InterruptedIOException && text.matches("(?i).*(time|within).*"))) {
      return said("no answer in time", "no answer" + address(all, " from ") + " in time");
    }
    if (cause.getClass().getSimpleName().equals("NoHttpResponseException")) {
      return said("no answer", "no answer" + address(all, " from "));
    }
    if (cause instanceof SSLException) {
      return said("TLS failed", text);
    }
    if (cause instanceof SocketException && text.matches("(?i).*(reset|broken pipe|abort).*")) {
      return said("connection lost", "connection lost" + address(all, " to "));
    }
    if (cause == first(all) && cause instanceof AccessDeniedException) {
      return said("access denied", "access denied: " + text);
    }
    if (cause == first(all) && cause instanceof NoSuchFileException) {
      return said("no such file", "no such file: " + text);
    }
    if (cause instanceof SQLException sql && sql.getSQLState() != null) {
      String state = sql.getSQLState().replaceAll("[^A-Za-z0-9]", "");
      return said("SQLState " + Printable.begin(state, 5), text);
    }
    return Optional.empty();
  }

  /** Of a redirect that shows scheme, host and port; a path can be secret. */
  private static String redirect(HttpOperationFailedException answer) {
    String location = answer.getRedirectLocation();
    if (location == null) {
      return "";
    }
    return location.contains("://")
        ? ", a redirect to " + Redaction.text(location)
        : ", a redirect to another path";
  }

  private static Optional<Said> said(String kind, String reason) {
    return Optional.of(new Said(kind, reason));
  }

  /** Java's HTTP client says nothing when a connection is refused. */
  private static boolean isSilent(Throwable cause, List<Throwable> all) {
    return cause.getMessage() == null
        && all.stream().noneMatch(UnresolvedAddressException.class::isInstance);
  }

  private static boolean isConnectTimeout(Throwable cause, String text) {
    return cause.getClass().getSimpleName().equals("ConnectTimeoutException")
        || (cause instanceof InterruptedIOException && text.matches("(?i).*connect timed out.*"))
        || (cause instanceof ConnectException && text.matches("(?i).*timed? ?out.*"));
  }

  private static Optional<String> host(String url) {
    try {
      URI uri = URI.create(url);
      int usual = "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
      String port = uri.getPort() < 0 || uri.getPort() == usual ? "" : ":" + uri.getPort();
      return Optional.ofNullable(uri.getHost()).map(host -> host + port);
    } catch (IllegalArgumentException | NullPointerException e) {
      return Optional.empty();
    }
  }

  /** The first host and port in the messages, behind a word; empty: there is none. */
  private static String address(List<Throwable> causes, String word) {
    for (Throwable cause : causes) {
      Matcher address = ADDRESS.matcher(Redaction.text(text(cause)));
      if (address.find()) {
        return word + address.group(1).replace("/", "");
      }
    }
    return "";
  }

  private static List<Throwable> causes(Throwable failure) {
    List<Throwable> causes = new ArrayList<>();
    for (Throwable t = failure; t != null && causes.size() < MOST_CAUSES; t = t.getCause()) {
      causes.add(t);
    }
    return causes;
  }

  /** The outermost that is not only a wrapping. */
  private static Throwable first(List<Throwable> causes) {
    return causes.stream()
        .filter(each -> each.getCause() == null || !isWrapping(each))
        .findFirst()
        .orElse(causes.get(0));
  }

  private static boolean isWrapping(Throwable failure) {
    return failure instanceof ExecutionException
        || failure instanceof UncheckedIOException
        || failure instanceof RuntimeCamelException;
  }

  private static String detail(List<Throwable> causes) {
    StringBuilder detail = new StringBuilder();
    for (Throwable cause : causes) {
      // one by one: what follows a URL would be taken for a part of it
      String text = line(text(cause));
      if (detail.indexOf(text) < 0) {
        detail.append(detail.isEmpty() ? "" : "; ").append(text);
      }
    }
    return Printable.line(detail.toString(), LONGEST);
  }

  private static String text(Throwable failure) {
    String text = failure.getMessage();
    String kind = failure.getClass().getSimpleName();
    return text == null || text.isBlank()
        ? kind
        : failure instanceof Error ? kind + ": " + text : text;
  }

  /** Without the full stop that some libraries set: the text stands within sentences. */
  private static String reason(String text) {
    return line(text.strip()).replaceFirst("(?<!\\.)\\.$", "");
  }

  private static String line(String text) {
    return Printable.line(Redaction.text(text.replaceAll("\\s+", " ")), LONGEST);
  }
}
