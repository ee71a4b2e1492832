package io.ensrelay.http;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.ensrelay.base.ConfigurationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One kind of credentials, and all of it. */
class CredentialsTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          token            | username         | a.token: only one kind of credentials can be sent, and a.username is set too; take one of them out
          username         | api-key          | a.username: only one kind of credentials can be sent, and a.api-key is set too; take one of them out
          oauth2-token-url | api-key          | a.api-key: only one kind of credentials can be sent, and a.oauth2-token-url is set too; take one of them out
          username         | none             | a.password: missing, but a.username is set; set both or neither
          password         | none             | a.username: missing, but a.password is set; set both or neither
          api-key          | none             | a.api-key-header: missing, but a.api-key is set; set both or neither
          oauth2-token-url | oauth2-client-id | a.oauth2-client-secret: missing, but a.oauth2-token-url is set; set both or neither
          oauth2-scope     | none             | a.oauth2-token-url: missing, but a.oauth2-scope is set; set both or neither
          """)
  void saysWhatDoesNotGoTogether(String one, String other, String problem) {
    Credentials credentials = new Credentials();
    credentials.set(one, "S3CRET");
    credentials.set(other, "S3CRET");

    assertEquals(
        problem,
        assertThrows(ConfigurationException.class, () -> credentials.check("a")).getMessage());
  }

  @Test
  void takesNoneAndBlanks() {
    Credentials credentials = new Credentials();
    credentials.set("token", " ");
    credentials.set("username", null);

    assertDoesNotThrow(() -> credentials.check("a"));
  }
}
