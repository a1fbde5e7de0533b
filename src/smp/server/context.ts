/** What handlers work with. */
import type { AgingClock, Clock, Logger, Random } from '../../base/index.ts';
import type { BoxKey } from '../../crypto/index.ts';
import type { KnownSecrets } from '../../protocol/index.ts';
import type { PeerService } from '../../transport/index.ts';
import type { Command, CommandKind, Response } from '../protocol/index.ts';
import type { ServerObserver } from './observer.ts';
import type { ProxyClient, ProxyService } from './proxy-service.ts';
import type { RepeatedErrors } from './repeated-errors.ts';
import type { SharedRoom } from './room.ts';
import type { QueueRecord, SessionStore } from './store/types.ts';
import type { SubscriptionBus } from './subscriptions/bus.ts';
import type { NotifierSubscriptions } from './subscriptions/notifier-subscriptions.ts';
import type { Subscriptions } from './subscriptions/subscriptions.ts';

/** Who may create queues. */
export interface QueuePolicy {
  readonly newQueues: boolean;
  /** Asked for in NEW; undefined when not needed. */
  readonly password: string | undefined;
  /** Age (seconds) from which SEND removes the messages before it; undefined when it removes none. */
  readonly expireOnSendSeconds?: number | undefined;
}

/** What all connections may hold together. */
export interface SharedRooms {
  /** Bytes of commands being executed, and of answers and messages waiting to be sent. */
  readonly waiting: SharedRoom;
  readonly subscriptions: SharedRoom;
  /** Secrets of senders that are remembered. */
  readonly secrets: SharedRoom;
}

/** What all sessions share. */
export interface ServerContext {
  readonly store: SessionStore;
  readonly bus: SubscriptionBus;
  readonly policy: QueuePolicy;
  readonly clock: Clock;
  /** By which messages and notifications expire. */
  readonly aging: AgingClock;
  readonly random: Random;
  readonly logger: Logger;
  /** For errors of the store, which each command may meet. */
  readonly storeErrors: RepeatedErrors;
  readonly observer: ServerObserver;
  /** Undefined when nothing is forwarded to other servers. */
  readonly proxyService: ProxyService | undefined;
}

/** What a connection needs for commands that its client, a proxy, forwards. */
export interface Forwarding {
  /** Agreed with the proxy; undefined when it gave no key. */
  readonly secret: BoxKey | undefined;
  /** Our X25519 key of this connection. */
  readonly privateKey: Uint8Array;
  /** Executes a transmission of one of the proxy's clients, undefined when it cannot be read, and gives the answer's. */
  execute(version: number, transmission: Uint8Array | undefined): Promise<Uint8Array>;
}

/** What a handler sees of the session and the command. */
export interface HandlerContext extends ServerContext {
  /** Agreed SMP version. */
  readonly version: number;
  /** The service that the client is. */
  readonly service: PeerService | undefined;
  /** Secrets of senders; undefined where they belong to no connection of theirs. */
  readonly secrets: KnownSecrets | undefined;
  readonly subscriptions: Subscriptions;
  readonly notifiers: NotifierSubscriptions;
  /** For commands that the client, a proxy, forwards. */
  readonly forwarding: Forwarding;
  /** For commands of the client to other servers. */
  proxy(): ProxyClient | undefined;
}

/** Runs `action` once the answer to the command is on its way. */
export type AfterReply = (action: () => void) => void;

/** A verified command. */
export interface Request<K extends CommandKind> {
  readonly corrId: Uint8Array;
  readonly entityId: Uint8Array;
  readonly command: Extract<Command, { readonly kind: K }>;
}

/** Executes a command that has no queue. */
export type Handler<K extends CommandKind> = (
  request: Request<K>,
  context: HandlerContext,
  afterReply: AfterReply,
) => Response | Promise<Response>;

/** Executes a command on the queue that its entity id names and its authorization allows. */
export type QueueHandler<K extends CommandKind> = (
  request: Request<K> & { readonly queue: QueueRecord },
  context: HandlerContext,
  afterReply: AfterReply,
) => Response | Promise<Response>;

export const ok: Response = { kind: 'OK' };
export const authError: Response = { kind: 'ERR', error: { kind: 'AUTH' } };
/** The connection, or all together, have as many subscriptions as they may. */
export const quotaError: Response = { kind: 'ERR', error: { kind: 'QUOTA' } };
export const prohibited: Response = { kind: 'ERR', error: { kind: 'CMD', error: 'PROHIBITED' } };
export const internalError: Response = { kind: 'ERR', error: { kind: 'INTERNAL' } };
