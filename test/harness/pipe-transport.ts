/** Two ends of an in-memory connection. Writes wait while the peer does not read, like a full socket. */
import { type Deferred, deferred } from '../../src/base/index.ts';
import type { Transport } from '../../src/transport/index.ts';

class Pipe {
  readonly #chunks: Uint8Array[] = [];
  #reader: Deferred<void> | undefined;
  #writer: Deferred<void> | undefined;
  #closed = false;

  /** At most `length` bytes of a single write. */
  async read(length: number): Promise<Uint8Array | undefined> {
    while (this.#chunks.length === 0) {
      if (this.#closed) return undefined;
      this.#reader ??= deferred<void>();
      await this.#reader.promise;
    }
    const chunk = this.#chunks.shift()!;
    if (chunk.length > length) {
      this.#chunks.unshift(chunk.subarray(length));
      return chunk.subarray(0, length);
    }
    this.#writer?.resolve();
    this.#writer = undefined;
    return chunk;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#chunks.push(bytes.slice());
    this.#reader?.resolve();
    this.#reader = undefined;
    while (this.#chunks.length > 0 && !this.#closed) {
      this.#writer ??= deferred<void>();
      await this.#writer.promise;
    }
    if (this.#closed) throw new Error('closed');
  }

  close(): void {
    this.#closed = true;
    this.#reader?.resolve();
    this.#writer?.resolve();
  }
}

/** The client's and the server's end; a write is never split within a block. */
export function pipeTransports(
  sessionId: Uint8Array,
  serverChain: readonly Uint8Array[],
): { readonly client: Transport; readonly server: Transport } {
  const [up, down] = [new Pipe(), new Pipe()];
  const closed = deferred<void>();
  const close = () => {
    up.close();
    down.close();
    closed.resolve();
  };
  const end = (incoming: Pipe, outgoing: Pipe, peerChain: readonly Uint8Array[]): Transport => ({
    sessionId,
    alpn: 'smp/1',
    peerChain,
    closed: closed.promise,
    read: (length) => incoming.read(length),
    write: (bytes) => outgoing.write(bytes),
    close,
    destroy: close,
  });
  return { client: end(down, up, serverChain), server: end(up, down, []) };
}
