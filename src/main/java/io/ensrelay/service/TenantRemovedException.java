package io.ensrelay.service;

/** The event's tenant has been removed, so nobody can ask the service about its devices. */
public final class TenantRemovedException extends DetailsRefusedException {
  private static final long serialVersionUID = 1L;

  public TenantRemovedException(String tenant) {
    super("the relay no longer has the tenant " + tenant);
  }
}
