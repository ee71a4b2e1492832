package io.ensrelay.intake;

import io.ensrelay.base.Platform;
import io.ensrelay.base.TimeSpan;
import io.ensrelay.event.Gap;
import io.ensrelay.service.Dialer;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the durable session with the service alive: one connection at a time, for ever, with the
 * wanted topics subscribed and all others unsubscribed.
 *
 * <p>After a failure it reconnects with a pause that grows to half a minute, with jitter. It logs a
 * refusal of credentials or of a subscription as an error and tries again once a minute. It logs
 * each change of state as one line. It does not connect before topics are known. Threads: one of
 * its own; the calls are safe.
 */
final class DurableSession implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(DurableSession.class);
  private static final long FIRST_PAUSE_MILLIS = 250;
  private static final long LONGEST_PAUSE_MILLIS = TimeUnit.SECONDS.toMillis(30);
  private static final long REFUSED_PAUSE_MILLIS = TimeUnit.SECONDS.toMillis(60);

  /** How long a full in-flight window may stay unchanged before the connection is dropped. */
  private static final long PATIENCE_MILLIS = TimeUnit.SECONDS.toMillis(15);

  /** Interval between checks of a good connection. */
  private static final long HEARTBEAT_MILLIS = TimeUnit.SECONDS.toMillis(5);

  /** A connection that lasted longer was a good one: the next pause is short again. */
  private static final long GOOD_MILLIS = TimeUnit.SECONDS.toMillis(10);

  private final String url;
  private final Dialer dialer;
  private final MqttConnectOptions options;
  private final SessionMemory memory;
  private final Permission permission;
  private final InFlightLimit window;
  private final MqttConnection.Listener messages;
  private final Runnable reconnected;
  private final IntakeMeters meters;
  private final GapDetector presence;
  private final ClientIdConflict rivalry = new ClientIdConflict();
  private final long answerMillis;
  private final Platform platform;
  private final Thread thread;

  private Map<String, String> wanted = Map.of();
  private long retentionMinutes = GapDetector.USUAL_RETENTION_MINUTES;
  private MqttConnection current;
  private volatile boolean stopping;
  private int failures;
  private String lastFailure = "";
  private long awaySince;

  /** Why the last connection was lost, and how many short ones in a row before it likewise. */
  private String lastLoss = "";

  private int sameLosses;
  private long troubleSince;
  private boolean connectedBefore;
  private volatile Link link;
  private volatile List<IntakeStatus.Topic> topics = List.of();

  /** Permits this process to connect; two processes would end each other's connections. */
  @FunctionalInterface
  interface Permission {
    /** Waits for the answer, some seconds at most. */
    boolean isGiven() throws InterruptedException;
  }

  private record Link(IntakeStatus.State state, Instant since, String problem) {}

  DurableSession(
      String url,
      Dialer dialer,
      MqttConnectOptions options,
      SessionMemory memory,
      Permission permission,
      InFlightLimit window,
      MqttConnection.Listener messages,
      Consumer<Gap> gaps,
      Runnable reconnected,
      IntakeMeters meters,
      Platform platform) {
    this.url = url;
    this.dialer = dialer;
    this.options = options;
    this.memory = memory;
    this.permission = permission;
    this.window = window;
    this.messages = messages;
    this.meters = meters;
    presence = new GapDetector(memory, gaps, meters.gaps, platform);
    this.reconnected = reconnected;
    this.platform = platform;
    thread = platform.thread("intake-session", this);
    link = new Link(IntakeStatus.State.WAITING, platform.now(), "");
    // the keep-alive interval, but 5 s at least and 30 s at most
    answerMillis =
        TimeUnit.SECONDS.toMillis(Math.max(5, Math.min(30, options.getKeepAliveInterval())));
  }

  void start() {
    thread.start();
  }

  /**
   * @param keyByTopic the topics to subscribe, with their metadata keys
   * @param retentionMinutes how long the service keeps events for a disconnected session
   */
  synchronized void want(Map<String, String> keyByTopic, long retentionMinutes) {
    wanted = new LinkedHashMap<>(keyByTopic);
    this.retentionMinutes = retentionMinutes;
    notifyAll();
  }

  /** Wakes the session's thread after the loss of a connection. */
  synchronized void lost() {
    notifyAll();
    window.wakeUp();
  }

  /** The present status. Threads: safe. */
  IntakeStatus status() {
    Link now = link;
    return new IntakeStatus(
        now.state(),
        now.since(),
        Optional.of(now.problem()).filter(text -> !text.isEmpty()),
        url,
        memory.clientId(),
        topics,
        window.messages(),
        presence.gap());
  }

  private void becomes(IntakeStatus.State state, String problem) {
    Link before = link;
    link = new Link(state, before.state() == state ? before.since() : platform.now(), problem);
  }

  @Override
  public void run() {
    awaySince = platform.nanoTime();
    try {
      while (!stopping) {
        awaitTopics();
        window.awaitRoom(() -> stopping);
        becomes(IntakeStatus.State.CONNECTING, lastFailure);
        if (!stopping) {
          pause(permission.isGiven() ? connectAndServe() : notMine());
        }
      }
    } catch (InterruptedException e) {
      LOG.debug("the session thread was interrupted");
    }
  }

  private long notMine() {
    becomes(IntakeStatus.State.WAITING, "another machine may have taken over this tenant");
    return FIRST_PAUSE_MILLIS;
  }

  private synchronized void awaitTopics() throws InterruptedException {
    while (wanted.isEmpty() && !stopping) {
      becomes(IntakeStatus.State.WAITING, "the event types are not known yet");
      wait();
    }
  }

  /** Runs one connection to its end; returns the milliseconds to wait before the next one. */
  private long connectAndServe() throws InterruptedException {
    MqttConnection connection;
    boolean sessionPresent;
    try {
      connection =
          new MqttConnection(url, memory.clientId(), messages, window, PATIENCE_MILLIS, platform);
      synchronized (this) {
        current = connection;
      }
      sessionPresent = connection.open(dialer, options, answerMillis);
    } catch (MqttException | IOException | RuntimeException e) {
      return stopping ? 0 : failed(MqttFailure.of(e, dialer), "Trying again");
    }
    long since = platform.nanoTime();
    double acknowledged = meters.acknowledged.count();
    try {
      serve(connection, sessionPresent);
    } catch (MqttException | RuntimeException e) {
      // when the connection is lost during a call, Paho throws exceptions of other classes than its
      // own
      connection.abandon(MqttFailure.of(e, dialer).text());
    } catch (IOException e) {
      connection.abandon(e.getMessage());
    }
    presence.lost(connection.lostNanos());
    topics = topics.stream().map(DurableSession::pending).toList();
    if (stopping) {
      return 0;
    }
    long now = platform.nanoTime();
    if (link.state() == IntakeStatus.State.CONNECTED) {
      awaySince = now;
    }
    long lasted = now - since;
    countLoss(connection.lostBecause(), lasted);
    long rivalsTurn = connection.isClosedByService() ? rivalry.closedAfter(lasted) : 0;
    if (rivalsTurn > 0) {
      if (rivalry.isFirstPause()) {
        LOG.warn(
            "{}: the relay leaves the connection to the other client for {} s, later for up to a"
                + " minute at a time",
            url,
            TimeUnit.MILLISECONDS.toSeconds(rivalsTurn));
      }
      lastFailure = "";
      becomes(IntakeStatus.State.WAITING, "another client uses the same client id");
      return rivalsTurn + ThreadLocalRandom.current().nextLong(rivalsTurn / 4);
    }
    if (connection.isClosedByService() && rivalry.isNews()) {
      sayRival();
    }
    boolean hasStored = meters.acknowledged.count() > acknowledged;
    if (lasted > TimeUnit.MILLISECONDS.toNanos(GOOD_MILLIS)
        || (hasStored && !connection.isClosedByService())) {
      // a disk that is full again and again takes some events each time
      failures = 0;
    }
    return lost(new MqttFailure("connection lost: " + connection.lostBecause(), false));
  }

  /** A connection lost soon after the one before, for the same reason, is the same trouble. */
  private void countLoss(String reason, long lastedNanos) {
    boolean same =
        lastedNanos <= TimeUnit.MILLISECONDS.toNanos(GOOD_MILLIS) && reason.equals(lastLoss);
    sameLosses = same ? sameLosses + 1 : 0;
    lastLoss = reason;
    if (sameLosses < 2) {
      troubleSince = awaySince;
    }
  }

  /** Logs the first two of the same losses in a row. */
  private long lost(MqttFailure loss) {
    if (sameLosses > 1) {
      lastFailure = loss.text();
    }
    return failed(
        loss,
        sameLosses == 0
            ? "Trying again"
            : "Trying again; further such lines are left out until a connection lasts 10 s");
  }

  private void sayRival() {
    LOG.error(
        "{}: the service closes one connection after the other. Most likely another relay uses the"
            + " client id {} too, and each ends the other's connection: stop one of them, or give"
            + " it an ens.mqtt.client-id of its own.",
        url,
        memory.clientId());
  }

  private void serve(MqttConnection connection, boolean sessionPresent)
      throws MqttException, IOException, InterruptedException {
    TopicSubscriptions subscriptions =
        new TopicSubscriptions(connection, memory, answerMillis, platform.nanos());
    boolean told = false;
    boolean present = false;
    long since = platform.nanoTime();
    while (!connection.isLost() && !stopping) {
      Map<String, String> now;
      long retention;
      synchronized (this) {
        now = wanted;
        retention = retentionMinutes;
      }
      subscriptions.follow(now);
      topics = topics(now, subscriptions);
      if (!told) {
        told = true;
        connected(subscriptions.count());
      }
      if (sameLosses > 0
          && platform.nanoTime() - since > TimeUnit.MILLISECONDS.toNanos(GOOD_MILLIS)) {
        sameLosses = 0;
        sayConnectedAgain(troubleSince, subscriptions.count());
      }
      if (!present && subscriptions.count() > 0) {
        present = true;
        presence.connected(sessionPresent, retention);
      }
      if (present) {
        presence.still();
      }
      synchronized (this) {
        if (now == wanted && !connection.isLost() && !stopping) {
          wait(HEARTBEAT_MILLIS);
        }
      }
    }
  }

  private static List<IntakeStatus.Topic> topics(
      Map<String, String> wanted, TopicSubscriptions subscriptions) {
    return wanted.entrySet().stream()
        .map(
            topic ->
                new IntakeStatus.Topic(
                    topic.getValue(),
                    topic.getKey(),
                    subscriptions.answer(topic.getKey()),
                    subscriptions.problem(topic.getKey())))
        .toList();
  }

  private static IntakeStatus.Topic pending(IntakeStatus.Topic topic) {
    return new IntakeStatus.Topic(
        topic.key(), topic.topic(), IntakeStatus.SubscriptionState.PENDING, Optional.empty());
  }

  private void connected(int topics) {
    lastFailure = "";
    becomes(IntakeStatus.State.CONNECTED, "");
    if (connectedBefore) {
      meters.reconnects.increment();
      if (sameLosses == 0) {
        sayConnectedAgain(awaySince, topics);
      }
      reconnected.run();
    } else {
      LOG.info("Connected to {} as {}, topics: {}", url, memory.clientId(), topics);
    }
    connectedBefore = true;
  }

  private void sayConnectedAgain(long since, int topics) {
    LOG.info(
        "Connected again to {} after {}, topics: {}",
        url,
        TimeSpan.text(Duration.ofNanos(platform.nanoTime() - since)),
        topics);
  }

  /** Logs a failure unless it equals the last one; returns the milliseconds to wait. */
  private long failed(MqttFailure failure, String next) {
    boolean news = !failure.text().equals(lastFailure);
    lastFailure = failure.text();
    becomes(IntakeStatus.State.CONNECTING, lastFailure);
    if (failure.refused()) {
      if (news) {
        LOG.error("{}: {}. Trying again every minute.", url, failure.text());
      }
      return REFUSED_PAUSE_MILLIS;
    }
    if (news) {
      LOG.warn("{}: {}. {}.", url, failure.text(), next);
    }
    long longest = Math.min(LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS << Math.min(failures++, 10));
    return ThreadLocalRandom.current().nextLong(longest / 2, longest + 1);
  }

  private synchronized void pause(long millis) throws InterruptedException {
    long end = platform.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (!stopping) {
      long left = TimeUnit.NANOSECONDS.toMillis(end - platform.nanoTime());
      if (left <= 0) {
        return;
      }
      wait(left);
    }
  }

  /**
   * Ends the session's connection: takes no more messages, and waits this long at most until those
   * in flight are stored and acknowledged.
   */
  void stop(long millis) throws InterruptedException {
    MqttConnection last;
    synchronized (this) {
      if (stopping) {
        return;
      }
      stopping = true;
      becomes(IntakeStatus.State.STOPPED, "");
      last = current;
      notifyAll();
    }
    dialer.close();
    if (last != null) {
      last.takeNoMore();
    }
    window.awaitEmpty(millis);
    if (last != null && !last.isLost()) {
      last.close(TimeUnit.SECONDS.toMillis(2));
    }
    window.wakeUp();
    thread.join(TimeUnit.SECONDS.toMillis(1));
  }

  boolean isStopping() {
    return stopping;
  }
}
