package io.ensrelay.lib;

import io.ensrelay.base.Version;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.Authenticator;
import java.net.InetSocketAddress;
import java.net.PasswordAuthentication;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.aether.RepositorySystemSession;
import org.eclipse.aether.repository.AuthenticationContext;
import org.eclipse.aether.repository.Proxy;
import org.eclipse.aether.repository.RemoteRepository;
import org.eclipse.aether.spi.connector.transport.AbstractTransporter;
import org.eclipse.aether.spi.connector.transport.GetTask;
import org.eclipse.aether.spi.connector.transport.PeekTask;
import org.eclipse.aether.spi.connector.transport.PutTask;
import org.eclipse.aether.spi.connector.transport.Transporter;
import org.eclipse.aether.spi.connector.transport.TransporterFactory;
import org.eclipse.aether.transfer.NoTransporterException;

/**
 * Gets files of a Maven repository over HTTP by Java's own client, with Basic authentication at the
 * repository and at a proxy. Threads: safe. A file that takes ten minutes is given up.
 */
final class HttpTransporter extends AbstractTransporter {
  private static final Duration CONNECT = Duration.ofSeconds(15);
  private static final Duration ANSWER = Duration.ofMinutes(1);
  private static final Duration FILE = Duration.ofMinutes(10);
  private static final Set<Integer> NOT_THERE = Set.of(404, 410);

  private final URI base;
  private final HttpClient client;
  private final String authorization;

  /** For {@code http} and {@code https}. */
  static final class Factory implements TransporterFactory {
    @Override
    public Transporter newInstance(RepositorySystemSession session, RemoteRepository repository)
        throws NoTransporterException {
      if (!repository.getProtocol().matches("(?i)https?")) {
        throw new NoTransporterException(repository);
      }
      return new HttpTransporter(session, repository);
    }

    @Override
    public float getPriority() {
      return 1;
    }
  }

  /** The repository does not have the file. */
  private static final class NotThereException extends IOException {
    private static final long serialVersionUID = 1;

    NotThereException(URI file) {
      super("there is no " + file);
    }
  }

  private HttpTransporter(RepositorySystemSession session, RemoteRepository repository) {
    String url = repository.getUrl();
    base = URI.create(url.endsWith("/") ? url : url + "/");
    HttpClient.Builder builder =
        HttpClient.newBuilder().connectTimeout(CONNECT).followRedirects(HttpClient.Redirect.NORMAL);
    Proxy proxy = repository.getProxy();
    if (proxy != null) {
      builder.proxy(ProxySelector.of(new InetSocketAddress(proxy.getHost(), proxy.getPort())));
      PasswordAuthentication login = login(AuthenticationContext.forProxy(session, repository));
      if (login != null) {
        // Java leaves out Basic for https otherwise; read once, at the first client
        System.setProperty("jdk.http.auth.tunneling.disabledSchemes", "");
        builder.authenticator(atProxy(login));
      }
    }
    client = builder.build();
    PasswordAuthentication login = login(AuthenticationContext.forRepository(session, repository));
    authorization = login == null ? "" : basic(login);
  }

  /** Null: there is none. */
  private static PasswordAuthentication login(AuthenticationContext context) {
    try (context) {
      String user = context == null ? null : context.get(AuthenticationContext.USERNAME);
      String password = context == null ? null : context.get(AuthenticationContext.PASSWORD);
      return user == null || password == null
          ? null
          : new PasswordAuthentication(user, password.toCharArray());
    }
  }

  private static Authenticator atProxy(PasswordAuthentication login) {
    return new Authenticator() {
      @Override
      protected PasswordAuthentication getPasswordAuthentication() {
        return getRequestorType() == RequestorType.PROXY ? login : null;
      }
    };
  }

  private static String basic(PasswordAuthentication login) {
    String text = login.getUserName() + ":" + new String(login.getPassword());
    return "Basic " + Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public int classify(Throwable error) {
    return error instanceof NotThereException ? ERROR_NOT_FOUND : ERROR_OTHER;
  }

  @Override
  protected void implPeek(PeekTask task) throws IOException {
    URI file = base.resolve(task.getLocation());
    HttpRequest request = request(file).method("HEAD", HttpRequest.BodyPublishers.noBody()).build();
    requireFile(file, answer(request, HttpResponse.BodyHandlers.discarding()).statusCode());
  }

  @Override
  protected void implGet(GetTask task) throws Exception {
    URI file = base.resolve(task.getLocation());
    Path whole = Files.createTempFile("ens-relay-add", ".part");
    try {
      HttpResponse<Path> answer =
          answer(request(file).build(), HttpResponse.BodyHandlers.ofFile(whole));
      requireFile(file, answer.statusCode());
      try (InputStream in = Files.newInputStream(whole)) {
        utilGet(task, in, false, Files.size(whole), false);
      }
    } finally {
      Files.deleteIfExists(whole);
    }
  }

  private HttpRequest.Builder request(URI file) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(file)
            .timeout(ANSWER)
            .header("User-Agent", "ens-relay/" + Version.packaged().orElse("0"));
    return authorization.isEmpty() ? request : request.header("Authorization", authorization);
  }

  private <T> HttpResponse<T> answer(HttpRequest request, HttpResponse.BodyHandler<T> body)
      throws IOException {
    CompletableFuture<HttpResponse<T>> answer = client.sendAsync(request, body);
    try {
      return answer.get(FILE.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException reason ? reason : new IOException(e.getCause());
    } catch (TimeoutException e) {
      answer.cancel(true);
      throw new IOException(request.uri() + " takes too long", e);
    } catch (InterruptedException e) {
      answer.cancel(true);
      Thread.currentThread().interrupt();
      throw new InterruptedIOException();
    }
  }

  private static void requireFile(URI file, int status) throws IOException {
    if (NOT_THERE.contains(status)) {
      throw new NotThereException(file);
    }
    if (status != 200) {
      throw new IOException(file + " is answered with status " + status);
    }
  }

  @Override
  protected void implPut(PutTask task) {
    throw new UnsupportedOperationException("nothing is published");
  }

  @Override
  protected void implClose() {
    // the client ends with the last reference to it
  }
}
