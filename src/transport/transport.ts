/** The encrypted byte stream under every protocol here, as an interface: TLS in production, simulated in tests. */

/** An open connection. Reading and writing stop the other end when it is too fast: nothing is buffered without bound. */
export interface Transport {
  /** The client's TLS Finished message: binds what is signed to this connection. */
  readonly sessionId: Uint8Array;
  /** The protocol name agreed in TLS; undefined when the client offered none. */
  readonly alpn: string | undefined;
  /** The other end's certificates (DER), leaf first; empty for clients. */
  readonly peerChain: readonly Uint8Array[];
  /** Resolves when the connection is gone, whoever ended it. Never rejects. */
  readonly closed: Promise<void>;
  /** Exactly `length` bytes, or undefined when the other end has closed between reads; one read at a time. */
  read(length: number): Promise<Uint8Array | undefined>;
  /**
   * Resolves when the bytes are on their way and there is room for more. `sent` is called once nobody looks at them any
   * more; never, where somebody may.
   */
  write(bytes: Uint8Array, sent?: () => void): Promise<void>;
  /** Sends what was written, then closes; harmless when repeated. */
  close(): void;
  /** Closes at once. */
  destroy(): void;
}

/** Where to connect: the names of one server in order of preference, its port, the protocols to offer. */
export interface ConnectTarget {
  readonly hosts: readonly string[];
  readonly port: number;
  readonly alpn: readonly string[];
}

/** Opens a connection; rejects with `TransportError`, or the reason of `signal`. Does not check who answers. */
export type TransportConnect = (target: ConnectTarget, signal: AbortSignal) => Promise<Transport>;
