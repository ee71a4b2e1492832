package io.ensrelay.destination;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;

/** The two REST calls of the service that tell more about devices. */
final class DeviceService extends HttpStub {
  private static final ObjectMapper JSON = new ObjectMapper();
  static final String DEVICE = "/msa/v1/cps/device/uuid";
  static final String APPLICATIONS = "/msa/v1/cps/device/application";

  final Set<String> unknown = ConcurrentHashMap.newKeySet();
  final Map<String, Boolean> compliant = new ConcurrentHashMap<>();
  final List<Integer> sizes = new CopyOnWriteArrayList<>();
  private final Map<String, AtomicInteger> underWay =
      Map.of(DEVICE, new AtomicInteger(), APPLICATIONS, new AtomicInteger());
  final Map<String, AtomicInteger> mostUnderWay =
      Map.of(DEVICE, new AtomicInteger(), APPLICATIONS, new AtomicInteger());
  volatile Duration latency = Duration.ZERO;

  /** By the number of devices: instead of the usual answer. */
  volatile IntFunction<Answer> refusal = devices -> null;

  /** The calls to which the refusal applies. */
  volatile Set<String> refused = Set.of(DEVICE, APPLICATIONS);

  @Override
  Answer answer(Request request) throws IOException {
    int present = underWay.get(request.target()).incrementAndGet();
    mostUnderWay.get(request.target()).accumulateAndGet(present, Math::max);
    try {
      TimeUnit.MILLISECONDS.sleep(latency.toMillis());
      JsonNode body = JSON.readTree(request.body());
      List<String> ids = new ArrayList<>();
      body.get("identifiers").forEach(id -> ids.add(id.asText()));
      sizes.add(ids.size());
      Answer instead = refused.contains(request.target()) ? refusal.apply(ids.size()) : null;
      if (instead != null) {
        return instead;
      }
      List<String> found = ids.stream().filter(id -> !unknown.contains(id)).toList();
      String name =
          body.get("identifierType").asText().equals("GUID") ? "deviceGuid" : "identifier";
      return new Answer(
          200,
          "[\n"
              + String.join(
                  ",\n", found.stream().map(id -> element(request.target(), name, id)).toList())
              + "]");
    } catch (InterruptedException e) {
      throw new IOException(e);
    } finally {
      underWay.get(request.target()).decrementAndGet();
    }
  }

  private String element(String target, String name, String id) {
    return target.equals(APPLICATIONS)
        ? "{\"%s\":\"%s\",\"applications\":[{\"name\":\"Mail of %s\"}]}".formatted(name, id, id)
        : "{\"%s\":\"%s\",\"compliant\":%s,\"osVersion\":\"18.1\"}"
            .formatted(name, id, compliant.getOrDefault(id, true));
  }

  List<Request> calls(String path) {
    return requests().stream().filter(each -> each.target().equals(path)).toList();
  }
}
