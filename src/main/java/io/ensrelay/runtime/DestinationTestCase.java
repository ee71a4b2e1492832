package io.ensrelay.runtime;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A test as its file says it.
 *
 * @param node the whole test
 * @param name what it shows
 * @param send what is sent
 * @param with overrides in the device of each event
 * @param config keys of the settings
 * @param answers by the number of the request, from 1
 * @param details the service's details of the devices
 * @param expect empty: not yet written
 */
record DestinationTestCase(
    DestinationTestNode node,
    String name,
    List<DestinationTestNode> send,
    Optional<DestinationTestNode> with,
    Map<String, DestinationTestNode> config,
    Map<Integer, DestinationTestAnswer> answers,
    DestinationTestDetails details,
    Optional<DestinationTestNode> expect) {}
