package io.ensrelay.runtime;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets Java give memory back to the system at rest: the start of many tenants needs several times
 * what they need afterwards. Options of the command line that say otherwise win.
 */
final class SpareMemory {
  private static final Logger LOG = LoggerFactory.getLogger(SpareMemory.class);

  /** Can be set while Java runs; the interval counts from the last collection, in milliseconds. */
  private static final Map<String, String> OPTIONS =
      Map.of("MinHeapFreeRatio", "10", "MaxHeapFreeRatio", "30", "G1PeriodicGCInterval", "60000");

  private SpareMemory() {}

  static void giveBack() {
    HotSpotDiagnosticMXBean java =
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    // the smallest first: it must stay below the greatest
    OPTIONS.entrySet().stream()
        .sorted(Map.Entry.comparingByValue())
        .forEach(
            option -> {
              try {
                boolean isDefault =
                    java.getVMOption(option.getKey()).getOrigin()
                        == com.sun.management.VMOption.Origin.DEFAULT;
                if (isDefault) {
                  java.setVMOption(option.getKey(), option.getValue());
                }
              } catch (RuntimeException e) {
                LOG.debug("{} can't be set", option.getKey(), e);
              }
            });
  }
}
