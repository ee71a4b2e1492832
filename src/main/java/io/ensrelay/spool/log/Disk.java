package io.ensrelay.spool.log;

import io.ensrelay.base.FilePermissions;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The file system operations of the log; tests replace them by failing ones.
 *
 * <p>No method is interruptible: an interrupted lane must not close a file that others read.
 */
interface Disk {
  /** An open file. Threads: one, except for {@link #close()}. */
  interface File extends AutoCloseable {
    /** Writes all bytes at this offset, or throws. */
    void write(byte[] bytes, int length, long at) throws IOException;

    /**
     * Reads up to {@code length} bytes; fewer only at the end of the file.
     *
     * @return number of bytes; 0 at the end
     */
    int read(byte[] into, int offset, int length, long at) throws IOException;

    /** Returns when everything written is on disk. */
    void force() throws IOException;

    void truncate(long size) throws IOException;

    long size() throws IOException;

    @Override
    void close() throws IOException;
  }

  /** Opens a file to read and write; creates it, readable by its owner only, if it is missing. */
  File open(Path path) throws IOException;

  /** Opens an existing file to read. */
  File read(Path path) throws IOException;

  void delete(Path path) throws IOException;

  /** Returns when the directory's entries are on disk. */
  void forceDirectory(Path directory) throws IOException;

  /** Bytes that may still be written to the disk. */
  long usable(Path directory) throws IOException;

  /** The real file system. */
  Disk REAL =
      new Disk() {
        @Override
        public File open(Path path) throws IOException {
          FilePermissions.OWNER.open(path, StandardOpenOption.WRITE).close();
          return new RealFile(new RandomAccessFile(path.toFile(), "rw"));
        }

        @Override
        public File read(Path path) throws IOException {
          return new RealFile(new RandomAccessFile(path.toFile(), "r"));
        }

        @Override
        public void delete(Path path) throws IOException {
          Files.deleteIfExists(path);
        }

        @Override
        public void forceDirectory(Path directory) throws IOException {
          if (!directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            // Windows persists the entries by itself and can't open a directory
            return;
          }
          boolean interrupted = false;
          try {
            while (!isForced(directory)) {
              interrupted |= Thread.interrupted();
            }
          } finally {
            if (interrupted) {
              Thread.currentThread().interrupt();
            }
          }
        }

        /** False: an interrupt came first. */
        private boolean isForced(Path directory) throws IOException {
          try (FileChannel entry = FileChannel.open(directory, StandardOpenOption.READ)) {
            entry.force(true);
            return true;
          } catch (ClosedByInterruptException e) {
            return false;
          }
        }

        @Override
        public long usable(Path directory) throws IOException {
          return Files.getFileStore(directory).getUsableSpace();
        }
      };

  /** Uses {@link RandomAccessFile}, because its reads and writes can't be interrupted. */
  final class RealFile implements File {
    private final RandomAccessFile file;

    private RealFile(RandomAccessFile file) {
      this.file = file;
    }

    @Override
    public void write(byte[] bytes, int length, long at) throws IOException {
      file.seek(at);
      file.write(bytes, 0, length);
    }

    @Override
    public int read(byte[] into, int offset, int length, long at) throws IOException {
      file.seek(at);
      int read = 0;
      while (read < length) {
        int more = file.read(into, offset + read, length - read);
        if (more < 0) {
          break;
        }
        read += more;
      }
      return read;
    }

    @Override
    public void force() throws IOException {
      file.getFD().sync();
    }

    @Override
    public void truncate(long size) throws IOException {
      file.setLength(size);
    }

    @Override
    public long size() throws IOException {
      return file.length();
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
