package io.ensrelay.console;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ensrelay.base.DataDirectoryLock;
import io.ensrelay.cli.EnsRelay;
import io.ensrelay.simulator.Fault;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands as a user gives them, beside a relay that runs and after it has ended. */
class CommandsTest extends CommandsOfRelay {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path dir;
  private RunningRelay relay;

  @BeforeEach
  void start() throws Exception {
    relay = new RunningRelay(dir, Map.of());
    relay.awaitConnected();
    set(relay.settings());
  }

  @AfterEach
  void stop() throws Exception {
    relay.close();
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
    assertEquals("There are no dead letters.\n", run("dead", "list").out());
    refuse("phone-1");
    refuse("phone-2");
    String id = firstId();

    Output list = run("dead", "list", "--destination", "webhook", "--type", "device_wiped");
    assertEquals(0, list.code());
    assertTrue(list.out().startsWith("ID "), list.out());
    assertTrue(list.out().contains(id) && list.out().contains("422"), list.out());
    assertTrue(run("dead", "show", id).out().contains("\"deviceGuid\":\"phone-1\""));
    assertTrue(run("dead", "list", "--since", "1h").out().contains(id));
    assertFalse(run("dead", "list", "--until", "1h").out().contains(id));

    relay.webhookAnswer.set(200);
    assertEquals(new Output(0, "1 replayed\n", ""), run("dead", "replay", id));
    await()
        .atMost(RunningRelay.SOON)
        .until(() -> relay.webhookGot.stream().anyMatch(event -> event.contains("phone-1")));
    assertEquals(1, run("dead", "replay", id).code());
    assertEquals(2, run("dead", "drop", "--all").code());
    assertEquals(new Output(0, "1 dropped\n", ""), run("dead", "drop", "--all", "--yes"));
  }

  @Test
  void refusesUnclearCalls() throws Exception {
    refuse("phone-3");

    assertEquals(2, run("dead", "replay").code());
    assertEquals(2, run("dead", "replay", "--all", firstId()).code());
    assertEquals(2, run("dead", "list", "--since", "yesterday").code());
    Output wrong = run("dead", "replay", "--all", "--to", "nowhere");
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

    Output destinations = run("destinations");
    assertEquals(0, destinations.code());
    assertTrue(destinations.out().contains("webhook      stopped"), destinations.out());
    assertTrue(run("dead", "show", id).out().contains("phone-4"));
    assertEquals(new Output(0, "1 replayed\n", ""), run("dead", "replay", id, "--to", "archive"));
    JsonNode after = JSON.readTree(run("destinations", "--json").out());
    assertEquals("archive", after.path(0).path("name").asText());
    assertEquals(1, after.path(0).path("backlog").asInt());
    assertEquals(
        "Removed: webhook, with 0 events that waited for it.\n",
        run("destinations", "forget", "webhook", "--yes").out());
    Output events = run("events");
    assertEquals(1, events.code());
    assertTrue(events.err().contains("no relay runs here"), events.err());
  }

  private void deliver(String device) throws Exception {
    relay.publish("wiped", device, "");
    await().atMost(RunningRelay.SOON).until(() -> delivered(device) == 1);
    await()
        .atMost(RunningRelay.SOON)
        .until(
            () ->
                JSON.readTree(run("spool", "info", "--json").out())
                    .path("destinations")
                    .findValuesAsText("behind")
                    .equals(List.of("0", "0")));
  }

  private long delivered(String device) {
    return relay.webhookGot.stream().filter(event -> event.contains(device)).count();
  }

