package io.ensrelay.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a process has used, as Linux tells. */
record Usage(double cpuSeconds, long peakMegabytes, long residentMegabytes) {
  static Usage of(Process process) throws IOException {
    double cpu = process.info().totalCpuDuration().orElseThrow().toNanos() / 1e9;
    long peak = 0;
    long resident = 0;
    for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
      if (line.startsWith("VmHWM:")) {
        peak = kilobytes(line) / 1024;
      } else if (line.startsWith("VmRSS:")) {
        resident = kilobytes(line) / 1024;
      }
    }
    return new Usage(cpu, peak, resident);
  }

  private static long kilobytes(String line) {
    return Long.parseLong(line.replaceAll("[^0-9]", ""));
  }
}
