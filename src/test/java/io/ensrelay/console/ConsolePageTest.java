package io.ensrelay.console;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;

/**
 * The page in a real Chromium, where Debian's is installed: through its use cases, on a running
 * relay. What it looked like is under target/screenshots.
 */
class ConsolePageTest {
  private static final Path SCREENSHOTS = Path.of("target", "screenshots");

  @TempDir static Path dir;
  private static RunningRelay relay;
  private static ChromeDriver browser;

  @BeforeAll
  static void start() throws Exception {
    Optional<Path> chromium = program("chromium");
    Optional<Path> driver = program("chromedriver");
    assumeTrue(
        chromium.isPresent() && driver.isPresent(),
        "chromium and chromium-driver are not installed: the page is not looked at");
    relay =
        new RunningRelay(
            dir,
            Map.of(
                "ens.devices.enabled", "true", "ens.resync.rate", "120", "ens.resync.delay", "1s"));
    relay.awaitConnected();
    ChromeOptions options = new ChromeOptions();
    options.setBinary(chromium.get().toString());
    options.addArguments("--headless=new", "--no-sandbox", "--disable-dev-shm-usage");
    browser =
        new ChromeDriver(
            new ChromeDriverService.Builder()
                .usingDriverExecutable(driver.get().toFile())
                .usingAnyFreePort()
                .build(),
            options);
    Files.createDirectories(SCREENSHOTS);
  }

  private static Optional<Path> program(String name) {
    return Stream.of(System.getenv("PATH").split(":"))
        .map(folder -> Path.of(folder, name))
        .filter(Files::isExecutable)
        .findFirst();
  }

  @AfterAll
  static void stop() throws Exception {
    if (browser != null) {
      browser.quit();
    }
    if (relay != null) {
      relay.close();
    }
  }

  @BeforeEach
  void open() throws Exception {
    relay.webhookAnswer.set(200);
    browser.manage().window().setSize(new Dimension(1280, 1600));
    browser.get(relay.url() + "/?token=" + relay.token());
    until(() -> text("#connection-word").contains("Connected"));
    until(() -> all("[data-destination=webhook]").size() == 1);
  }

  private interface Check {
    boolean isTrue() throws Exception;
  }

  /** The page changes while it is looked at. */
  private static void until(Check check) {
    await()
        .atMost(RunningRelay.SOON)
        .until(
            () -> {
              try {
                return check.isTrue();
              } catch (StaleElementReferenceException e) {
                return false;
              }
            });
  }

  private static List<WebElement> all(String selector) {
    return browser.findElements(By.cssSelector(selector));
  }

  private static WebElement one(String selector) {
    return browser.findElement(By.cssSelector(selector));
  }

  private static String text(String selector) {
    return all(selector).stream().map(WebElement::getText).reduce("", (a, b) -> a + b + "\n");
  }

  private static void screenshot(String name) throws IOException {
    Files.write(SCREENSHOTS.resolve(name + ".png"), browser.getScreenshotAs(OutputType.BYTES));
  }

  @Test
  void showsEventsAsTheyComeAndFiltersThem() throws Exception {
    for (int i = 0; i < 5; i++) {
      relay.publish("check_in", "tablet-" + i, "");
    }
    until(() -> text("#events-rows").contains("tablet-4"));
    screenshot("events");

    one("#filter-device").sendKeys("tablet-2" + Keys.ENTER);
    until(
        () -> {
          String rows = text("#events-rows");
          return rows.contains("tablet-2") && !rows.contains("tablet-3");
        });
    assertTrue(browser.getCurrentUrl().contains("tablet-2"), "the filter is in the address");
  }

