package io.ensrelay.config;

/**
 * A relay among several on one Kafka cluster, for people who look at it.
 *
 * @param name of the machine and the process
 */
public record Machine(String name, Role role) {}
