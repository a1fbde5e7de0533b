/** Limits and intervals of the server. Where the reference server has the same setting, its default is used. */
import { BLOCK_SIZE } from '../../transport/index.ts';
import type { RoomLimits } from './room.ts';

/** Messages a queue accepts before it answers `ERR QUOTA`. */
export const QUEUE_QUOTA = 128;

/** Undelivered messages expire after 21 days. */
export const MESSAGE_TTL_SECONDS = 21 * 86_400;

/** Undelivered notifications expire after a day. */
export const NOTIFICATION_TTL_SECONDS = 86_400;

/** Interval between scans for expired notifications. */
export const NOTIFICATION_EXPIRY_INTERVAL_MS = 3_600_000;

/** Interval between scans for expired messages. */
export const EXPIRY_INTERVAL_MS = 2 * 3_600_000;

/** Interval between writes of the aging clock; after a crash at most this much elapsed time is not counted. */
export const AGING_INTERVAL_MS = 10 * 60_000;

/** A connection without subscriptions and without traffic is closed after 6 hours. */
export const IDLE_TIMEOUT_MS = 6 * 3_600_000;

/** Interval between scans for idle connections. */
export const IDLE_CHECK_INTERVAL_MS = 3_600_000;

/** Time for the SMP handshake, after TLS. */
export const SERVER_HANDSHAKE_TIMEOUT_MS = 30_000;

/** A connection is closed when the peer reads nothing for this long. */
export const WRITE_TIMEOUT_MS = 120_000;

/**
 * Maximum concurrent connections over all ports. Operators can change this and the other global limits in [LIMITS] of
 * the configuration; docs/limits.md gives the cost of each.
 */
export const MAX_CONNECTIONS = 20_000;

/** Maximum concurrent connections from one address. Many users can share one address (NAT), but not most of them. */
export const MAX_CONNECTIONS_PER_ADDRESS = 2_000;

/** Maximum concurrent TLS handshakes. */
export const MAX_HANDSHAKES = 1_000;

/**
 * Maximum memory for commands and responses of all connections: see {@link INCOMING_BYTES} and {@link OUTGOING_BYTES}.
 */
export const MAX_WAITING_BYTES = 512 * 1024 * 1024;

/** Maximum subscriptions of all connections: queues subscribed to with SUB or read with GET. */
export const MAX_SUBSCRIPTIONS = 1_000_000;

/** The share of one connection: the guaranteed minimum and the maximum. */
export const CONNECTION_SUBSCRIPTIONS: RoomLimits = { own: 100, most: 200_000 };

/** Maximum cached sender secrets of all connections: about 20 MB. */
export const MAX_SECRETS = 100_000;

/** The share of one connection: the guaranteed minimum and the maximum. */
export const CONNECTION_SECRETS: RoomLimits = { own: 8, most: 2_000 };

/** Memory of a command being executed, besides its own bytes; estimated from measurements. */
export const COMMAND_OVERHEAD_BYTES = 2_048;

/**
 * Bytes of commands of one connection being executed before its socket is paused: two blocks guaranteed, at most
 * thirty-two, which is the memory for a block of SUBs.
 */
export const INCOMING_BYTES: RoomLimits = { own: 2 * BLOCK_SIZE, most: 32 * BLOCK_SIZE };

/** Bytes queued for sending on one connection before its commands wait: two blocks guaranteed, at most sixty-four. */
export const OUTGOING_BYTES: RoomLimits = { own: 2 * BLOCK_SIZE, most: 64 * BLOCK_SIZE };

/** Upper bound for the size of a response without a message. */
export const SHORT_RESPONSE_BYTES = 1_024;

/** Upper bound for the size of a notification. */
export const NOTIFICATION_BYTES = 512;

/** Attempts to generate unused ids. */
export const ID_ATTEMPTS = 3;

/** Time that connections get to finish commands after `stop`; the server must exit within five seconds. */
export const DRAIN_TIMEOUT_MS = 4_000;
