package io.ensrelay.console;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The console's page: its files, which are in the jar, and before that the form that asks for the
 * token. Threads: safe.
 */
final class Page {
  static final int LONGEST_FORM = 4 << 10;

  private static final String FOLDER = "/console";
  private static final String LOGIN = "/login";
  private static final String TOKEN = "token";

  /** The style of the form, which has no secret. */
  private static final Set<String> FOR_ALL = Set.of("/console.css", "/icon.svg");

  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "svg", "image/svg+xml");
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
          + " connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

  private final Access access;
  private final Path tokenFile;
  private final boolean isSecured;

  Page(Access access, Path tokenFile, boolean isSecured) {
    this.access = access;
    this.tokenFile = tokenFile;
    this.isSecured = isSecured;
  }

  /** Whether {@link #answer} answers it to people that are not known yet. */
  boolean isForAll(Request request) {
    return request.isReading()
        ? FOR_ALL.contains(request.path()) || givesToken(request)
        : request.path().equals(LOGIN);
  }

  private static boolean givesToken(Request request) {
    String query = request.uri().getRawQuery();
    return request.path().equals("/") && query != null && query.matches("(.*&)?token=.*");
  }

  /** One of the files, or the cookie for a token. */
  Reply answer(Request request) {
    if (request.isReading() && !givesToken(request)) {
      return file(request).orElseThrow();
    }
    String given =
        request.isReading()
            ? request.uri().getRawQuery()
            : new String(request.body(), StandardCharsets.US_ASCII);
    String token = String.join("", Call.query(given).getOrDefault(TOKEN, List.of()));
    Reply reply =
        access.login(request, token, isSecured, request.isReading() ? withoutToken(given) : "/");
    return reply.status() == 401 || reply.status() == 429 ? form(reply) : reply;
  }

  /** The query without the token, so that a filter in the address stays. */
  private static String withoutToken(String query) {
    List<String> rest = new ArrayList<>(List.of(query.split("&")));
    rest.removeIf(part -> part.startsWith(TOKEN + "="));
    return rest.isEmpty() ? "/" : "/?" + String.join("&", rest);
  }

  /** Gives a person who opens the page without a token the form instead of a line of JSON. */
  Reply friendly(Request request, Reply refused) {
    boolean opens = request.isReading() && Set.of("/", "/index.html").contains(request.path());
    return opens && refused.status() == 401 ? form(refused) : refused;
  }

  private Reply form(Reply refused) {
    String problem =
        switch (refused.status()) {
          case 429 ->
              "Too many failed logins. Wait %s seconds."
                  .formatted(refused.headers().get("Retry-After"));
          default -> refused.headers().isEmpty() ? "That is not the token." : "";
        };
    String html =
        new String(resource("/login.html").orElseThrow(), StandardCharsets.UTF_8)
            .replace("{{file}}", escaped(tokenFile.toAbsolutePath().toString()))
            .replace("{{problem}}", escaped(problem))
            .replace("{{hidden}}", problem.isEmpty() ? "hidden" : "");
    Reply form = withPolicy(Reply.text(refused.status(), TYPES.get("html"), html), "same-origin");
    for (Map.Entry<String, String> header : refused.headers().entrySet()) {
      form = form.with(header.getKey(), header.getValue());
    }
    return form;
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  /** The file of the page with this path. */
  Optional<Reply> file(Request request) {
    String name = request.path().equals("/") ? "/index.html" : request.path();
    String type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
    if (!request.isReading() || type == null || !name.matches("/[a-z]+\\.[a-z]+")) {
      return Optional.empty();
    }
    return resource(name).map(content -> withPolicy(new Reply(200, type, content), "no-referrer"));
  }

  private static Reply withPolicy(Reply reply, String referrer) {
    return reply.with("Content-Security-Policy", POLICY).with("Referrer-Policy", referrer);
  }

  private static Optional<byte[]> resource(String name) {
    try (InputStream file = Page.class.getResourceAsStream(FOLDER + name)) {
      return file == null ? Optional.empty() : Optional.of(file.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(name, e);
    }
  }
}
