/** The dependencies of the agent, wired once by the program that runs it. */
import type { Clock, Logger, Random } from '../base/index.ts';
import type { AuthKey, SmpServer, SmpServerWithAuth } from '../protocol/index.ts';
import type { RatchetEnvironment } from '../ratchet/index.ts';
import type { KemKeyPairs } from './kem-keys.ts';
import type { Database } from './store/index.ts';
import type { AgentEvent } from './types.ts';

/** The part of the SMP client that the agent uses; `smp/client` has all of it. */
export interface SmpQueueClient {
  createQueue(
    server: SmpServerWithAuth,
    request: {
      readonly authKey: AuthKey;
      readonly dhPublicKey: Uint8Array;
      readonly sndSecure: boolean;
      readonly subscribe: boolean;
    },
    signal: AbortSignal,
  ): Promise<{
    readonly rcvId: Uint8Array;
    readonly sndId: Uint8Array;
    readonly serverDhPublicKey: Uint8Array;
    readonly sndSecure: boolean;
  }>;
  subscribe(server: SmpServer, rcvId: Uint8Array, authKey: AuthKey, signal: AbortSignal): Promise<void>;
  forget(server: SmpServer, rcvId: Uint8Array): void;
  secureSender(server: SmpServer, sndId: Uint8Array, authKey: AuthKey, signal: AbortSignal): Promise<void>;
  send(
    server: SmpServer,
    sndId: Uint8Array,
    authKey: AuthKey | undefined,
    flags: { readonly notification: boolean },
    body: Uint8Array,
    signal: AbortSignal,
  ): Promise<void>;
  ack(server: SmpServer, rcvId: Uint8Array, authKey: AuthKey, msgId: Uint8Array, signal: AbortSignal): Promise<void>;
  deleteQueue(server: SmpServer, rcvId: Uint8Array, authKey: AuthKey, signal: AbortSignal): Promise<void>;
  /** Connects if necessary; resolves when the server responds. */
  ping(server: SmpServer, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** The events of the SMP client. */
export interface SmpQueueEvents {
  onMessage(
    server: SmpServer,
    rcvId: Uint8Array,
    message: { readonly msgId: Uint8Array; readonly body: Uint8Array },
  ): void;
  onEnd(server: SmpServer, rcvId: Uint8Array, reason: 'END' | 'DELD'): void;
  onConnected(server: SmpServer): void;
  onDisconnected(server: SmpServer): void;
  onSubscriptionError(server: SmpServer, rcvId: Uint8Array, error: Error): void;
}

export interface AgentOptions {
  readonly database: Database;
  readonly smp: (events: SmpQueueEvents) => SmpQueueClient;
  /** Servers for new queues: one is chosen at random, if possible not the peer's server. */
  readonly servers: readonly SmpServerWithAuth[];
  readonly clock: Clock;
  readonly random: Random;
  readonly kem: RatchetEnvironment['kem'];
  readonly kemKeyPairs: Pick<KemKeyPairs, 'take' | 'prepare'>;
  readonly logger: Logger;
  /**
   * Called in the transaction that stores the event's data, so that the app can store its part. Database errors roll
   * both back; other errors are logged.
   */
  readonly onEvent: (event: AgentEvent) => void;
}

/** The state shared by the agent's parts. */
export interface AgentContext {
  readonly sql: Database;
  readonly smp: SmpQueueClient;
  readonly ratchetEnv: RatchetEnvironment;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly emit: (event: AgentEvent) => void;
  /** Aborts when the agent stops. */
  readonly signal: AbortSignal;
}
