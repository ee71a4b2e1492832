package io.ensrelay.runtime;

import java.io.IOException;
import java.nio.channels.AsynchronousChannelGroup;
import java.nio.channels.AsynchronousServerSocketChannel;
import java.nio.channels.AsynchronousSocketChannel;
import java.nio.channels.spi.AsynchronousChannelProvider;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadFactory;

/** The same as {@link DestinationTestChannels} for asynchronous channels. */
public final class DestinationTestAsynchronousChannels extends AsynchronousChannelProvider {
  @Override
  public AsynchronousChannelGroup openAsynchronousChannelGroup(int threads, ThreadFactory factory)
      throws IOException {
    throw DestinationTestChannels.refusal();
  }

  @Override
  public AsynchronousChannelGroup openAsynchronousChannelGroup(ExecutorService threads, int size)
      throws IOException {
    throw DestinationTestChannels.refusal();
  }

  @Override
  public AsynchronousServerSocketChannel openAsynchronousServerSocketChannel(
      AsynchronousChannelGroup group) throws IOException {
    throw DestinationTestChannels.refusal();
  }

  @Override
  public AsynchronousSocketChannel openAsynchronousSocketChannel(AsynchronousChannelGroup group)
      throws IOException {
    throw DestinationTestChannels.refusal();
  }
}
