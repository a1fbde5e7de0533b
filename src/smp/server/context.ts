/** What handlers work with. */
import type { Clock, Logger, Random } from '../../base/index.ts';
import type { Command, CommandKind, Response } from '../protocol/index.ts';
import type { SubscriptionBus } from './bus.ts';
import type { SharedRoom } from './room.ts';
import type { QueueRecord, SmpStore } from './store/types.ts';
import type { Subscriptions } from './subscriptions.ts';

/** Who may create queues. */
export interface QueuePolicy {
  readonly newQueues: boolean;
  /** Asked for in NEW; undefined when not needed. */
  readonly password: string | undefined;
}

/** What all connections may hold together. */
export interface SharedRooms {
  /** Bytes of commands being executed, and of answers and messages waiting to be sent. */
  readonly waiting: SharedRoom;
  readonly subscriptions: SharedRoom;
}

/** What all sessions share. */
export interface ServerContext {
  readonly store: SmpStore;
  readonly bus: SubscriptionBus;
  readonly policy: QueuePolicy;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** What a handler sees of the session and the command. */
export interface HandlerContext extends ServerContext {
  /** Agreed SMP version. */
  readonly version: number;
  readonly subscriptions: Subscriptions;
}

/** Runs `action` once the answer to the command is on its way. */
export type AfterReply = (action: () => void) => void;

/** A verified command. */
export interface Request<K extends CommandKind> {
  readonly entityId: Uint8Array;
  readonly command: Extract<Command, { readonly kind: K }>;
}

/** Executes a command that has no queue. */
export type Handler<K extends CommandKind> = (
  request: Request<K>,
  context: HandlerContext,
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
