package io.ensrelay.console;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ensrelay.EnsRelay;
import io.ensrelay.simulator.Fault;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The commands as a user gives them, beside a relay that runs and after it has ended. */
class CommandsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path dir;
  private final Map<String, String> before = new TreeMap<>();
  private RunningRelay relay;

  private record Answer(int code, String out, String err) {}

  @BeforeEach
  void start() throws Exception {
    relay = new RunningRelay(dir, Map.of());
    relay.awaitConnected();
    relay
        .settings()
        .forEach(
            (key, value) -> {
              before.put(key, System.getProperty(key, ""));
              System.setProperty(key, value);
            });
  }

  @AfterEach
  void stop() throws Exception {
    before.forEach(
        (key, value) -> {
          if (value.isEmpty()) {
            System.clearProperty(key);
          } else {
            System.setProperty(key, value);
          }
        });
    relay.close();
  }

  private static Answer run(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine commands =
        EnsRelay.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    int code = commands.execute(arguments);
    return new Answer(code, out.toString(), err.toString());
  }

  private void refuse(String device) throws Exception {
    relay.webhookAnswer.set(422);
    long before = letters();
    relay.publish("wiped", device, "");
    await().atMost(RunningRelay.SOON).until(() -> letters() == before + 1);
  }

  private static long letters() throws Exception {
    return JSON.readTree(run("dead", "list", "--json").out()).path("total").asLong();
  }

  private static String firstId() throws Exception {
    return JSON.readTree(run("dead", "list", "--json").out())
        .path("items")
        .path(0)
        .path("id")
        .asText();
  }

  @Test
  void listsShowsReplaysAndDropsDeadLettersOfTheRunningRelay() throws Exception {
    assertEquals("There are no such dead letters.\n", run("dead", "list").out());
    refuse("phone-1");
    refuse("phone-2");
    String id = firstId();

    Answer list = run("dead", "list", "--destination", "webhook", "--type", "device_wiped");
    assertEquals(0, list.code());
    assertTrue(list.out().startsWith("ID "), list.out());
    assertTrue(list.out().contains(id) && list.out().contains("422"), list.out());
    assertTrue(run("dead", "show", id).out().contains("\"deviceGuid\":\"phone-1\""));
    assertTrue(run("dead", "list", "--since", "1h").out().contains(id));
    assertFalse(run("dead", "list", "--until", "1h").out().contains(id));

    relay.webhookAnswer.set(200);
    assertEquals(new Answer(0, "1 replayed\n", ""), run("dead", "replay", id));
    await()
        .atMost(RunningRelay.SOON)
        .until(() -> relay.webhookGot.stream().anyMatch(event -> event.contains("phone-1")));
    assertEquals(1, run("dead", "replay", id).code());
    assertEquals(2, run("dead", "drop", "--all").code());
    assertEquals(new Answer(0, "1 dropped\n", ""), run("dead", "drop", "--all", "--yes"));
  }

  @Test
  void refusesWhatIsNotClear() throws Exception {
    refuse("phone-3");

    assertEquals(2, run("dead", "replay").code());
    assertEquals(2, run("dead", "replay", "--all", firstId()).code());
    assertEquals(2, run("dead", "list", "--since", "yesterday").code());
    Answer wrong = run("dead", "replay", "--all", "--to", "nowhere");
    assertEquals(1, wrong.code());
    assertEquals(
        "ens-relay: there is no destination nowhere; known are archive, webhook\n", wrong.err());
    assertEquals(1, letters());
  }

  @Test
  void worksOnTheDataDirectoryWhenNoRelayRuns() throws Exception {
    refuse("phone-4");
    String id = firstId();
    relay.close();

    Answer destinations = run("destinations");
    assertEquals(0, destinations.code());
    assertTrue(destinations.out().contains("webhook      stopped"), destinations.out());
    assertTrue(run("dead", "show", id).out().contains("phone-4"));
    assertEquals(new Answer(0, "1 replayed\n", ""), run("dead", "replay", id, "--to", "archive"));
    JsonNode after = JSON.readTree(run("destinations", "--json").out());
    assertEquals("archive", after.path(0).path("name").asText());
    assertEquals(1, after.path(0).path("backlog").asInt());
    assertEquals(
        "Forgotten: webhook, with 0 events that waited for it.\n",
        run("destinations", "forget", "webhook", "--yes").out());
    Answer events = run("events");
    assertEquals(1, events.code());
    assertTrue(events.err().contains("no relay runs here"), events.err());
  }

  /** As another user finds it. */
  @Test
  void saysWhoseTheTokenIsThatItMayNotRead() throws Exception {
    assumeTrue(!"root".equals(System.getProperty("user.name")), "root may read everything");
    Files.setPosixFilePermissions(relay.tokenFile(), Set.of());

    Answer answer = run("destinations");

    assertEquals(1, answer.code());
    assertTrue(
        answer.err().contains("console.token belongs to " + System.getProperty("user.name")),
        answer.err());
  }

  @Test
  void forgetsNoDestinationThatIsRead() throws Exception {
    Answer answer = run("destinations", "forget", "archive", "--yes");

    assertEquals(1, answer.code());
    assertTrue(answer.err().contains("archive is read by a route"), answer.err());
    assertTrue(run("destinations").out().contains("archive      ok"));
  }

  @Test
  void followsEventsThroughTheRelayUntilTheOutputIsClosed() throws Exception {
    relay.publish("enrolled", "phone\u001b[31m-5", "");
    await()
        .atMost(RunningRelay.SOON)
        .until(() -> relay.status().path("events").path("stored").asLong() == 1);
    StringBuilder seen = new StringBuilder();
    PrintWriter closing =
        new PrintWriter(
            new StringWriter() {
              @Override
              public void write(String text, int from, int length) {
                seen.append(text, from, from + length);
              }
            }) {
          @Override
          public boolean checkError() {
            return seen.length() > 0;
          }
        };

    EnsRelay.commandLine().setOut(closing).setErr(closing).execute("events", "--last", "5");

    assertTrue(seen.toString().contains("device.enrolled"), seen.toString());
    assertTrue(seen.toString().contains("phone?[31m-5"), seen.toString());
  }

  @Test
  void showsTheTopicsAlsoWhileTheServiceDoesNotTellThem() {
    Answer asked = run("topics");
    assertEquals(0, asked.code());
    assertTrue(asked.out().contains("device_check_in"), asked.out());
    assertTrue(asked.out().contains("180 min"), asked.out());

    relay.service.faults().set(Fault.status(503));
    Answer kept = run("topics");
    assertEquals(0, kept.code());
    assertTrue(kept.err().contains("HTTP 503"), kept.err());
    assertEquals(asked.out(), kept.out());
  }

  @Test
  void checksEachThingWithoutDisturbingTheRelay() throws Exception {
    Answer well = run("check");
    assertEquals(0, well.code(), well.out());
    assertTrue(well.out().contains("MQTT connect         accepted"), well.out());
    assertTrue(well.out().contains("is in use by a running relay"), well.out());
    assertEquals(0, relay.status().path("connection").path("reconnects").asInt());

    System.setProperty("ens.mqtt.url", "ssl://127.0.0.1:1");
    Answer failed = run("check", "--json");
    assertEquals(1, failed.code());
    boolean said = false;
    for (JsonNode each : JSON.readTree(failed.out())) {
      said |=
          each.path("what").asText().equals("TLS to the broker")
              && each.path("level").asText().equals("failed")
              && each.path("said").asText().contains("127.0.0.1:1");
    }
    assertTrue(said, failed.out());
  }

  @Test
  void saysInJsonTheSameLinesAsInText() throws Exception {
    List<String> text =
        run("check").out().lines().map(line -> line.substring(9, 29).strip()).toList();
    List<String> json = new ArrayList<>();
    JSON.readTree(run("check", "--json").out())
        .forEach(each -> json.add(each.path("what").asText()));
    assertEquals(
        text, json.stream().map(what -> what.substring(0, Math.min(20, what.length()))).toList());
    assertEquals("configuration", json.get(0));

    System.setProperty("ens.mqtt.url", "tcp://127.0.0.1:1");
    Answer wrong = run("check", "--json");
    assertEquals(2, wrong.code());
    JsonNode only = JSON.readTree(wrong.out());
    assertEquals(1, only.size(), wrong.out());
    assertEquals("configuration", only.path(0).path("what").asText());
    assertEquals("failed", only.path(0).path("level").asText());
    assertTrue(only.path(0).path("said").asText().startsWith("ens.mqtt.url=tcp://"), wrong.out());
    assertEquals(2, run("check").code());
  }

  @Test
  void writesAFolderToStartFromAndOverwritesNothing(@TempDir Path fresh) throws Exception {
    assertEquals(0, run("init", fresh.resolve("relay").toString()).code());
    assertTrue(Files.exists(fresh.resolve("relay/routes/kamelets/ens-events-source.kamelet.yaml")));
    Files.writeString(fresh.resolve("relay/application.properties"), "mine");

    Answer again = run("init", fresh.resolve("relay").toString());
    assertEquals(2, again.code());
    assertTrue(again.err().contains("application.properties: is there already"), again.err());
    assertEquals("mine", Files.readString(fresh.resolve("relay/application.properties")));
  }

  @Test
  void printsACompletionScript() {
    assertTrue(run("completion").out().contains("complete -F _complete_ens-relay"));
  }
}
