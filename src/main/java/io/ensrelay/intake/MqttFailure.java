package io.ensrelay.intake;

import io.ensrelay.service.Dialer;
import io.ensrelay.service.HttpProxy;
import io.ensrelay.tls.TlsFailure;
import java.io.EOFException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.Optional;
import org.eclipse.paho.client.mqttv3.MqttException;

/**
 * The reason why a connection was not made or was lost, as text for the log.
 *
 * @param refused true: an early retry is useless, because credentials or certificates are wrong
 */
record MqttFailure(String text, boolean refused) {
  static final MqttFailure CLOSED_BY_SERVICE = new MqttFailure("the service closed it", false);

  /**
   * @param dialer the dialer of the connection
   */
  static MqttFailure of(Throwable failure, Dialer dialer) {
    if (failure == null) {
      return new MqttFailure("it was closed", false);
    }
    if (failure instanceof HttpProxy.RefusedException proxy) {
      return new MqttFailure(proxy.getMessage(), proxy.isLasting());
    }
    if (failure instanceof Dialer.Failure dialled) {
      return dialled(dialled, dialer);
    }
    Throwable root = failure;
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    if (failure instanceof MqttException mqtt) {
      MqttFailure answer = answer(mqtt.getReasonCode());
      if (answer != null) {
        return answer;
      }
    }
    Optional<TlsFailure> tls = dialer.explain(failure);
    if (tls.isPresent()) {
      return new MqttFailure("TLS: " + tls.get().text(), tls.get().lasting());
    }
    if (root instanceof UnknownHostException) {
      return new MqttFailure("the host " + root.getMessage() + " is not known", false);
    }
    if (root instanceof ConnectException || root instanceof SocketTimeoutException) {
      return new MqttFailure("no connection: " + root.getMessage(), false);
    }
    if (root instanceof EOFException) {
      return CLOSED_BY_SERVICE;
    }
    String text = root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
    return new MqttFailure(text, false);
  }

  private static MqttFailure dialled(Dialer.Failure failure, Dialer dialer) {
    if (failure.isUnreachable()) {
      return new MqttFailure("no connection: " + failure.getMessage(), false);
    }
    MqttFailure mostTelling = of(failure.getCause(), dialer);
    return failure.tried() == 1
        ? mostTelling
        : new MqttFailure(
            mostTelling.text() + " (tried " + failure.getMessage() + ")", mostTelling.refused());
  }

  private static MqttFailure answer(int reasonCode) {
    return switch (reasonCode) {
      case MqttException.REASON_CODE_FAILED_AUTHENTICATION ->
          new MqttFailure(
              "the service refused the connection: bad user name or password (4). Check"
                  + " ens.mqtt.username and ens.mqtt.password",
              true);
      case MqttException.REASON_CODE_NOT_AUTHORIZED ->
          new MqttFailure(
              "the service refused the connection: not authorized (5). The user of the client"
                  + " certificate needs the CPS role",
              true);
      case MqttException.REASON_CODE_INVALID_CLIENT_ID ->
          new MqttFailure("the service refused the client id (2). Check ens.mqtt.client-id", true);
      case MqttException.REASON_CODE_INVALID_PROTOCOL_VERSION ->
          new MqttFailure("the service refused MQTT 3.1.1 (1)", true);
      case MqttException.REASON_CODE_BROKER_UNAVAILABLE ->
          new MqttFailure("the service is not available (3)", false);
      case MqttException.REASON_CODE_CLIENT_TIMEOUT ->
          new MqttFailure("the service does not answer", false);
      default -> null;
    };
  }
}