  @Test
  void showsADestinationThatIsStalled() throws Exception {
    // nothing but "Try now" ends that pause in time
    relay.webhookRetryAfter = "3000";
    relay.webhookAnswer.set(503);
    relay.publish("enrolled", "stalled-1", "");
    until(() -> all("[data-destination=webhook][data-word=stalled]").size() == 1);
    assertEquals(
        List.of("webhook", "archive"),
        all("tr[data-destination]").stream()
            .map(row -> row.getDomAttribute("data-destination"))
            .toList());
    until(() -> text(part("problem")).strip().matches("HTTP 503 from 127.0.0.1:[0-9]+"));
    until(() -> text("#overall-reason").contains("webhook is stalled: HTTP 503 from 127.0.0.1:"));
    assertTrue(browser.getTitle().startsWith("(!) "), browser.getTitle());

    openRow();
    until(() -> text("[data-of=webhook]").contains("HTTP operation failed"));
    assertTrue(text("[data-of=webhook]").contains("destination.webhook"));
    screenshot("stalled");

    relay.webhookRetryAfter = "";
    relay.webhookAnswer.set(200);
    one(part("retry")).sendKeys(Keys.ENTER);
    until(() -> text("[data-of=webhook] .result").contains("1 lane tries now."));
    assertEquals("retry", focused());
    until(() -> all("[data-destination=webhook][data-word=ok]").size() == 1);
    assertEquals("retry", focused());
    until(() -> text("#overall-word").contains("All is well"));
  }

  @Test
  void sendsADeadLetterAgain() throws Exception {
    relay.webhookAnswer.set(422);
    relay.publish("retired", "refused-1", "");
    until(() -> !all("#nav-dead").isEmpty() && relay.status().path("deadLetters").has("webhook"));
    one("#dead-refresh").sendKeys(Keys.ENTER);
    until(() -> text("#dead-rows").contains("422"));
    screenshot("dead-letters");

    relay.webhookAnswer.set(200);
    one("#dead-rows tr button, #dead-rows tr a").sendKeys(Keys.ENTER);
    until(() -> one("#panel").isDisplayed() && !all("#panel [data-action=replay]").isEmpty());
    screenshot("dead-letter");
    one("#panel [data-action=replay]").click();
    until(
        () -> {
          all("#ask[open] #ask-confirm").forEach(WebElement::click);
          return relay.webhookGot.stream().anyMatch(event -> event.contains("refused-1"));
        });
    until(() -> !relay.status().path("deadLetters").has("webhook"));
  }

  /** A button or value of the webhook's row, or of what the row opens to. */
  private static String part(String name) {
    return "[data-destination=webhook] [data-part=%1$s], [data-of=webhook] [data-part=%1$s]"
        .formatted(name);
  }

  /** Opens the webhook's row by the keyboard. */
  private static void openRow() {
    one(part("open")).sendKeys(Keys.ENTER);
    until(() -> one(part("pause")).isDisplayed());
    assertEquals("true", one(part("open")).getDomAttribute("aria-expanded"));
  }

  private static String focused() {
    return browser.switchTo().activeElement().getDomAttribute("data-part");
  }

  private static void awaitDelivered(String device, int times) {
    until(
        () ->
            relay.webhookGot.stream().filter(event -> event.contains("\"" + device + "\"")).count()
                == times);
  }

  private static void choose(String kind) {
    one("#move-kind").sendKeys(kind);
  }

  private static void pause() {
    one(part("pause")).sendKeys(Keys.ENTER);
    until(() -> all("[data-destination=webhook][data-word=paused]").size() == 1);
  }

  private static void resume() {
    one(part("pause")).sendKeys(Keys.ENTER);
    until(() -> all("[data-destination=webhook][data-word=ok]").size() == 1);
  }

  @Test
  void pausesADestinationAndResumesIt() throws Exception {
    openRow();
    pause();
    assertEquals("Resume", one(part("pause")).getText());
    assertEquals("pause", focused());
    assertTrue(
        all("#attention [data-state=bad], #attention [data-state=warn]").isEmpty(),
        "a pause is no alarm");
    relay.publish("enrolled", "paused-1", "");
    until(() -> text(part("backlog")).strip().equals("1"));
    screenshot("paused");
    assertTrue(relay.webhookGot.stream().noneMatch(event -> event.contains("paused-1")));

    resume();
    awaitDelivered("paused-1", 1);
  }