  @Test
  void movesADestinationOfTheRunningRelay() throws Exception {
    deliver("moved-1");
    deliver("moved-2");

    Output asked = run("destinations", "rewind", "webhook", "--since", "1h");
    assertEquals(2, asked.code());
    assertTrue(
        asked
            .err()
            .contains("2 events will be delivered to webhook again. Continue? Confirm with --yes"),
        asked.err());
    assertEquals(
        new Output(0, "Rewound: 2 events will be delivered to webhook again.\n", ""),
        run("destinations", "rewind", "webhook", "--all", "--yes"));
    await().atMost(RunningRelay.SOON).until(() -> delivered("moved-2") == 2);
    String id = run("spool", "cat", "--device", "moved-2").out();
    assertEquals(
        new Output(0, "Rewound: 1 event will be delivered to webhook again.\n", ""),
        run(
            "destinations",
            "rewind",
            "webhook",
            "--yes",
            "--event",
            JSON.readTree(id).path("id").asText()));
    await().atMost(RunningRelay.SOON).until(() -> delivered("moved-2") == 3);
    assertEquals(2, delivered("moved-1"));

    assertEquals(
        new Output(0, "Paused: webhook. Its events wait until you resume it.\n", ""),
        run("destinations", "pause", "webhook"));
    assertTrue(run("destinations").out().contains("webhook      paused"));
    relay.publish("wiped", "moved-3", "");
    await()
        .atMost(RunningRelay.SOON)
        .until(
            () -> run("destinations", "skip", "webhook", "--all").err().contains("1 event will"));
    assertEquals(
        "{\"skipped\":1}",
        run("destinations", "skip", "webhook", "--all", "--yes", "--json")
            .out()
            .replaceAll("\\s", ""));
    assertEquals(
        new Output(0, "Resumed: webhook.\n", ""), run("destinations", "resume", "webhook"));
    deliver("moved-4");
    assertEquals(0, delivered("moved-3"));
  }

  @Test
  void sendsOneEventByHandAndShowsTheAnswer() throws Exception {
    Output sent = run("send", "webhook", "--sample", "not_compliant");
    assertEquals(0, sent.code(), sent.err());
    assertTrue(
        sent.out().matches("Delivered: device.not_compliant, [0-9]+ ms, HTTP 200\n"), sent.out());
    assertEquals(1, delivered("device.not_compliant"));
    assertEquals(0, relay.status().path("events").path("stored").asLong());

    relay.webhookAnswer.set(503);
    relay.webhookWords = "the siem is full";
    Path file = dir.resolve("event.json");
    Files.writeString(
        file,
        "{\"specversion\":\"1.0\",\"id\":\"by-hand-1\",\"type\":\"device.wiped\",\"n\":1.10}");
    Output failed = run("send", "webhook", "--file", file.toString());
    assertEquals(1, failed.code(), failed.err());
    assertTrue(failed.out().startsWith("Not delivered: device.wiped, "), failed.out());
    assertTrue(failed.out().contains(": HTTP 503 from 127.0.0.1:"), failed.out());
    assertTrue(failed.out().contains("\n  the siem is full\n"), failed.out());
    assertEquals(0, letters());
    assertTrue(run("destinations").out().contains("webhook      ok"));
    JsonNode json =
        JSON.readTree(run("send", "webhook", "--file", file.toString(), "--json").out());
    assertEquals("by-hand-1", json.path("event").asText());
    assertEquals(503, json.path("status").asInt());

    assertEquals(0, run("send", "archive", "--file", file.toString()).code());
    assertEquals(2, run("send", "webhook").code());
    assertEquals(2, run("send", "webhook", "--sample", "coffee").code());
    assertEquals(
        new Output(1, "", "ens-relay: there is no destination nowhere\n"),
        run("send", "nowhere", "--sample", "wiped"));
    Files.writeString(file, "{\"eventType\":\"device.wiped\",\"devices\":[{},{}]}");
    assertEquals(
        "ens-relay: the message has 2 devices: give one\n",
        run("send", "webhook", "--file", file.toString()).err());
    relay.close();
    assertEquals(1, run("send", "webhook", "--sample", "wiped").code());
  }

