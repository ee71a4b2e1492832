package io.ensrelay.faults;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Takes a minute or more: only in the long form. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@EnabledIfSystemProperty(
    named = "faults.long",
    matches = "true",
    disabledReason = "takes long: runs with -Pfaults")
@interface LongForm {}
