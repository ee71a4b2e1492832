package io.ensrelay.runtime;

import static io.ensrelay.runtime.EditedRelay.eventually;
import static io.ensrelay.runtime.EditedRelay.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ensrelay.delivery.RouteProblems.Problem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
import org.apache.camel.Route;
import org.apache.camel.model.Model;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Destinations are edited while they deliver. */
class RouteWatchTest {
  @TempDir Path dir;
  private EditedRelay relay;

  @BeforeEach
  void twoDestinations() throws Exception {
    TestSink.forgetAll();
    relay = new EditedRelay(dir);
    relay.save("a", text("a", "1"));
    relay.save("b", text("b", "1"));
  }

  @AfterEach
  void stop() {
    relay.close();
  }

  private void assertEachOnceInOrder(String name) {
    List<Integer> all = TestSink.got(name);
    eventually(() -> new HashSet<>(all).size() == relay.stored());
    assertEquals(relay.stored(), all.size(), name + " got some twice");
    Map<Integer, Integer> last = new HashMap<>();
    for (int seq : all) {
      Integer before = last.put(seq % 10, seq);
      assertTrue(before == null || before < seq, name + ": " + seq + " after " + before);
    }
  }

  private Route route(String id) {
    return relay.context().getRoute(id);
  }

  private static List<Integer> numbers(int from, int to) {
    return IntStream.range(from, to).boxed().toList();
  }

  @Test
  void aChangeGoesOnAtTheSamePositionAndOthersAreNotTouched() throws Exception {
    relay.start();
    Route other = route("destination.b");
    for (int version = 2; version <= 4; version++) {
      relay.save("a", text("a", "" + version, "lanes: " + version));
      relay.awaitVersion("a", "" + version);
    }
    assertEachOnceInOrder("a");
    assertEachOnceInOrder("b");
    assertEquals(other, route("destination.b"));
    assertEquals("1", TestSink.version("b"));
  }

  @Test
  void aMistakeChangesNothingAndIsShownUntilItIsCorrected() throws Exception {
    relay.start();
    Route before = route("destination.a");
    relay.save("a", text("a", "2").replace("- bean:", "- been:"));
    relay.awaitProblem("been");
    Problem problem = relay.state().problems().get(0);
    assertEquals(relay.file("a").toString(), problem.file());
    assertTrue(problem.line().isPresent());
    assertEquals(before, route("destination.a"));

    relay.save("a", text("a", "3"));
    relay.awaitVersion("a", "3");
    relay.awaitNoProblem();
    assertEachOnceInOrder("a");
  }

  @Test
  void theOldRouteComesBackIfTheNewOneDoesNotStart() throws Exception {
    relay.start();
    relay.save("a", text("a", "bad"));
    relay.awaitProblem("TestSink has no property version");
    relay.awaitVersion("a", "1");
    relay.save("a", text("a", "2").replace("ref: sink-a", "ref: nobody"));
    relay.awaitProblem("a.camel.yaml, line 16: no bean nobody");
    relay.awaitVersion("a", "1");
    relay.save("a", text("a", "1"));
    relay.awaitNoProblem();
    assertEachOnceInOrder("a");
    assertEachOnceInOrder("b");
  }

  @Test
  void aNewFileIsANewDestinationAndAGoneOneKeepsItsPosition() throws Exception {
    relay.start();
    relay.store(10);
    relay.save("c", text("c", "1", "begin: earliest"));
    eventually(() -> TestSink.got("c").size() == 10);

    Files.delete(relay.file("c"));
    eventually(() -> !relay.isRead("c"));
    relay.store(10);
    relay.save("c", text("c", "2", "begin: now"));
    eventually(() -> TestSink.got("c").size() == 20);
    assertEachOnceInOrder("c");
    assertTrue(relay.state().problems().isEmpty());
  }

  @Test
  void aNewFileThatDoesNotStartLeavesNoPositionBehind() throws Exception {
    relay.start();
    relay.save("c", text("c", "bad"));
    relay.awaitProblem("TestSink has no property version");
    assertFalse(Files.exists(dir.resolve("data/spool/cursors/c")));
  }

  @Test
  void aChangedNameIsANewDestinationAndTheOldOneWaits() throws Exception {
    relay.start();
    relay.store(4);
    eventually(() -> TestSink.got("a").size() == 4);
    relay.save("a", text("a2", "1"));
    eventually(() -> relay.isRead("a2") && !relay.isRead("a"));
    relay.store(4);
    eventually(() -> TestSink.got("a2").equals(numbers(4, 8)));
    relay.save("a", text("a", "2"));
    eventually(() -> TestSink.got("a").size() == 8);
    assertEachOnceInOrder("a");
  }