  @Test
  void deliversEventsAgainOnceItHasSaidHowMany() throws Exception {
    relay.publish("enrolled", "rewound-1", "");
    awaitDelivered("rewound-1", 1);
    relay.publish("enrolled", "rewound-2", "");
    awaitDelivered("rewound-2", 1);
    until(() -> text("#events-rows").contains("rewound-2"));
    String id =
        all("#events-rows tr").stream()
            .filter(row -> row.getText().contains("rewound-1"))
            .findFirst()
            .orElseThrow()
            .getDomAttribute("data-id");

    openRow();
    one(part("rewind")).sendKeys(Keys.ENTER);
    until(() -> one("#move-confirm").getText().matches("Deliver [0-9]+ events again"));
    screenshot("rewind");
    choose("Event id");
    until(() -> text("#move-count").contains("Give the id of an event."));
    assertTrue(!one("#move-confirm").isEnabled());
    one("#move-event").sendKeys(id);
    until(() -> one("#move-confirm").getText().equals("Deliver 2 events again"));
    assertEquals("2 events will be delivered again.", text("#move-count").strip());
    assertEquals(1, all("#move[open]").size());
    one("#move-confirm").sendKeys(Keys.ENTER);

    until(() -> !one("#move").isDisplayed());
    assertEquals("rewind", focused());
    until(() -> text("[data-of=webhook] .result").contains("2 events are delivered again"));
    awaitDelivered("rewound-1", 2);
    awaitDelivered("rewound-2", 2);
  }

  @Test
  void saysInTheDialogWhyARewindIsNotPossible() throws Exception {
    openRow();
    one(part("rewind")).sendKeys(Keys.ENTER);
    choose("Event id");
    one("#move-event").sendKeys("<img src=x onerror=\"document.title='taken over'\">");
    until(() -> text("#move-problem").contains("no event with the id <img src=x"));
    assertEquals("Deliver again", one("#move-confirm").getText());
    assertTrue(!one("#move-confirm").isEnabled());
    assertEquals(0, all("#move img").size());
    assertEquals(1, text("#move-problem").strip().lines().count());
    screenshot("rewind-refused");

    choose("Time");
    until(() -> text("#move-count").contains("Choose a time."));
    assertEquals("", text("#move-problem").strip());
    browser.executeScript(
        "const time = document.getElementById('move-time'); time.value = '2099-01-01T00:00';"
            + " time.dispatchEvent(new Event('input', {bubbles: true}))");
    until(() -> one("#move-confirm").getText().equals("No events to deliver again"));
    assertTrue(!one("#move-confirm").isEnabled());
    screenshot("rewind-nothing");

    browser.switchTo().activeElement().sendKeys(Keys.ESCAPE);
    until(() -> !one("#move").isDisplayed());
    assertEquals("rewind", focused());
  }

  @Test
  void skipsWaitingEventsOnceItHasSaidHowMany() throws Exception {
    openRow();
    pause();
    relay.publish("enrolled", "skipped-1", "");
    relay.publish("enrolled", "skipped-2", "");
    until(() -> text(part("backlog")).strip().equals("2"));
    one(part("skip")).sendKeys(Keys.ENTER);
    until(() -> one("#move-confirm").getText().equals("Skip 2 events"));
    relay.publish("enrolled", "after-the-count", "");
    until(() -> text(part("backlog")).strip().equals("3"));
    screenshot("skip");
    one("#move-confirm").sendKeys(Keys.ENTER);
    until(() -> !one("#move").isDisplayed());
    assertEquals("skip", focused());
    assertTrue(text("[data-of=webhook] .result").contains("2 events skipped."));

    resume();
    awaitDelivered("after-the-count", 1);
    assertTrue(relay.webhookGot.stream().noneMatch(event -> event.contains("skipped-")));
    one(part("skip")).sendKeys(Keys.ENTER);
    until(() -> one("#move-confirm").getText().equals("No events to skip"));
    assertTrue(!one("#move-confirm").isEnabled());
    screenshot("skip-nothing");
    one("#move-cancel").sendKeys(Keys.ENTER);
    until(() -> !one("#move").isDisplayed());
  }

