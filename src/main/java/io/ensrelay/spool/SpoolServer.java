package io.ensrelay.spool;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.apache.activemq.artemis.api.core.SimpleString;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.io.SequentialFileFactory;
import org.apache.activemq.artemis.core.io.nio.NIOSequentialFileFactory;
import org.apache.activemq.artemis.core.paging.PagingStore;
import org.apache.activemq.artemis.core.paging.PagingStoreFactory;
import org.apache.activemq.artemis.core.paging.impl.PagingStoreFactoryNIO;
import org.apache.activemq.artemis.core.persistence.StorageManager;
import org.apache.activemq.artemis.core.server.impl.ActiveMQServerImpl;

/**
 * Artemis, the room on its disk, and whether it could write what it was given. It preallocates its
 * journal, but not the pages of a backlog and the bodies of large messages: when there is no room
 * for these it stops, and yet it confirms what it was just writing (NIOSequentialFile keeps the
 * error to itself, and does not look how much of a buffer was written). So whoever stores asks here
 * before it commits. Threads: safe.
 */
final class SpoolServer extends ActiveMQServerImpl {
  private static final long LOOK_AGAIN_MILLIS = 100;

  /** About what the writing of a page takes. */
  private static final long PAGE_NANOS = 50_000;

  private final DiskReserve reserve;
  private volatile boolean failed;
  private volatile Exception notActive;

  /**
   * @param reserve of the disk its files are on
   */
  SpoolServer(Configuration configuration, DiskReserve reserve) {
    super(configuration);
    this.reserve = reserve;
    // called by the thread that could not write, before it goes on
    registerIOCriticalErrorListener((cause, message, file) -> failed = true);
    registerActivationFailureListener(e -> notActive = e);
  }

  /** Starts it; Artemis itself returns also when that has failed. */
  void startActive() throws Exception {
    start();
    if (!isActive()) {
      throw notActive == null ? new IOException("it did not become active") : notActive;
    }
  }

  /** Whether the disk has room for new events. */
  boolean hasRoom() {
    return reserve.isFree();
  }

  /**
   * Waits for room on the disk.
   *
   * @param room what has to be free
   * @throws IOException when the server stops meanwhile
   */
  void awaitRoom(Predicate<DiskReserve> room) throws IOException, InterruptedException {
    while (!room.test(reserve)) {
      requireRunning();
      TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MILLIS);
    }
  }

  /**
   * Waits until all that the calling thread's context has written is on the disk.
   *
   * @throws IOException when the server stops meanwhile
   */
  void awaitDisk() throws Exception {
    StorageManager storage = requireRunning();
    while (!storage.waitOnOperations(LOOK_AGAIN_MILLIS)) {
      requireRunning();
    }
  }

  private StorageManager requireRunning() throws IOException {
    StorageManager storage = getStorageManager();
    if (!isActive() || storage == null) {
      throw new IOException("the spool has stopped");
    }
    return storage;
  }

  /** Whether it takes connections, and has written all it was given. */
  boolean isSound() {
    return isActive() && !failed;
  }

  /**
   * To be asked before what was stored under an address is committed; waits for pages that are on
   * their way.
   *
   * @throws IOException when not all of it has reached its file; the server stops then
   */
  void requireWritten(String address) throws Exception {
    requireRunning();
    PagingStore pages = getPagingManager().getPageStore(SimpleString.of(address));
    while (pages.hasPendingIO()) {
      requireRunning();
      LockSupport.parkNanos(PAGE_NANOS);
    }
    if (failed) {
      throw new IOException("the spool could not write and stops");
    }
  }

  @Override
  protected PagingStoreFactory getPagingStoreFactory() throws Exception {
    return new WholePages((PagingStoreFactoryNIO) super.getPagingStoreFactory());
  }

  /** Writes pages from the heap. Of a direct buffer, Artemis's own, a full disk may take a part. */
  private static final class WholePages extends PagingStoreFactoryNIO {
    WholePages(PagingStoreFactoryNIO usual) {
      super(
          usual.getStorageManager(),
          usual.getDirectory(),
          usual.getSyncTimeout(),
          usual.getScheduledExecutor(),
          usual.getExecutorFactory(),
          usual.isSyncNonTransactional(),
          usual.getCritialErrorListener());
    }

    @Override
    protected SequentialFileFactory newFileFactory(String directory) {
      return new NIOSequentialFileFactory(
          new File(getDirectory(), directory), false, getCritialErrorListener(), 1) {
        @Override
        public ByteBuffer newBuffer(int size, boolean zeroed) {
          return ByteBuffer.allocate(size);
        }

        @Override
        public void releaseBuffer(ByteBuffer buffer) {
          // to the collector
        }
      };
    }
  }
}
