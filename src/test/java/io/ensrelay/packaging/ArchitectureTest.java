package io.ensrelay.packaging;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** Which package may know which, and which library is known in which package. */
@TestInstance(Lifecycle.PER_CLASS)
class ArchitectureTest {
  private static final String ROOT = "io.ensrelay";

  /** A package knows only those of the floors below its own. */
  private static final List<List<String>> FLOORS =
      List.of(
          List.of("base", "event"),
          List.of("spool.log", "tls"),
          List.of("config", "http", "lib", "simulator", "spool.kafka"),
          List.of("check", "service", "spool"),
          List.of("delivery", "intake"),
          List.of("console", "destination"),
          List.of("runtime"),
          List.of("cli"));

  /** Large: not kept for the classes that follow in the same JVM. */
  private final JavaClasses classes =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages(ROOT);

  private static String exactly(String room) {
    return ROOT + "." + room;
  }

  private static String[] all(List<String> rooms) {
    return rooms.stream().map(ArchitectureTest::exactly).toArray(String[]::new);
  }

  @Test
  void everyPackageHasItsFloor() {
    Set<String> there =
        classes.stream()
            .map(each -> each.getPackageName())
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> listed = new TreeSet<>();
    FLOORS.forEach(floor -> floor.forEach(room -> listed.add(exactly(room))));

    assertEquals(listed, there);
  }

  @Test
  void aPackageKnowsOnlyLowerFloors() {
    List<String> above = new ArrayList<>();
    for (int i = FLOORS.size() - 1; i >= 0; i--) {
      for (String room : FLOORS.get(i)) {
        List<String> forbidden = new ArrayList<>(above);
        FLOORS.get(i).stream().filter(other -> !other.equals(room)).forEach(forbidden::add);
        if (!forbidden.isEmpty()) {
          noClasses()
              .that()
              .resideInAPackage(exactly(room))
              .should()
              .dependOnClassesThat()
              .resideInAnyPackage(all(forbidden))
              .check(classes);
        }
      }
      above.addAll(FLOORS.get(i));
    }
  }

  @Test
  void packagesDependOnEachOtherInOneDirection() {
    slices().matching(ROOT + ".(**)").should().beFreeOfCycles().check(classes);
  }

  @Test
  void theSimulatorAndTheRelayAreStrangers() {
    noClasses()
        .that()
        .resideInAPackage(exactly("simulator"))
        .should()
        .dependOnClassesThat(
            resideInAPackage(ROOT + "..")
                .and(not(resideInAnyPackage(exactly("simulator"), exactly("base")))))
        .check(classes);
    noClasses()
        .that()
        .resideOutsideOfPackages(exactly("simulator"), exactly("cli"))
        .should()
        .dependOnClassesThat()
        .resideInAPackage(exactly("simulator"))
        .check(classes);
  }

  @Test
  void eventsSpoolAndCertificatesDoNotKnowCamel() {
    noClasses()
        .that()
        .resideInAnyPackage(exactly("event"), exactly("spool") + "..", exactly("tls"))
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.apache.camel..")
        .check(classes);
  }

  @Test
  void aLibraryIsKnownInOnePackage() {
    only("org.eclipse.paho..", "intake");
    only("org.apache.hc.client5..", "http");
    only("org.sqlite..", "spool");
    only("org.apache.activemq.artemis.selector..", "spool", "simulator");
    only("org.apache.activemq.artemis.core.server..", "simulator");
    only("jakarta.jms..", "destination", "simulator");
    only("org.apache.kafka..", "destination", "spool.kafka");
    only("org.apache.qpid..", "destination");
    only("org.bouncycastle..", "tls", "simulator");
    only("ch.qos.logback..", "runtime");
    only("org.apache.maven..", "lib");
    only("org.eclipse.aether..", "lib");
    only("picocli..", "cli");
  }

  private void only(String library, String... rooms) {
    noClasses()
        .that()
        .resideOutsideOfPackages(all(List.of(rooms)))
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library)
        .check(classes);
  }
}
