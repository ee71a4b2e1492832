package io.ensrelay.runtime;

import java.util.Map;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.support.DefaultRegistry;
import org.apache.camel.support.SimpleRegistry;

/**
 * The beans of Camel's registry, for routes that look beans up while others come and go: Camel's
 * own is a hash table without a lock, in which a lookup can miss a bean while another is added.
 * Threads: safe.
 */
final class SharedRegistry extends SimpleRegistry {
  private static final long serialVersionUID = 1L;

  /** Takes the place of the context's own table, with what that holds. */
  static void install(CamelContext camel) {
    if (camel.getRegistry() instanceof DefaultRegistry registry
        && registry.getFallbackRegistry() instanceof SimpleRegistry before) {
      SharedRegistry shared = new SharedRegistry();
      shared.putAll(before);
      registry.setFallbackRegistry(shared);
    }
  }

  @Override
  public synchronized <T> T lookupByNameAndType(String name, Class<T> type) {
    return super.lookupByNameAndType(name, type);
  }

  @Override
  public synchronized <T> Map<String, T> findByTypeWithName(Class<T> type) {
    return super.findByTypeWithName(type);
  }

  @Override
  public synchronized <T> Set<T> findByType(Class<T> type) {
    return super.findByType(type);
  }

  @Override
  public synchronized void bind(String id, Class<?> type, Object bean) {
    super.bind(id, type, bean);
  }

  @Override
  public synchronized void unbind(String id) {
    super.unbind(id);
  }
}