  /** All at once, because the page may put others in their place at any moment. */
  private static List<Instant> timesOfDeadLetters() {
    Object times =
        browser.executeScript(
            "return [...document.querySelectorAll('#dead-rows time')].map(time => time.dateTime)");
    return ((List<?>) times).stream().map(time -> Instant.parse(time.toString())).toList();
  }

  @Test
  void goesFromTheNewestDeadLettersToOlderOnesAndBack() throws Exception {
    // behind what other tests published
    relay.publish("retired", "before-the-pages", "");
    until(() -> relay.webhookGot.stream().anyMatch(event -> event.contains("before-the-pages")));
    until(
        () -> {
          for (JsonNode each : relay.status().path("destinations")) {
            if (each.path("backlog").asInt(1) != 0) {
              return false;
            }
          }
          return true;
        });
    relay.webhookAnswer.set(422);
    until(() -> !relay.status().path("deadLetters").has("webhook"));
    publishDeadLetters(50, 50);
    publishDeadLetters(10, 60);
    one("#dead-refresh").sendKeys(Keys.ENTER);
    until(() -> timesOfDeadLetters().size() == 50 && one("#dead-pages").isDisplayed());
    List<Instant> first = timesOfDeadLetters();

    pageButton("Older").sendKeys(Keys.ENTER);
    until(() -> timesOfDeadLetters().size() == 10);
    List<Instant> second = timesOfDeadLetters();
    assertTrue(
        Collections.max(second).compareTo(Collections.min(first)) <= 0, first + " then " + second);
    screenshot("dead-letters-page-2");

    pageButton("Newer").sendKeys(Keys.ENTER);
    until(() -> timesOfDeadLetters().equals(first));

    assertEquals(200, dropDeadLetters());
  }

  private static int dropDeadLetters() throws Exception {
    return change("/api/dead/drop", "{\"filter\":{}}");
  }

  private static int change(String path, String json) throws Exception {
    return relay
        .post(path, json, "X-Ens-Relay", "1", "Content-Type", "application/json")
        .statusCode();
  }

  private static void publishDeadLetters(int count, int until) throws Exception {
    for (int i = 0; i < count; i++) {
      // of one device: many in a row of different ones would be the destination's fault
      relay.publish("retired", "paged", ",\"number\":" + (until - i));
    }
    until(() -> relay.status().path("deadLetters").path("webhook").asInt() == until);
  }

