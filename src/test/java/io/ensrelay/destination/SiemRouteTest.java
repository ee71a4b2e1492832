package io.ensrelay.destination;

import org.apache.camel.EndpointInject;
import org.apache.camel.Produce;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.test.main.junit5.CamelMainTest;
import org.junit.jupiter.api.Test;

@CamelMainTest(
    propertyPlaceholderLocations = "file:application.properties",
    properties = {
      "camel.main.routesIncludePattern=file:routes/errors.camel.yaml,"
          + "file:src/test/resources/readme/siem.camel.yaml",
      "ens.destination.siem.url=https://siem.example.com/collect"
    },
    replaceRouteFromWith = "destination.siem=direct:events",
    mockEndpointsAndSkip = "kamelet:ens-webhook-sink.*|spool:dead")
class SiemRouteTest {
  @Produce("direct:events")
  ProducerTemplate events;

  @EndpointInject("mock:kamelet:ens-webhook-sink")
  MockEndpoint siem;

  @Test
  void sendsOnlyEventsOfIphones() throws Exception {
    String iphone = "{\"data\":{\"device\":{\"os\":\"IOS\"}}}";
    siem.expectedBodiesReceived(iphone);

    events.sendBody("{\"data\":{\"device\":{\"os\":\"ANDROID\"}}}");
    events.sendBody(iphone);

    siem.assertIsSatisfied();
  }
}
