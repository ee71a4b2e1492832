package io.ensrelay.simulator;

import io.netty.handler.codec.mqtt.MqttConnectMessage;
import java.security.cert.Certificate;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Decides which MQTT connections to accept: no more of a tenant than the rules allow, only MQTT 3.1
 * and 3.1.1, only from users of a tenant with the CPS role, and none while a fault forbids it. A
 * second connection with a client id replaces the first and does not count as another one.
 *
 * <p>Threads: safe.
 */
final class Admission {
  private static final int UNACCEPTABLE_VERSION = 1;
  private static final int NOT_AUTHORIZED = 5;
  private static final int MQTT_3_1_1 = 4;

  private final ServiceRules rules;
  private final Faults faults;
  private final Map<Object, MqttGate> connected = new HashMap<>();

  /**
   * The decision about a connection.
   *
   * @param isAdmitted whether it is accepted
   * @param code the return code for a rejected one; empty: closes it without an answer
   */
  record Decision(boolean isAdmitted, OptionalInt code) {
    private static final Decision ADMITTED = new Decision(true, OptionalInt.empty());

    private static Decision refused(int code) {
      return new Decision(false, OptionalInt.of(code));
    }
  }

  Admission(ServiceRules rules, Faults faults) {
    this.rules = rules;
    this.faults = faults;
  }

  Decision ask(MqttGate gate, MqttConnectMessage connect, Certificate[] certificates) {
    String tenant = gate.tenantName();
    if (connect.variableHeader().version() > MQTT_3_1_1) {
      return Decision.refused(UNACCEPTABLE_VERSION);
    }
    int code = faults.happens(FaultKind.MQTT_REFUSE, tenant).map(Fault::code).orElse(0);
    if (code != 0) {
      return Decision.refused(code);
    }
    if (tenant.isEmpty() || !CpsRole.isHeldBy(certificates)) {
      return Decision.refused(NOT_AUTHORIZED);
    }
    String clientId = connect.payload().clientIdentifier();
    return enter(clientId.isEmpty() ? gate : clientId, gate);
  }

  boolean refusesSubscriptions(String tenant) {
    return faults.happens(FaultKind.MQTT_REFUSE_SUBSCRIPTIONS, tenant).isPresent();
  }

  /** Whether a client of this tenant gets no answer to any packet. */
  boolean hangs(String tenant) {
    return faults.isActive(FaultKind.MQTT_HANG, tenant);
  }

  synchronized void leave(MqttGate gate) {
    connected.values().remove(gate);
  }

  /** Returns the number of connections. */
  synchronized int connections() {
    return connected.size();
  }

  /** Returns the number of connections of a tenant. */
  synchronized int connections(String tenant) {
    return (int)
        connected.values().stream().filter(gate -> gate.tenantName().equals(tenant)).count();
  }

  private synchronized Decision enter(Object client, MqttGate gate) {
    if (!connected.containsKey(client) && connections(gate.tenantName()) >= rules.connections()) {
      return new Decision(false, rules.refusal().code());
    }
    connected.put(client, gate);
    return Decision.ADMITTED;
  }
}
