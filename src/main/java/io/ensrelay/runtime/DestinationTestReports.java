package io.ensrelay.runtime;

import io.ensrelay.base.Printable;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/** Results as JUnit XML, which every CI server reads. */
public final class DestinationTestReports {
  private DestinationTestReports() {}

  /**
   * Writes a file with a test suite for each file of tests.
   *
   * @throws IOException if it can't be written
   */
  public static void junit(Path target, List<DestinationTestResult> results) throws IOException {
    Map<Path, List<DestinationTestResult>> files =
        results.stream()
            .collect(
                Collectors.groupingBy(
                    DestinationTestResult::file, LinkedHashMap::new, Collectors.toList()));
    StringWriter text = new StringWriter();
    try {
      XMLStreamWriter xml = XMLOutputFactory.newInstance().createXMLStreamWriter(text);
      xml.writeStartDocument("UTF-8", "1.0");
      xml.writeStartElement("testsuites");
      for (Map.Entry<Path, List<DestinationTestResult>> each : files.entrySet()) {
        suite(xml, each.getKey(), each.getValue());
      }
      xml.writeEndElement();
      xml.writeEndDocument();
      xml.close();
    } catch (XMLStreamException e) {
      throw new IOException(e);
    }
    if (target.toAbsolutePath().getParent() != null) {
      Files.createDirectories(target.toAbsolutePath().getParent());
    }
    Files.writeString(target, text.toString());
  }

  private static void suite(XMLStreamWriter xml, Path file, List<DestinationTestResult> results)
      throws XMLStreamException {
    xml.writeStartElement("testsuite");
    xml.writeAttribute("name", results.get(0).destination());
    xml.writeAttribute("file", file.toString());
    xml.writeAttribute("tests", String.valueOf(results.size()));
    xml.writeAttribute(
        "failures", String.valueOf(results.stream().filter(each -> !each.hasPassed()).count()));
    xml.writeAttribute("errors", "0");
    xml.writeAttribute("skipped", "0");
    xml.writeAttribute(
        "time",
        seconds(
            results.stream()
                .map(DestinationTestResult::took)
                .reduce(Duration.ZERO, Duration::plus)));
    for (DestinationTestResult each : results) {
      xml.writeStartElement("testcase");
      xml.writeAttribute("classname", "destination." + each.destination());
      xml.writeAttribute("name", Printable.line(each.name()));
      xml.writeAttribute("file", file.toString());
      xml.writeAttribute("line", String.valueOf(each.line()));
      xml.writeAttribute("time", seconds(each.took()));
      if (each.failure().isPresent()) {
        xml.writeStartElement("failure");
        String text = Printable.lines(each.failure().get());
        xml.writeAttribute("message", text.lines().findFirst().orElse(""));
        xml.writeCharacters(text);
        xml.writeEndElement();
      }
      xml.writeEndElement();
    }
    xml.writeEndElement();
  }

  private static String seconds(Duration took) {
    return String.format(Locale.ROOT, "%.3f", took.toMillis() / 1000.0);
  }
}
