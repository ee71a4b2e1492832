import com.hivemq.HiveMQServer;
import com.hivemq.configuration.service.InternalConfigurations;

/**
 * Starts HiveMQ so that a client needs no more than its certificate. The distribution has an
 * extension for that, the jar on Maven Central has none. Run from its source: {@code java -cp
 * 'hivemq/*' OpenHiveMq.java}.
 */
class OpenHiveMq {
  public static void main(String[] arguments) throws Exception {
    InternalConfigurations.AUTH_DENY_UNAUTHENTICATED_CONNECTIONS.set(false);
    HiveMQServer.main(arguments);
  }
}
