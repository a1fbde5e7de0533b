/** The encrypted byte stream under all protocols, as an interface: TLS in production, simulated in tests. */

/** An open connection. Reading and writing apply backpressure to the peer, so buffers are bounded. */
export interface Transport {
  /** The client's TLS Finished message (session id): signatures that include it are bound to this connection. */
  readonly sessionId: Uint8Array;
  /** The ALPN protocol name; undefined when the client offered none. */
  readonly alpn: string | undefined;
  /** The peer's certificates (DER), leaf first; empty when it presented none. */
  readonly peerChain: readonly Uint8Array[];
  /** Resolves when the connection is closed by either end. Never rejects. */
  readonly closed: Promise<void>;
  /** Reads exactly `length` bytes; undefined when the peer closed between reads. One read at a time. */
  read(length: number): Promise<Uint8Array | undefined>;
  /**
   * Resolves when the bytes are queued and there is room for more. `sent` is called once the buffer may be reused; it
   * may never be called.
   */
  write(bytes: Uint8Array, sent?: () => void): Promise<void>;
  /** Closes after sending what was written; may be repeated. */
  close(): void;
  /** Closes at once. */
  destroy(): void;
}

/** Where to connect: the host names of one server by preference, its port, and the ALPN names to offer. */
export interface ConnectTarget {
  readonly hosts: readonly string[];
  readonly port: number;
  readonly alpn: readonly string[];
}

/** Opens a connection; rejects with `TransportError` or the reason of `signal`. Does not verify the peer's identity. */
export type TransportConnect = (target: ConnectTarget, signal: AbortSignal) => Promise<Transport>;
