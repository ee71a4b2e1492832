package io.ensrelay.intake;

import io.ensrelay.service.Dialer;
import io.ensrelay.service.HttpProxy;
import java.io.EOFException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import javax.net.ssl.SSLException;
import org.eclipse.paho.client.mqttv3.MqttException;

/**
 * Why a connection was not made or ended, in words for the log.
 *
 * @param refused true when trying again soon is of no use: credentials or certificates
 */
record MqttFailure(String text, boolean refused) {
  static final MqttFailure CLOSED_BY_SERVICE = new MqttFailure("the service closed it", false);

  static MqttFailure of(Throwable failure) {
    if (failure == null) {
      return new MqttFailure("it was closed", false);
    }
    if (failure instanceof HttpProxy.RefusedException proxy) {
      return new MqttFailure(proxy.getMessage(), proxy.isLasting());
    }
    if (failure instanceof Dialer.Failure dialled) {
      return dialled(dialled);
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
    if (root instanceof UnknownHostException) {
      return new MqttFailure("the host " + root.getMessage() + " is not known", false);
    }
    if (root instanceof ConnectException || root instanceof SocketTimeoutException) {
      return new MqttFailure("no connection: " + root.getMessage(), false);
    }
    if (root instanceof EOFException) {
      return CLOSED_BY_SERVICE;
    }
    return tls(failure, root);
  }

  private static MqttFailure dialled(Dialer.Failure failure) {
    if (failure.isUnreachable()) {
      return new MqttFailure("no connection: " + failure.getMessage(), false);
    }
    MqttFailure mostTelling = of(failure.getCause());
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

  private static MqttFailure tls(Throwable failure, Throwable root) {
    for (Throwable t = failure; t != null && t != t.getCause(); t = t.getCause()) {
      if (t instanceof CertificateException || root instanceof CertificateException) {
        return new MqttFailure(
            "the certificate of the service is not trusted: "
                + root.getMessage()
                + ". Check ens.tls.truststore and the host in ens.mqtt.url",
            true);
      }
      if (t instanceof SSLException && String.valueOf(t.getMessage()).contains("fatal alert")) {
        return new MqttFailure(
            "TLS: "
                + t.getMessage()
                + ". Most often the client certificate (ens.tls.keystore) is missing, expired or"
                + " not accepted",
            true);
      }
      if (t instanceof SSLException && String.valueOf(t.getMessage()).contains("PKIX")) {
        return new MqttFailure(
            "the certificate of the service is not trusted: "
                + t.getMessage()
                + ". Check ens.tls.truststore",
            true);
      }
    }
    String text = root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
    return new MqttFailure(text, false);
  }
}
