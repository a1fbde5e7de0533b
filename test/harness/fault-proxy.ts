/** A TCP proxy on loopback that injects network faults: delays, freezes, resets, single bytes. */
import { type AddressInfo, createServer, connect as netConnect, type Server, type Socket } from 'node:net';

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  frozen: boolean;
}

export class FaultProxy {
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  /** Maximum bytes forwarded at once. */
  chunk = Number.POSITIVE_INFINITY;
  /** Delay in milliseconds. */
  delayMs = 0;
  /** Number of accepted connections. */
  taken = 0;

  private constructor(target: () => number) {
    this.#server = createServer({ noDelay: true }, (client) => {
      this.taken++;
      const server = netConnect({ host: '127.0.0.1', port: target(), noDelay: true });
      const pair: Pair = { client, server, frozen: false };
      this.#pairs.add(pair);
      this.#forward(pair, client, server);
      this.#forward(pair, server, client);
    });
  }

  /** Listens and forwards to `target`, which is called for each connection. */
  static async start(target: () => number): Promise<FaultProxy> {
    const proxy = new FaultProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.#pairs.size;
  }

  /** Stops forwarding on existing connections, without closing them. */
  freeze(): void {
    for (const pair of this.#pairs) pair.frozen = true;
  }

  /** Resets connections: all, or those that `chosen` selects. */
  cut(chosen: () => boolean = () => true): void {
    for (const pair of this.#pairs) if (chosen()) this.#end(pair);
  }

  /** Closes frozen connections, as a TCP keep-alive timeout would. */
  forgetFrozen(): void {
    for (const pair of this.#pairs) if (pair.frozen) this.#end(pair);
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.cut();
    await closed;
  }

  #end(pair: Pair): void {
    this.#pairs.delete(pair);
    for (const socket of [pair.client, pair.server]) socket.resetAndDestroy();
  }

  #forward(pair: Pair, from: Socket, to: Socket): void {
    from.on('error', () => this.#end(pair));
    from.on('close', () => {
      if (!pair.frozen) this.#end(pair);
    });
    from.on('data', (bytes: Buffer) => {
      from.pause();
      this.#pass(pair, bytes, to).then(
        () => from.resume(),
        () => this.#end(pair),
      );
    });
  }

  async #pass(pair: Pair, bytes: Buffer, to: Socket): Promise<void> {
    if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
    for (let at = 0; at < bytes.length && !pair.frozen; at += this.chunk) {
      const written = to.write(bytes.subarray(at, Math.min(at + this.chunk, bytes.length)));
      if (this.chunk < bytes.length || !written) await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
