package io.ensrelay.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ensrelay.spool.DeadLetterCount;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Messages that no well-meant service would send, among good ones. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class MessageIT {
  private static final String OF_BROKERS =
      "(simulator|activemq|activemq-server|hivemq|rabbitmq).*|.*mosquitto\\.db";

  /** The database of the dead letters, which is made with the first of them. */
  private static final Set<String> OF_DEAD_LETTERS =
      Set.of("relay/data/dead", "relay/data/dead/letters.db", "relay/data/dead/native");

  private static final int HUGE = 10 << 20;

  @TempDir Path dir;

  @ParameterizedTest
  @MethodSource("io.ensrelay.faults.Brokers#one")
  void accountsForEachMessageAndLetsNoneChooseWhereItGoes(Brokers kind) throws Exception {
    List<byte[]> bad = messages();
    try (Webhook webhook = new Webhook();
        Scene scene = new Scene(kind, dir)) {
      webhook.start();
      scene
          .relay
          .set("ens.destination.webhook.enabled", true)
          .set("ens.destination.webhook.url", webhook.url());
      scene.begin(100, 0);
      Set<String> before = names(dir);
      for (byte[] message : bad) {
        scene.publisher.send(message);
      }
      Account.Result result = scene.settle("bad messages: " + bad.size() + " kinds", 1);
      scene.assertPerfect(result);
      scene.assertPerfect(scene.await(webhook.account));
      assertEquals(143, scene.relay.term());
      scene.archive.follow();
      int dead = DeadLetterCount.count(scene.relay.dir().resolve("data/spool"), "intake");
      assertEquals(
          bad.size(),
          dead + scene.account.unnumbered(),
          "dead letters (" + dead + ") and events (" + scene.account.unnumbered() + ")");
      assertEquals(scene.account.unnumbered(), webhook.account.unnumbered(), "webhook");
      assertEquals(Set.of("POST /events"), webhook.requests());
      Set<String> made = names(dir);
      made.removeAll(before);
      made.removeAll(OF_DEAD_LETTERS);
      assertEquals(Set.of(), made, "files made");
    }
  }

  private static List<byte[]> messages() throws IOException {
    List<byte[]> all = new ArrayList<>();
    for (String text :
        List.of(
            "",
            " ",
            "not json",
            "{",
            "[]",
            "null",
            "17",
            "\"text\"",
            "{\"a\":1}{\"b\":2}",
            "{\"a\":1,\"a\":2}",
            "{}",
            "{\"devices\":17}",
            "{\"devices\":[]}",
            "{\"devices\":[null]}",
            "{\"devices\":[17]}",
            "{\"timestamp\":\"never\",\"devices\":[{\"deviceGuid\":{}}]}",
            "{\"timestamp\":1e400}",
            "[".repeat(100_000),
            "{\"a\":".repeat(5_000) + "1" + "}".repeat(5_000),
            "{\"timestamp\":1,\"huge\":\"" + "x".repeat(HUGE) + "\"}",
            "x".repeat(HUGE))) {
      all.add(text.getBytes(StandardCharsets.UTF_8));
    }
    for (String id :
        List.of(
            "../../escaped",
            "/tmp/escaped",
            "a\\u0000b",
            "a\\nb",
            "a\\r\\nX-Chosen: 1",
            "${sys:user.home}",
            "{{ens.tls.keystore-password}}",
            "' OR 1=1 --")) {
      all.add(
          """
          {"timestamp":1582796173229,"eventType":"%1$s","CamelHttpUri":"http://127.0.0.1:1/chosen",\
          "CamelFileName":"../chosen","devices":[{"deviceGuid":"%1$s","identifier":"%1$s",\
          "os":"%1$s","status":"%1$s","CamelHttpPath":"/chosen","CamelHttpMethod":"DELETE"}]}\
          """
              .formatted(id)
              .getBytes(StandardCharsets.UTF_8));
    }
    ByteArrayOutputStream notText = new ByteArrayOutputStream();
    notText.write("{\"devices\":[{\"deviceGuid\":\"".getBytes(StandardCharsets.UTF_8));
    notText.write(new byte[] {(byte) 0xff, (byte) 0xfe, (byte) 0xc0, (byte) 0x80});
    notText.write("\"}]}".getBytes(StandardCharsets.UTF_8));
    all.add(notText.toByteArray());
    return all;
  }

  /** Names of all files but those that brokers keep for themselves. */
  private static Set<String> names(Path dir) throws IOException {
    try (Stream<Path> files = Files.walk(dir)) {
      Set<String> names = new TreeSet<>();
      files
          .map(file -> dir.relativize(file).toString())
          .filter(name -> !name.startsWith("relay/data/spool") && !name.matches(OF_BROKERS))
          .forEach(names::add);
      return names;
    }
  }
}