  @Test
  void aNameOfAnotherFileIsAMistakeUntilThatFileIsGone() throws Exception {
    relay.start();
    relay.save("c", text("c", "1").replace("destination: c", "destination: b"));
    relay.awaitProblem("the destination b is also in");
    relay.save("d", text("d", "1").replace("id: destination.d", "id: destination.a"));
    relay.awaitProblem("d.camel.yaml, line ");
    relay.awaitVersion("b", "1");
    relay.awaitVersion("a", "1");
    Files.delete(relay.file("b"));
    Files.delete(relay.file("d"));
    relay.awaitNoProblem();
    relay.awaitVersion("c", "1");
  }

  @Test
  void aRouteThatCannotStartDoesNotEndTheRouteWithItsName() throws Exception {
    relay.start();
    String sameName = text("c", "1").replace("destination: c", "destination: b");
    String sameId = text("d", "1").replace("id: destination.d", "id: destination.b");
    String sameNameElsewhere =
        text("e", "1", "lanes: 2").replace("destination: e", "destination: b");
    for (String wrong : List.of(sameName, sameId, sameNameElsewhere)) {
      List<RouteFile> file = List.of(new RouteFile(relay.file("x"), wrong));
      assertThrows(
          LiveRoutes.ChangeFailedException.class,
          () -> new LiveRoutes(relay.context(), new ReentrantLock()).exchange(List.of(), file));
    }
    relay.awaitVersion("b", "1");
    assertEachOnceInOrder("a");
    assertEachOnceInOrder("b");
  }

  @Test
  void anotherSelectionAppliesFromThePositionOn() throws Exception {
    relay.start();
    relay.store(4);
    eventually(() -> TestSink.got("a").size() == 4);
    relay.save("a", text("a", "2", "events: device_wiped"));
    eventually(
        () ->
            route("destination.a") != null
                && route("destination.a").getEndpoint().getEndpointUri().contains("wiped"));
    eventually(() -> relay.isRead("a"));
    relay.store(4);
    eventually(() -> TestSink.got("a").equals(List.of(0, 1, 2, 3, 5, 7)));
  }

  @Test
  void severalRoutesOfAFileChangeTogether() throws Exception {
    relay.save("a", text("a", "1") + text("a2", "1"));
    relay.start();
    relay.save("a", text("a", "2") + text("a2", "2").replace("ref: sink-a2", "ref: nobody"));
    relay.awaitProblem("nobody");
    relay.awaitVersion("a", "1");
    relay.awaitVersion("a2", "1");
    relay.save("a", text("a", "3") + text("a2", "3"));
    relay.awaitVersion("a", "3");
    relay.awaitVersion("a2", "3");
    assertEachOnceInOrder("a");
    assertEachOnceInOrder("a2");
  }

  @Test
  void aChangedKameletAppliesToThoseThatUseIt() throws Exception {
    Files.copy(Path.of("src/test/resources/routes/tagged.kamelet.yaml"), relay.kamelet("tagged"));
    String tagged =
        text("a", "1").replace("steps:\n", "steps:\n        - to: {uri: kamelet:tagged}\n");
    relay.save("a", tagged);
    relay.start();
    Route other = route("destination.b");
    relay.awaitVersion("tagged", "1");
    String kamelet = Files.readString(relay.kamelet("tagged"));
    Files.writeString(relay.kamelet("tagged"), kamelet.replace("version: 1", "version: bad"));
    relay.awaitProblem("no version is bad");
    relay.awaitVersion("tagged", "1");
    Files.writeString(relay.kamelet("tagged"), kamelet.replace("version: 1", "version: 2"));
    relay.awaitVersion("tagged", "2");
    relay.awaitNoProblem();
    assertEquals(other, route("destination.b"));
    assertEachOnceInOrder("a");
    assertEachOnceInOrder("tagged");
  }

  @Test
  void theFirstTenantNeedsARestart() throws Exception {
    relay.start();
    Path tenants = Files.createDirectories(dir.resolve("tenants"));
    Files.writeString(tenants.resolve("acme.properties"), "ens.api.url=https://acme.example\n");
    eventually(() -> relay.state().restartNeeded().size() == 1);
    String told = relay.state().restartNeeded().toString();
    assertTrue(told.contains("acme.properties (ens.api.url)"), told);
  }

