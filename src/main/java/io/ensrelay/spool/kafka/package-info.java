/**
 * The spool on Apache Kafka, for more machines than one. The only package that knows Kafka's client
 * as a spool. The client is not in the jar: {@link
 * io.ensrelay.spool.kafka.KafkaSettings#requireClient} says how to get it.
 */
package io.ensrelay.spool.kafka;
