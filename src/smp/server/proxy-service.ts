/** What the server asks of the part of it that is a client of other servers (proxy/), which is handed in. */
import type { SmpServer } from '../../protocol/index.ts';
import type { ForwardedCommand, Response } from '../protocol/index.ts';

export interface ProxyService {
  /** For one connection to this server, with limits of its own. */
  client(): ProxyClient;
  /** Closes the connections to relays; what is under way is answered with errors. */
  close(): void;
}

/** Never rejects: what goes wrong between this server and a relay is an answer. */
export interface ProxyClient {
  /** PRXY: `PKEY` of a connection to the relay, which is shared with other clients. */
  connect(relay: SmpServer): Promise<Response>;
  /** PFWD: `PRES` from the relay whose connection has this session id. */
  forward(sessionId: Uint8Array, command: ForwardedCommand): Promise<Response>;
  /** Nobody waits for answers any more. */
  close(): void;
}
