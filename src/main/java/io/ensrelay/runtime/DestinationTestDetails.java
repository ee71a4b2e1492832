package io.ensrelay.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import io.ensrelay.service.Details;
import io.ensrelay.service.DetailsCall;
import io.ensrelay.service.DetailsUnavailableException;
import io.ensrelay.service.DetailsWish;
import io.ensrelay.service.DeviceDetails;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Details written in a test of a destination, the same for all its devices. Their time is the
 * earliest that the step allows. Threads: safe.
 *
 * @param device empty: the service does not know the device
 * @param applications empty: it has none
 * @param error why the calls fail; empty: they succeed
 */
record DestinationTestDetails(
    Optional<JsonNode> device, Optional<JsonNode> applications, Optional<String> error)
    implements Details {
  private static final Set<String> FIELDS =
      new LinkedHashSet<>(List.of("device", "applications", "error"));

  /** The service knows no device. */
  static final DestinationTestDetails MISSING =
      new DestinationTestDetails(Optional.empty(), Optional.empty(), Optional.empty());

  /**
   * @throws io.ensrelay.base.ConfigurationException for a mistake, with its line
   */
  static DestinationTestDetails of(DestinationTestNode node) {
    if (node.isText() && node.text("details").equals("missing")) {
      return MISSING;
    }
    if (!node.isMap()) {
      throw node.mistake(
          "details are neither 'missing' nor a map", "write details: {device: {os: IOS}}");
    }
    node.map("details", FIELDS);
    JsonNode json = node.json();
    if (json.has("device") && !json.get("device").isObject()) {
      throw node.mistake("device is no map", "write device: {os: IOS}");
    }
    if (json.has("applications") && !json.get("applications").isArray()) {
      throw node.mistake("applications is no list", "write applications: [{name: Mail}]");
    }
    return new DestinationTestDetails(
        Optional.ofNullable(json.get("device")),
        Optional.ofNullable(json.get("applications")),
        Optional.ofNullable(json.get("error")).map(JsonNode::asText));
  }

  @Override
  public DeviceDetails get(DetailsWish wish, Waiter waiter) throws IOException {
    if (error.isPresent()) {
      if (waiter.patience().isPresent()) {
        throw new DetailsUnavailableException(error.get(), null);
      }
      throw new IOException("waits for details: " + error.get());
    }
    boolean wantsDevice = wish.calls().contains(DetailsCall.DEVICE);
    boolean isMissing = wantsDevice && device.isEmpty();
    return new DeviceDetails(
        wish.notBefore(),
        isMissing,
        device.filter(each -> wantsDevice).map(DestinationTestDetails::bytes),
        wish.calls().contains(DetailsCall.APPLICATIONS) && !isMissing
            ? Optional.of(applications.map(DestinationTestDetails::bytes).orElse(bytes("[]")))
            : Optional.empty());
  }

  private static byte[] bytes(Object json) {
    return json.toString().getBytes(StandardCharsets.UTF_8);
  }
}
