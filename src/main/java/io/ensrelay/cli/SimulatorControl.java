package io.ensrelay.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Calls the API that steers a running simulation, for a command that prints the answer. */
final class SimulatorControl {
  private static final int FAILED = 1;
  private static final int WRONG_USE = 2;
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--control-port",
      defaultValue = "8444",
      paramLabel = "PORT",
      description = "Control port of the simulator (default: ${DEFAULT-VALUE}).")
  private int port;

  /** The exit code: 0 when it was done, 2 when it was refused, 1 when nobody answers. */
  int call(String method, String path, String body) throws IOException, InterruptedException {
    if (port < 1 || port > 65_535) {
      return fail(WRONG_USE, "--control-port: %s must be from 1 to 65535".formatted(port));
    }
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .header("Content-Type", "application/json")
            .timeout(PATIENCE)
            .method(method, BodyPublishers.ofString(body))
            .build();
    HttpResponse<String> answer;
    try {
      answer = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
    } catch (ConnectException e) {
      return fail(
          FAILED,
          "no simulation is steered at port %s; start one with simulate, or give its --control-port"
              .formatted(port));
    }
    if (answer.statusCode() >= 300) {
      return fail(WRONG_USE, answer.body().replaceAll("^\\{\"error\":\"|\"}$", ""));
    }
    PrintWriter out = spec.commandLine().getOut();
    out.println(answer.body().isEmpty() ? "done" : answer.body());
    out.flush();
    return 0;
  }

  int fail(int exitCode, String message) {
    PrintWriter err = spec.commandLine().getErr();
    err.println(spec.qualifiedName() + ": " + message);
    err.flush();
    return exitCode;
  }
}
