/** Times and limits of the client; where the reference has a value (NetworkConfig), in its range. */
import type { RetryPolicy } from '../../base/index.ts';

/** From sending a command to its answer. */
export const RESPONSE_TIMEOUT_MS = 20_000;

/** The hellos, once connected. */
export const CLIENT_HANDSHAKE_TIMEOUT_MS = 15_000;

/** A connection that is silent this long gets a PING; without an answer it is taken for dead. */
export const PING_INTERVAL_MS = 120_000;

/** A connection to a server that nothing is received from is closed after this long without a command. */
export const UNUSED_CONNECTION_MS = 300_000;

/** Between attempts to reach a server that has subscriptions. */
export const RECONNECT_POLICY: RetryPolicy = { initialMs: 1_000, maxMs: 120_000, factor: 2 };

/** The version of a server will not change soon. */
export const OTHER_VERSION_DELAY_MS = 600_000;

/** Another identity may be that of a network that asks for a login first. */
export const OTHER_IDENTITY_DELAY_MS = 60_000;

/** Between attempts to subscribe on one connection, while the server is in trouble. */
export const SUBSCRIBE_POLICY: RetryPolicy = { initialMs: 1_000, maxMs: 60_000, factor: 2 };

/** Between attempts to acknowledge on one connection, and how many there are. */
export const ACK_POLICY: RetryPolicy = { initialMs: 1_000, maxMs: 8_000, factor: 2 };
export const ACK_RETRIES = 4;

/** SUBs waiting for answers at once when subscribing again: about two blocks. */
export const SUBSCRIBE_BATCH = 256;
