/** The interface to the proxy (proxy/), which acts as a client of other servers and is passed in. */
import type { SmpServer } from '../../protocol/index.ts';
import type { ForwardedCommand, Response } from '../protocol/index.ts';

export interface ProxyService {
  /** Creates the state of one connection to this server, with its own limits. */
  client(): ProxyClient;
  /** Closes the connections to relays; pending commands are answered with errors. */
  close(): void;
}

/** Methods never reject: failures between this server and a relay become error responses. */
export interface ProxyClient {
  /** PRXY: returns `PKEY` for a connection to the relay, which all clients share. */
  connect(relay: SmpServer): Promise<Response>;
  /** PFWD: returns `PRES` from the relay whose connection has this session id. */
  forward(sessionId: Uint8Array, command: ForwardedCommand): Promise<Response>;
  /** The client has disconnected: stops waiting for relays. */
  close(): void;
}