  @Test
  void triesAStalledDestinationNow() throws Exception {
    assertEquals(
        new Output(0, "webhook is not waiting for a next try.\n", ""),
        run("destinations", "retry", "webhook"));
    relay.webhookRetryAfter = "3000";
    relay.webhookAnswer.set(503);
    relay.publish("wiped", "tried-now", "");
    await()
        .atMost(RunningRelay.SOON)
        .until(() -> run("destinations").out().contains("503 from 127.0.0.1:"));

    relay.webhookAnswer.set(200);
    assertEquals(
        new Output(0, "Retried: webhook, 1 lane.\n", ""), run("destinations", "retry", "webhook"));
    await().atMost(RunningRelay.SOON).until(() -> delivered("tried-now") == 1);
    await()
        .atMost(RunningRelay.SOON)
        .until(() -> run("destinations").out().contains("webhook      ok"));
    assertEquals(1, run("destinations", "retry", "nowhere").code());
  }

  @Test
  void movesADestinationThatNoRelayReads() throws Exception {
    deliver("still-1");
    deliver("still-2");
    relay.close();

    assertEquals(0, run("destinations", "pause", "webhook").code());
    assertTrue(run("destinations").out().contains("webhook      paused"));
    assertEquals(
        "Rewound: 2 events will be delivered to webhook again.\n",
        run("destinations", "rewind", "webhook", "--from", "2h", "--yes").out());
    JsonNode webhook =
        JSON.readTree(run("spool", "info", "--json").out()).path("destinations").path(1);
    assertEquals(2, webhook.path("behind").asInt());
    assertTrue(webhook.path("paused").asBoolean());
    assertEquals(
        "Skipped: 2 events will not be delivered to webhook.\n",
        run("destinations", "skip", "webhook", "--all", "--yes").out());
    assertEquals(0, run("destinations", "resume", "webhook").code());
    Output nowhere = run("destinations", "rewind", "nowhere", "--all", "--yes");
    assertEquals(new Output(1, "", "ens-relay: there is no destination nowhere\n"), nowhere);
    assertEquals(nowhere, run("destinations", "pause", "nowhere"));
    assertEquals(
        new Output(1, "", "ens-relay: the event log has no event with the id 0123\n"),
        run("destinations", "rewind", "webhook", "--event", "0123", "--yes"));
  }

  @Test
  void movesNothingWithoutClearWords() {
    assertEquals(2, run("destinations", "rewind", "webhook").code());
    assertEquals(2, run("destinations", "rewind", "--all").code());
    assertEquals(2, run("destinations", "rewind", "webhook", "--all", "--since", "1h").code());
    assertEquals(2, run("destinations", "rewind", "webhook", "--since", "20261128").code());
    assertEquals(2, run("destinations", "rewind", "webhook", "--from", "2026-11-28").code());
    assertEquals(2, run("destinations", "skip", "webhook").code());
    assertEquals(2, run("destinations", "skip", "webhook", "--all", "--until", "1h").code());
    assertEquals(2, run("destinations", "skip", "webhook", "--until", "soon").code());
    assertEquals(2, run("spool").code());
    assertEquals(2, run("spool", "cat", "--limit", "0").code());
    assertEquals(2, run("spool", "cat", "--since", "soon").code());
  }

