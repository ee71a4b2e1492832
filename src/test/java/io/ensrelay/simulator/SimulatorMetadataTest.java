package io.ensrelay.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Base64;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SimulatorMetadataTest {
  private static final String PATH = "/msa/v1/cps/event/$metadata";

  @TempDir Path dir;
  private Simulator simulator;

  @AfterEach
  void stop() {
    if (simulator != null) {
      simulator.close();
    }
  }

  @ParameterizedTest
  @EnumSource(Profile.class)
  void answersTheMetadataOfTheProfileToTheClientCertificate(Profile profile) throws Exception {
    start(profile);

    HttpResponse<String> answer = call(request(PATH), certificate());

    assertEquals(200, answer.statusCode());
    ObjectMapper json = new ObjectMapper();
    String file = "metadata-" + profile.name().toLowerCase(java.util.Locale.ROOT) + ".json";
    assertEquals(json.readTree(getClass().getResourceAsStream(file)), json.readTree(answer.body()));
    assertTrue(
        answer.headers().firstValue("Content-Type").orElseThrow().startsWith("application/json"));
  }

  @Test
  void answersToUserAndPassword() throws Exception {
    start(Profile.NEURONS);

    HttpResponse<String> answer =
        call(request(PATH).header("Authorization", basic("ens:ens")), noCertificate());

    assertEquals(200, answer.statusCode());
    assertTrue(answer.body().contains("device_check_in"));
  }

  @Test
  void refusesWithoutCertificateAndPassword() throws Exception {
    start(Profile.NEURONS);

    HttpResponse<String> answer = call(request(PATH), noCertificate());

    assertEquals(401, answer.statusCode());
    assertEquals("Basic realm=\"ens\"", answer.headers().firstValue("WWW-Authenticate").orElse(""));
  }

  @ParameterizedTest
  @ValueSource(strings = {"ens:wrong", "other:ens", ""})
  void refusesAWrongPassword(String pair) throws Exception {
    start(Profile.NEURONS);

    assertEquals(
        401,
        call(request(PATH).header("Authorization", basic(pair)), noCertificate()).statusCode());
  }

  @Test
  void refusesTheCertificateOfAnotherAuthority() throws Exception {
    start(Profile.NEURONS);
    Path stranger = dir.resolve("stranger.p12");
    CertificateAuthority.create("stranger")
        .issue(CertificateRequest.client("ens-relay"))
        .writePkcs12(stranger, simulator.certificates().password());
    SSLContext tls = TestTls.showing(stranger, simulator.certificates());

    assertThrows(IOException.class, () -> call(request(PATH), tls));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/msa/v1/cps/event", PATH + "/more", "/msa/v1/cps/event/metadata"})
  void knowsNoOtherPath(String path) throws Exception {
    start(Profile.NEURONS);

    assertEquals(404, call(request(path), certificate()).statusCode());
  }

  @ParameterizedTest
  @ValueSource(strings = {"HEAD", "DELETE", "POST"})
  void allowsNoOtherMethod(String method) throws Exception {
    start(Profile.NEURONS);

    HttpResponse<String> answer =
        call(request(PATH).method(method, HttpRequest.BodyPublishers.noBody()), certificate());

    assertEquals(405, answer.statusCode());
    assertEquals("GET", answer.headers().firstValue("Allow").orElse(""));
  }

  @Test
  void speaksNoTls13AsEpmm() throws Exception {
    start(Profile.EPMM);
    SSLContext tls = certificate();
    var parameters = tls.getDefaultSSLParameters();
    parameters.setProtocols(new String[] {"TLSv1.3"});
    HttpClient client = HttpClient.newBuilder().sslContext(tls).sslParameters(parameters).build();

    assertThrows(
        IOException.class, () -> client.send(request(PATH).build(), BodyHandlers.ofString()));
  }

  private void start(Profile profile) throws IOException {
    simulator = Simulator.start(SimulatorOptions.in(dir).withProfile(profile));
  }

  private SSLContext certificate() throws Exception {
    return TestTls.showing(simulator.certificates().client(), simulator.certificates());
  }

  private SSLContext noCertificate() throws Exception {
    return TestTls.withoutCertificate(simulator.certificates(), "TLS");
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(simulator.apiUrl() + path));
  }

  private static HttpResponse<String> call(HttpRequest.Builder request, SSLContext tls)
      throws IOException, InterruptedException {
    return HttpClient.newBuilder()
        .sslContext(tls)
        .build()
        .send(request.build(), BodyHandlers.ofString());
  }

  private static String basic(String pair) {
    return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes());
  }
}
