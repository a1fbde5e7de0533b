/** Limits and times of the server; where the reference has the same setting, its default. */
import { BLOCK_SIZE } from '../../transport/index.ts';
import type { RoomLimits } from './room.ts';

/** Messages a queue takes before `ERR QUOTA`. */
export const QUEUE_QUOTA = 128;

/** Messages that nobody fetched are kept 21 days. */
export const MESSAGE_TTL_SECONDS = 21 * 86_400;

/** Notifications that nobody was told are kept a day. */
export const NOTIFICATION_TTL_SECONDS = 86_400;

/** Between searches for expired notifications. */
export const NOTIFICATION_EXPIRY_INTERVAL_MS = 3_600_000;

/** Between searches for expired messages. */
export const EXPIRY_INTERVAL_MS = 2 * 3_600_000;

/** Between two writes of how much time has passed: an end without a stop loses less than this. */
export const AGING_INTERVAL_MS = 10 * 60_000;

/** A connection without subscriptions and without traffic is closed after 6 hours. */
export const IDLE_TIMEOUT_MS = 6 * 3_600_000;

/** Between searches for idle connections. */
export const IDLE_CHECK_INTERVAL_MS = 3_600_000;

/** For the hellos, after TLS. */
export const SERVER_HANDSHAKE_TIMEOUT_MS = 30_000;

/** A connection that takes no block for this long is closed. */
export const WRITE_TIMEOUT_MS = 120_000;

/**
 * Connections at once, of all ports. An operator may set this and the other limits of all connections together
 * ([LIMITS] of the configuration); docs/limits.md says what each costs.
 */
export const MAX_CONNECTIONS = 20_000;

/** Connections from one address: many people can stand behind one, but not most of them. */
export const MAX_CONNECTIONS_PER_ADDRESS = 2_000;

/** Connections that have not agreed on TLS yet. */
export const MAX_HANDSHAKES = 1_000;

/** What all connections hold together in commands and answers: see {@link INCOMING_BYTES} and {@link OUTGOING_BYTES}. */
export const MAX_WAITING_BYTES = 512 * 1024 * 1024;

/** Queues that all connections together are subscribed to, or get messages from. */
export const MAX_SUBSCRIPTIONS = 1_000_000;

/** Of these, those of one connection: its own in any case, and at most. */
export const CONNECTION_SUBSCRIPTIONS: RoomLimits = { own: 100, most: 200_000 };

/** Secrets of senders that are remembered, of all connections together: some 20 MB. */
export const MAX_SECRETS = 100_000;

/** Of these, those of one connection: its own in any case, and at most. */
export const CONNECTION_SECRETS: RoomLimits = { own: 8, most: 2_000 };

/** What a command being executed takes besides its bytes; about what was measured. */
export const COMMAND_OVERHEAD_BYTES = 2_048;

/**
 * Commands of one connection being executed, before its socket is not read: two blocks in any case, and at most
 * thirty-two, which is a block of SUBs.
 */
export const INCOMING_BYTES: RoomLimits = { own: 2 * BLOCK_SIZE, most: 32 * BLOCK_SIZE };

/** Bytes of one connection waiting to be sent, before its commands wait: two blocks in any case, and at most sixty-four. */
export const OUTGOING_BYTES: RoomLimits = { own: 2 * BLOCK_SIZE, most: 64 * BLOCK_SIZE };

/** More than any answer without a message takes. */
export const SHORT_RESPONSE_BYTES = 1_024;

/** More than a notification takes. */
export const NOTIFICATION_BYTES = 512;

/** Tries to make ids that nobody has. */
export const ID_ATTEMPTS = 3;

/** After `stop`, how long connections may finish what they are doing: the server is to end within five seconds. */
export const DRAIN_TIMEOUT_MS = 4_000;
