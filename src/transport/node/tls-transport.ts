/**
 * A {@link Transport} over a TLS socket. Reads pull from the socket, so an idle reader applies backpressure to the
 * peer.
 */
import type { TLSSocket } from 'node:tls';
import { deferred } from '../../base/index.ts';
import { type Transport, TransportError } from '../index.ts';

/**
 * Returns a function that resolves at the next of `events`; adds listeners only once, because connections wait often.
 */
function eventWaiter(socket: TLSSocket, events: readonly string[]): () => Promise<void> {
  let waiting: (() => void)[] = [];
  const onEvent = () => {
    const woken = waiting;
    waiting = [];
    for (const wake of woken) wake();
  };
  for (const event of events) socket.on(event, onEvent);
  return () => new Promise((resolve) => void waiting.push(resolve));
}

const toBytes = (buffer: Buffer) => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);

/** Wraps a socket after its TLS handshake; `facts` were read from it. */
export function tlsTransport(socket: TLSSocket, facts: Pick<Transport, 'sessionId' | 'alpn' | 'peerChain'>): Transport {
  const closed = deferred<void>();
  let failure: Error | undefined;
  socket.on('error', (error) => {
    failure = error;
  });
  socket.once('close', () => closed.resolve());
  if (socket.destroyed) closed.resolve();
  // A 'readable' listener keeps the stream flowing with bounded buffers, so that its end is noticed without a reader.
  const moreToRead = eventWaiter(socket, ['readable', 'end', 'close', 'error']);
  const roomToWrite = eventWaiter(socket, ['drain', 'close', 'error']);

  const broken = () =>
    new TransportError('network', 'the connection broke', failure === undefined ? {} : { cause: failure });

  return {
    ...facts,
    closed: closed.promise,
    async read(length) {
      let block: Uint8Array | undefined;
      let filled = 0;
      for (;;) {
        const available = Math.min(length - filled, socket.readableLength);
        // read(0) requests more data.
        const chunk = socket.read(available) as Buffer | null;
        if (chunk !== null && chunk.length > 0) {
          if (chunk.length === length) return toBytes(chunk);
          // Small pieces are copied into one block: each piece would cost more memory than its bytes.
          block ??= new Uint8Array(length);
          block.set(chunk, filled);
          filled += chunk.length;
          if (filled === length) return block;
          continue;
        }
        if (failure !== undefined) throw broken();
        if (socket.readableEnded || socket.destroyed) {
          if (filled === 0) return undefined;
          throw new TransportError('network', 'the connection ended in the middle of a block');
        }
        await moreToRead();
      }
    },
    async write(bytes, sent) {
      if (!socket.writable) throw broken();
      if (socket.write(bytes, sent)) return;
      await roomToWrite();
      if (!socket.writable) throw broken();
    },
    close: () => socket.destroySoon(),
    destroy: () => {
      socket.destroy();
    },
  };
}