  private static WebElement pageButton(String word) {
    return all("#dead-pages button").stream()
        .filter(button -> button.getText().equals(word))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void asksForTheTokenAndSaysWhereItIs() throws Exception {
    browser.manage().deleteAllCookies();
    browser.get(relay.url() + "/");
    assertTrue(text("#token-file").contains(relay.tokenFile().toAbsolutePath().toString()));
    screenshot("token");
    one("#token").sendKeys("wrong" + Keys.ENTER);
    until(() -> text("#problem").contains("not the token"));
    screenshot("token-wrong");
    one("#token").sendKeys(relay.token() + Keys.ENTER);
    until(() -> text("#connection-word").contains("Connected"));
    assertEquals(relay.url() + "/", browser.getCurrentUrl());

    browser.manage().deleteAllCookies();
    one("#dead-refresh").sendKeys(Keys.ENTER);
    until(() -> !all("#token").isEmpty());
  }

  @Test
  void showsTextThatLooksLikeAScriptAsText() throws Exception {
    String device = "<img src=x onerror=\"document.title='taken over'\"><script>alert(1)</script>";
    relay.publish("wiped", device, ",\"note\":\"<script>document.title='taken over'</script>\"");
    until(() -> text("#events-rows").contains("<script>alert(1)</script>"));

    one("#events-rows tr button, #events-rows tr").click();
    until(() -> text("#panel-body").contains("<script>"));
    screenshot("script");
    assertEquals(0, all("#events-rows img, #events-rows script, #panel img").size());
    assertTrue(!browser.getTitle().contains("taken over"), browser.getTitle());
    one("body").sendKeys(Keys.ESCAPE);
    until(() -> !one("#panel").isDisplayed());
  }

  @Test
  void fitsAPhoneAndBothSchemes() throws Exception {
    relay.publish("compliant", "phone-1", "");
    until(() -> text("#events-rows").contains("phone-1"));
    openRow();
    for (String scheme : List.of("light", "dark")) {
      scheme(scheme);
      screenshot(scheme);
    }
    width(360);
    screenshot("phone");
    Object overflow =
        browser.executeScript("return document.documentElement.scrollWidth - window.innerWidth");
    browser.executeCdpCommand("Emulation.clearDeviceMetricsOverride", Map.of());
    assertTrue(((Number) overflow).longValue() <= 0, "wider than the screen by " + overflow);
  }

  private static void scheme(String scheme) {
    browser.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
  }

  private static void width(int pixels) {
    browser.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", pixels, "height", 1400, "deviceScaleFactor", 1, "mobile", true));
  }

  @Test
  void sendsAnEventByHandAndShowsTheAnswer() throws Exception {
    relay.publish("enrolled", "by-hand-1", "");
    awaitDelivered("by-hand-1", 1);
    openRow();
    one(part("send")).sendKeys(Keys.ENTER);
    until(() -> one("#send-event").getDomProperty("value").contains("by-hand-1"));
    one("#send-confirm").sendKeys(Keys.ENTER);
    until(() -> text("#send-result").matches("Delivered in [0-9]+ ms, HTTP 200.\\n"));
    awaitDelivered("by-hand-1", 2);

    relay.webhookAnswer.set(401);
    relay.webhookWords = "<b>who are you</b>";
    one("#send-confirm").sendKeys(Keys.ENTER);
    until(() -> text("#send-answer").contains("<b>who are you</b>"));
    assertTrue(text("#send-result").contains("401 from 127.0.0.1:"));
    screenshot("send");
    relay.webhookWords = "";
    one("#send-event").clear();
    one("#send-event").sendKeys("no event");
    one("#send-confirm").sendKeys(Keys.ENTER);
    until(() -> text("#send-result").contains("must be one JSON object"));
    one("#send-close").sendKeys(Keys.ENTER);
    until(() -> !one("#send").isDisplayed());
    assertEquals("send", focused());
    assertEquals(1, all("[data-destination=webhook][data-word=ok]").size());
  }

  @Test
  void showsWhoseDeviceItIsAndAllItsEvents() throws Exception {
    relay.service.publish(
        "device/check_in",
        Files.readAllBytes(Path.of("src/test/resources/messages/known-device.json")));
    until(() -> text("#events-rows").contains("ada.baker@example.com"));
    String row =
        all("#events-rows tr").stream()
            .map(WebElement::getText)
            .filter(text -> text.contains("ada.baker"))
            .findFirst()
            .orElseThrow();
    assertTrue(row.contains("Pixel 8") && row.contains("SERIAL-1"), row);
    relay.publish("check_in", "somebody-else", "");
    until(() -> text("#events-rows").contains("somebody-else"));

    browser.executeScript(
        "[...document.querySelectorAll('#events-rows a')]"
            + ".find(link => link.textContent === 'known-device').click()");
    until(
        () -> {
          String rows = text("#events-rows");
          return rows.contains("ada.baker") && !rows.contains("somebody-else");
        });
    assertTrue(browser.getCurrentUrl().contains("device=known-device"), browser.getCurrentUrl());
  }

  @Test
  void saysTheZoneOfItsTimesAndRemembersIt() {
    one("#zone-utc").sendKeys(Keys.ENTER);
    until(() -> text("#events-table .zone-name").contains("(UTC)"));
    until(() -> text("#connection-since").strip().endsWith(" UTC"));

    browser.navigate().refresh();
    until(() -> "true".equals(one("#zone-utc").getDomAttribute("aria-pressed")));
    one("#zone-local").sendKeys(Keys.ENTER);
    until(() -> text("#events-table .zone-name").matches("\\(UTC[+−][0-9:]+\\)\\n"));
  }

  private static void publishKnownDevice(String id, String user) throws Exception {
    String message = Files.readString(Path.of("src/test/resources/messages/known-device.json"));
    relay.service.publish(
        "device/check_in",
        message
            .replace("known-device", id)
            .replace("\"model\"", "\"os\":\"ANDROID\",\"model\"")
            .replace("ada.baker@example.com", user)
            .getBytes(StandardCharsets.UTF_8));
  }

  /** The section is read when it comes into view. */
  private static void goTo(String section) {
    browser.executeScript("document.querySelector(arguments[0]).scrollIntoView()", section);
  }

  private static void search(String text) {
    one("#devices-text").clear();
    one("#devices-text").sendKeys(text + Keys.ENTER);
  }

  @Test
  void findsADeviceShowsItsEventsAndForgetsIt() throws Exception {
    publishKnownDevice("searched-1", "grace@example.com");
    publishKnownDevice("searched-2", "<i>ken</i>@example.com");
    until(() -> relay.get(relay.url() + "/api/devices/searched-2").statusCode() == 200);
    goTo("#devices");
    until(() -> text("#devices-rows").contains("searched-2"));
    until(() -> text("#devices-note").matches("[0-9]+ devices, as last known\n"));

    search("GRACE@");
    until(
        () -> {
          String rows = text("#devices-rows");
          return rows.contains("searched-1") && !rows.contains("searched-2");
        });
    screenshot("devices");
    one("#devices-rows tr button").sendKeys(Keys.ENTER);
    until(() -> text("#panel-history").contains("device.check_in"));
    assertTrue(text("#panel-body").contains("grace@example.com"));
    one("#panel-history summary").click();
    until(() -> text("#panel-history pre").contains("\"deviceGuid\": \"searched-1\""));
    screenshot("device");

    one("#panel [data-action=forget]").sendKeys(Keys.ENTER);
    until(() -> one("#ask").isDisplayed());
    one("#ask-confirm").sendKeys(Keys.ENTER);
    until(() -> text("#devices-result").contains("The device is forgotten."));
    until(() -> text("#devices-empty").contains("No device fits the filter."));
    assertTrue(!one("#panel").isDisplayed());

    one("#devices-clear").sendKeys(Keys.ENTER);
    until(() -> text("#devices-rows").contains("<i>ken</i>@example.com"));
    assertEquals(0, all("#devices-rows i").size());
    assertEquals(404, relay.get(relay.url() + "/api/devices/searched-1").statusCode());
  }

  @Test
  void choosesDevicesByPlatformAndStatus() throws Exception {
    publishKnownDevice("chosen-1", "kim@example.com");
    until(() -> relay.get(relay.url() + "/api/devices/chosen-1").statusCode() == 200);
    goTo("#devices");
    String platform = "#devices-bars button[data-value=ANDROID]";
    until(
        () -> {
          all("#devices-refresh").stream()
              .filter(WebElement::isDisplayed)
              .forEach(WebElement::click);
          return all(platform).size() == 1;
        });
    one(platform).sendKeys(Keys.ENTER);
    until(() -> "true".equals(one(platform).getDomAttribute("aria-pressed")));
    assertEquals("ANDROID", one("#devices-os").getDomProperty("value"));
    until(() -> text("#devices-rows").contains("chosen-1"));
    one(platform).sendKeys(Keys.ENTER);
    until(() -> one("#devices-os").getDomProperty("value").isEmpty());
  }

  /** Starts one and confirms it. */
  private static void startResync() {
    until(() -> all("#resync-rows progress:not([hidden])").isEmpty());
    one("#resync-start").click();
    until(() -> one("#ask").isDisplayed());
  }

  @Test
  void readsAllDevicesForADestinationAndShowsHowFarItIs() throws Exception {
    goTo("#resync");
    until(() -> all("#resync-to option[value=webhook]").size() == 1);
    startResync();
    assertTrue(text("#ask-text").contains("No destination wants snapshots."), text("#ask-text"));
    one("#ask-cancel").sendKeys(Keys.ENTER);
    until(() -> !one("#ask").isDisplayed());

    one("#resync-to").sendKeys("webhook");
    startResync();
    assertTrue(text("#ask-text").contains("sends all of them to webhook."), text("#ask-text"));
    one("#ask-confirm").sendKeys(Keys.ENTER);
    until(() -> text("#resync-result").contains("It reads the devices that are ACTIVE."));
    until(() -> text("#resync-rows .c-state").contains("Reading"));
    until(() -> text("#resync-rows .c-progress").contains(" of " + RunningRelay.DEVICES));
    screenshot("resync");
    until(() -> text("#resync-rows .c-state").contains("Complete"));
    String row = text("#resync-rows");
    assertTrue(row.contains("by hand, to webhook"), row);
    assertTrue(row.contains(Integer.toString(RunningRelay.DEVICES)), row);
    until(
        () ->
            relay.webhookGot.stream().filter(event -> event.contains("device.snapshot")).count()
                >= RunningRelay.DEVICES);
    until(() -> relay.webhookGot.stream().anyMatch(e -> e.contains("relay.resync.finished")));
  }

  @Test
  void stopsAResync() throws Exception {
    goTo("#resync");
    until(() -> all("#resync-to option[value=webhook]").size() == 1);
    startResync();
    one("#ask-confirm").sendKeys(Keys.ENTER);
    until(() -> !all("#resync-rows button:not([hidden])").isEmpty());
    one("#resync-rows button").sendKeys(Keys.ENTER);
    until(() -> one("#ask").isDisplayed());
    one("#ask-confirm").sendKeys(Keys.ENTER);
    until(() -> text("#resync-rows .c-state").contains("Stopped"));
    until(() -> text("#resync-result").contains("The resync is stopped."));
    assertTrue(all("#resync-rows progress:not([hidden])").isEmpty());
    screenshot("resync-stopped");
  }

  /** By axe-core, which finds what is certain; the rest is in the other tests. */
  @Test
  void hasNoSeriousBarrierForAnybody() throws Exception {
    relay.webhookAnswer.set(422);
    relay.publish("retired", "barrier-1", "");
    until(() -> relay.status().path("deadLetters").has("webhook"));
    one("#dead-refresh").sendKeys(Keys.ENTER);
    until(() -> text("#dead-rows").contains("422"));
    relay.webhookAnswer.set(503);
    relay.publish("enrolled", "barrier-2", "");
    until(() -> all("[data-destination=webhook][data-word=stalled]").size() == 1);
    openRow();
    until(() -> text("[data-of=webhook]").contains("Full text"));
    publishKnownDevice("barrier-3", "ada@example.com");
    until(() -> relay.get(relay.url() + "/api/devices/barrier-3").statusCode() == 200);
    goTo("#devices");
    until(() -> text("#devices-rows").contains("barrier-3"));
    for (String scheme : List.of("light", "dark")) {
      scheme(scheme);
      assertEquals(List.of(), barriers(), scheme);
    }
    width(390);
    assertEquals(List.of(), barriers(), "390 wide, dark");
    scheme("light");
    assertEquals(List.of(), barriers(), "390 wide, light");
    one(part("send")).sendKeys(Keys.ENTER);
    until(() -> one("#send").isDisplayed());
    assertEquals(List.of(), barriers(), "dialog");
    browser.executeCdpCommand("Emulation.clearDeviceMetricsOverride", Map.of());
    relay.webhookAnswer.set(200);
    assertEquals(200, change("/api/destinations/webhook/retry", "{}"));
    until(() -> all("[data-destination=webhook][data-word=ok]").size() == 1);
    assertEquals(200, dropDeadLetters());
  }

  /** Violations of serious or critical impact, each with the elements that have it. */
  private static List<?> barriers() throws IOException {
    try (InputStream axe = ConsolePageTest.class.getResourceAsStream("/axe.min.js")) {
      browser.executeScript(new String(axe.readAllBytes(), StandardCharsets.UTF_8));
    }
    return (List<?>)
        browser.executeAsyncScript(
            "const done = arguments[0];"
                + "axe.run(document, {resultTypes: ['violations']}).then(result => done("
                + "result.violations.filter(v => ['serious', 'critical'].includes(v.impact))"
                + ".map(v => v.id + ': ' + v.nodes.map(n => n.html).join(' | ').slice(0, 500))),"
                + " error => done([String(error)]))");
  }
}
