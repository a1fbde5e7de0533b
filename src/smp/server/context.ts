/** The interfaces that handlers work with. */
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

/** Policy for creating queues. */
export interface QueuePolicy {
  readonly newQueues: boolean;
  /** Required in NEW; undefined when no password is required. */
  readonly password: string | undefined;
  /** SEND first removes messages of the queue that are older than this (seconds); undefined: removes none. */
  readonly expireOnSendSeconds?: number | undefined;
}

/** Limits that all connections share. */
export interface SharedRooms {
  /** Bytes of commands being executed, and of responses and messages queued for sending. */
  readonly waiting: SharedRoom;
  readonly subscriptions: SharedRoom;
  /** Cached sender secrets. */
  readonly secrets: SharedRoom;
}

/** State shared by all sessions. */
export interface ServerContext {
  readonly store: SessionStore;
  readonly bus: SubscriptionBus;
  readonly policy: QueuePolicy;
  readonly clock: Clock;
  /** The clock by which messages and notifications expire. */
  readonly aging: AgingClock;
  readonly random: Random;
  readonly logger: Logger;
  /** Deduplicates store errors in the log: a failing disk can make every command fail. */
  readonly storeErrors: RepeatedErrors;
  readonly observer: ServerObserver;
  /** Undefined when this server does not forward commands to other servers. */
  readonly proxyService: ProxyService | undefined;
}

/** What a connection needs to execute commands that its client, a proxy, forwards. */
export interface Forwarding {
  /** The shared secret with the proxy; undefined when the proxy sent no key. */
  readonly secret: BoxKey | undefined;
  /** The server's X25519 private key of this session. */
  readonly privateKey: Uint8Array;
  /** Executes a forwarded transmission (undefined: unreadable) and returns the encoded response. */
  execute(version: number, transmission: Uint8Array | undefined): Promise<Uint8Array>;
}

/** What a handler sees of the session and of the command. */
export interface HandlerContext extends ServerContext {
  /** The negotiated SMP version. */
  readonly version: number;
  /** The client's service identity, if it is a service. */
  readonly service: PeerService | undefined;
  /** Cached sender secrets; undefined for forwarded commands, whose senders have no connection here. */
  readonly secrets: KnownSecrets | undefined;
  readonly subscriptions: Subscriptions;
  readonly notifiers: NotifierSubscriptions;
  /** For RFWD: the client is a proxy. */
  readonly forwarding: Forwarding;
  /** For PRXY and PFWD: commands to other servers. */
  proxy(): ProxyClient | undefined;
}

/** Schedules `action` to run after the response is queued. */
export type AfterReply = (action: () => void) => void;

/** A verified command. */
export interface Request<K extends CommandKind> {
  readonly corrId: Uint8Array;
  readonly entityId: Uint8Array;
  readonly command: Extract<Command, { readonly kind: K }>;
}

/** Executes a command that is not about a queue. */
export type Handler<K extends CommandKind> = (
  request: Request<K>,
  context: HandlerContext,
  afterReply: AfterReply,
) => Response | Promise<Response>;

/** Executes a command on the queue named by its entity id, after authorization. */
export type QueueHandler<K extends CommandKind> = (
  request: Request<K> & { readonly queue: QueueRecord },
  context: HandlerContext,
  afterReply: AfterReply,
) => Response | Promise<Response>;
