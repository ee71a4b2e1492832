package io.ensrelay;

/** Starts ens-relay. */
public final class EnsRelay {
  private EnsRelay() {}

  public static void main(String[] args) {
    System.out.println("ens-relay");
  }
}