  @Test
  void looksIntoTheEventLogBesideTheRelayAndWithoutIt() throws Exception {
    deliver("seen-1");
    relay.publish("enrolled", "seen-2", "");
    relay.publish("enrolled", "seen-3", "");
    await().atMost(RunningRelay.SOON).until(() -> delivered("seen-3") == 1);

    for (boolean running : List.of(true, false)) {
      if (!running) {
        relay.close();
      }
      assertEquals(3, run("spool", "cat").out().lines().count());
      assertEquals(1, run("spool", "cat", "--type", "device.wiped").out().lines().count());
      assertEquals(
          3, run("spool", "cat", "--type", "device_wiped,device.enrolled").out().lines().count());
      assertEquals(2, run("spool", "cat", "--limit", "2").out().lines().count());
      assertEquals(0, run("spool", "cat", "--until", "1h").out().lines().count());
      JsonNode event =
          JSON.readTree(run("spool", "cat", "--since", "1h", "--device", "seen-2").out());
      assertEquals("seen-2", event.path("data").path("device").path("deviceGuid").asText());
      Output info = run("spool", "info");
      assertEquals(0, info.code());
      assertTrue(info.out().contains("\n3 events in 1 file, "), info.out());
      assertTrue(info.out().contains("webhook      3         0"), info.out());
      Output verified = run("spool", "verify");
      assertEquals(0, verified.code(), verified.out());
      assertTrue(
          verified.out().matches("3 events in [0-9.]+ kB read: every checksum is right.\n"),
          verified.out());
    }

    Path file = dir.resolve("data/spool/00000000000000000000.log");
    byte[] bytes = Files.readAllBytes(file);
    bytes[60] ^= 1;
    Files.write(file, bytes);
    Output wrong = run("spool", "verify");
    assertEquals(1, wrong.code());
    assertTrue(
        wrong
            .out()
            .startsWith(
                "00000000000000000000.log at 0: 1 event can't be read, from number 0\n2 events in "),
        wrong.out());
    JsonNode places = JSON.readTree(run("spool", "verify", "--json").out()).path("damage");
    assertEquals("00000000000000000000.log at 0", places.path(0).path("place").asText());
    Files.writeString(dir.resolve("data/spool/format"), "9");
    Output newer = run("spool", "info");
    assertEquals(1, newer.code());
    assertTrue(newer.err().contains("has the format '9'"), newer.err());
    System.setProperty("ens.data.dir", dir.resolve("none").toString());
    assertEquals(1, run("spool", "info").code());
    Files.createDirectory(dir.resolve("none"));
    assertTrue(run("spool", "cat").err().startsWith("ens-relay: no relay has run on "));
  }

  @Test
  void saysThatAnotherCommandIsAtWork() throws Exception {
    relay.close();
    try (DataDirectoryLock lock = DataDirectoryLock.tryOf(dir.resolve("data")).orElseThrow()) {
      Output answer = run("destinations");
      assertEquals(1, answer.code());
      assertTrue(answer.err().contains("another command works on"), answer.err());
      assertEquals(0, run("spool", "info").code());
    }
  }

  /** As another user finds it. */
  @Test
  void namesTheOwnerOfATokenThatItMayNotRead() throws Exception {
    assumeTrue(!"root".equals(System.getProperty("user.name")), "root may read everything");
    Files.setPosixFilePermissions(relay.tokenFile(), Set.of());

    Output answer = run("destinations");

    assertEquals(1, answer.code());
    assertTrue(
        answer.err().contains("console.token belongs to " + System.getProperty("user.name")),
        answer.err());
  }

  @Test
  void forgetsNoDestinationThatIsRead() throws Exception {
    Output answer = run("destinations", "forget", "archive", "--yes");

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
  void showsTheTopicsAlsoWhileTheServiceIsAway() {
    Output asked = run("topics");
    assertEquals(0, asked.code());
    assertTrue(asked.out().contains("device_check_in"), asked.out());
    assertTrue(asked.out().contains("180 min"), asked.out());

    relay.service.faults().set(Fault.status(503));
    Output kept = run("topics");
    assertEquals(0, kept.code());
    assertTrue(kept.err().contains("HTTP 503"), kept.err());
    assertEquals(asked.out(), kept.out());
  }

  @Test
  void checksEachThingWithoutDisturbingTheRelay() throws Exception {
    Output well = run("check");
    assertEquals(0, well.code(), well.out());
    assertTrue(well.out().contains("MQTT connect         accepted"), well.out());
    assertTrue(well.out().contains("is in use by a running relay"), well.out());
    assertEquals(0, relay.status().path("connection").path("reconnects").asInt());

    System.setProperty("ens.mqtt.url", "ssl://127.0.0.1:1");
    Output failed = run("check", "--json");
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
    Output wrong = run("check", "--json");
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

    Output again = run("init", fresh.resolve("relay").toString());
    assertEquals(2, again.code());
    assertTrue(again.err().contains("application.properties: is there already"), again.err());
    assertEquals("mine", Files.readString(fresh.resolve("relay/application.properties")));
  }

  @Test
  void printsACompletionScript() {
    assertTrue(run("completion").out().contains("complete -F _complete_ens-relay"));
  }
}
