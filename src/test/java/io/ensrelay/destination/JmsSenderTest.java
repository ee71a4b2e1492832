package io.ensrelay.destination;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;

import jakarta.jms.JMSException;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a broker's failure is called. */
class JmsSenderTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Message exceeds the limit [condition = amqp:link:message-size-exceeded]",
        "AMQ149005: Message of 524,385 bytes is bigger than the max record size of 501,760 bytes",
        "JMSCMQ0001: IBM MQ call failed with reason '2030' ('MQRC_MSG_TOO_BIG_FOR_Q').",
        "JMSCMQ0001: IBM MQ call failed with reason '2031' ('MQRC_MSG_TOO_BIG_FOR_Q_MGR')."
      })
  void isOfTheSizeWhereTheBrokerSaysSo(String text) {
    JMSException outer = new JMSException("could not send");
    outer.initCause(new IOException(text));

    assertInstanceOf(MessageTooLargeException.class, MessageTooLargeException.in(outer));
    assertInstanceOf(
        MessageTooLargeException.class, MessageTooLargeException.in(new JMSException(text)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"failed", "amqp:precondition-failed", "amqp:not-allowed"})
  void isARejectionWhereTheConditionIsOfTheMessage(String condition) {
    Exception named =
        RejectedMessageException.in(new JMSException("no [condition = " + condition + "]"));

    assertInstanceOf(RejectedMessageException.class, named);
    assertEquals(null, named.getCause());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "full [condition = amqp:resource-limit-exceeded]",
        "stopping [condition = amqp:connection:forced]",
        "connection reset"
      })
  void isLeftAsItIsOtherwise(String text) {
    JMSException failure = new JMSException(text);

    assertSame(failure, RejectedMessageException.in(MessageTooLargeException.in(failure)));
  }

  @Test
  void endsWithACircleOfCauses() {
    Exception one = new Exception("one");
    one.initCause(new Exception("two", one));

    assertSame(one, MessageTooLargeException.in(one));
  }
}
