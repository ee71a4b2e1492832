package io.ensrelay;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.management.ManagementFactory;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;

class QuickCompilerTest {
  private static String directives() throws Exception {
    return (String)
        ManagementFactory.getPlatformMBeanServer()
            .invoke(
                new ObjectName("com.sun.management:type=DiagnosticCommand"),
                "compilerDirectivesPrint",
                new Object[0],
                new String[0]);
  }

  @Test
  void getsTheRelaysCodeOnFewProcessorsOnly() throws Exception {
    QuickCompiler.prefer();

    boolean few = Runtime.getRuntime().availableProcessors() <= 2;
    assertEquals(few, directives().contains("io/ensrelay/*.*"));
    assertEquals(few, directives().contains("org/apache/activemq/*.*"));
    assertEquals(few, directives().contains("BackgroundCompilation:false"));
  }
}