  @Test
  void otherFilesNeedARestart() throws Exception {
    relay.start();
    Path errors = dir.resolve("routes/errors.camel.yaml");
    String before = Files.readString(errors);
    Files.writeString(errors, before + "# more\n");
    Files.writeString(dir.resolve("application.properties"), "ens.tenant=x\nens.events=*\n");
    relay.save("b", text("b", "2") + "- routeConfiguration:\n    id: mine\n");
    eventually(() -> relay.state().restartNeeded().size() == 3);
    String told = relay.state().restartNeeded().toString();
    assertTrue(told.contains("application.properties (ens.events, ens.tenant)"), told);
    assertTrue(told.contains("b.camel.yaml (it has routeConfiguration)"), told);
    relay.awaitVersion("b", "1");
    Files.writeString(errors, before);
    eventually(() -> relay.state().restartNeeded().size() == 2);
  }

  @Test
  void aFileThatIsSavedAgainAndAgainOrHalfWrittenCountsWhenItIsQuiet() throws Exception {
    relay.start();
    String next = text("a", "2");
    Random random = new Random(7);
    for (int i = 0; i < 30; i++) {
      // in place, cut anywhere: many of these would be routes without a step
      Files.writeString(relay.file("a"), next.substring(0, random.nextInt(next.length())));
      relay.store(10);
      TimeUnit.MILLISECONDS.sleep(100);
    }
    assertTrue(relay.state().problems().isEmpty(), "told " + relay.state().problems());
    Files.writeString(relay.file("a"), next);
    relay.awaitVersion("a", "2");
    assertEachOnceInOrder("a");
    assertEachOnceInOrder("b");
  }

  @Test
  void nothingIsLostOrDeliveredTwiceWhileAFileIsGoodAndBadInTurn() throws Exception {
    relay.start();
    // -Dfaults.long=true: a minute
    long until =
        System.nanoTime() + TimeUnit.SECONDS.toNanos(Boolean.getBoolean("faults.long") ? 60 : 6);
    int changes = 0;
    long changeAt = 0;
    while (System.nanoTime() < until) {
      if (System.nanoTime() > changeAt) {
        String text = text("a", "" + changes, "lanes: " + (1 + changes % 4));
        String[] all = {
          text, text.replace("- bean:", "- been:"), text.replace("ref: sink-a", "ref: nobody")
        };
        relay.save("a", all[changes++ % all.length]);
        changeAt = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(1600);
      }
      relay.store(100);
      TimeUnit.MILLISECONDS.sleep(100);
    }
    relay.save("a", text("a", "last"));
    relay.awaitVersion("a", "last");
    relay.awaitNoProblem();
    assertEachOnceInOrder("a");
    assertEachOnceInOrder("b");
    System.out.println(relay.stored() + " events, " + changes + " changes");
  }

  @Test
  void leavesNothingBehindAfterManyChanges() throws Exception {
    Files.copy(Path.of("src/test/resources/routes/tagged.kamelet.yaml"), relay.kamelet("tagged"));
    String text =
        text("a", "1").replace("steps:\n", "steps:\n        - to: {uri: kamelet:tagged}\n");
    relay.save("a", text);
    relay.start();
    LiveRoutes live = new LiveRoutes(relay.context(), new ReentrantLock());
    RouteFile file = new RouteFile(relay.file("a"), text);
    RouteFile bad = new RouteFile(relay.file("a"), text.replace("ref: sink-a", "ref: nobody"));
    live.exchange(List.of(file), List.of(file));
    String there = there();
    int open = TestSink.OPEN.get();
    int times = Integer.getInteger("reloads", 40);
    for (int i = 0; i < times; i++) {
      live.exchange(List.of(file), List.of(file));
      assertThrows(
          LiveRoutes.ChangeFailedException.class, () -> live.exchange(List.of(file), List.of(bad)));
    }
    assertEquals(there, there());
    assertEquals(open, TestSink.OPEN.get());
    relay.awaitVersion("a", "1");
  }

  private String there() {
    long lanes =
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().contains("lane-"))
            .count();
    Model model = relay.context().getCamelContextExtension().getContextPlugin(Model.class);
    return "routes %s, definitions %s, templates %s, beans %s, endpoints %s, lanes %s"
        .formatted(
            relay.context().getRoutes().size(),
            model.getRouteDefinitions().size(),
            model.getRouteTemplateDefinitions().size(),
            model.getCustomBeans().size(),
            relay.context().getEndpoints().size(),
            lanes);
  }

  @Test
  void aFolderThatIsAwayEndsNothing() throws Exception {
    relay.start();
    Path folder = dir.resolve("routes/destinations");
    Files.move(folder, dir.resolve("elsewhere"));
    relay.awaitProblem("can't be read");
    relay.awaitVersion("a", "1");
    Files.move(dir.resolve("elsewhere"), folder);
    relay.awaitNoProblem();
    assertEachOnceInOrder("a");
  }
}
