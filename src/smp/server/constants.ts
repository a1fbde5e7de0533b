/** Limits and times of the server; where the reference has the same setting, its default. */

/** Messages a queue takes before `ERR QUOTA`. */
export const QUEUE_QUOTA = 128;

/** Messages that nobody fetched are kept 21 days. */
export const MESSAGE_TTL_SECONDS = 21 * 86_400;

/** Between searches for expired messages. */
export const EXPIRY_INTERVAL_MS = 2 * 3_600_000;

/** A connection without subscriptions and without traffic is closed after 6 hours. */
export const IDLE_TIMEOUT_MS = 6 * 3_600_000;

/** Between searches for idle connections. */
export const IDLE_CHECK_INTERVAL_MS = 3_600_000;

/** For the hellos, after TLS. */
export const HANDSHAKE_TIMEOUT_MS = 30_000;

/** A connection that takes no block for this long is closed. */
export const WRITE_TIMEOUT_MS = 120_000;

/** Connections at once. */
export const MAX_CONNECTIONS = 20_000;

/** Commands of one connection being executed; its socket is not read meanwhile. About a block of SUBs each. */
export const MAX_COMMANDS_IN_PROGRESS = 128;

/** Responses of one connection waiting to be sent, before its commands wait: at most this many deliveries of 16 KiB. */
export const MAX_OUTGOING = 64;

/** Tries to make ids that nobody has. */
export const ID_ATTEMPTS = 3;

/** After `stop`, how long connections may finish what they are doing. */
export const DRAIN_TIMEOUT_MS = 5_000;
