package io.ensrelay.bench;

import java.nio.file.Path;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.main.Main;

/** Camel's components as they come: camel-paho into camel-file. */
final class CamelRoute {
  private CamelRoute() {}

  /** Tenant, directory of the service, port, file. */
  public static void main(String[] args) throws Exception {
    Path file = Path.of(args[3]);
    Main main = new Main();
    main.bind("tls", new Tls(Path.of(args[1])).sockets());
    main.configure()
        .addRoutesBuilder(
            new RouteBuilder() {
              @Override
              public void configure() {
                from("paho:"
                        + args[0]
                        + "/device/#?qos=1&cleanSession=false&socketFactory=#tls&clientId="
                        + args[0]
                        + "&brokerUrl=ssl://localhost:"
                        + args[2])
                    .to(
                        "file:"
                            + file.getParent()
                            + "?fileExist=Append&appendChars=\\n&fileName="
                            + file.getFileName());
              }
            });
    main.run();
  }
}
