/** Timeouts and limits of the client, in the range of the reference's NetworkConfig where it has the value. */
import type { RetryPolicy } from '../../base/index.ts';

/** From sending a command to receiving its response. */
export const RESPONSE_TIMEOUT_MS = 20_000;

/** For the SMP handshake, after TLS. */
export const CLIENT_HANDSHAKE_TIMEOUT_MS = 15_000;

/** A connection without received data for this long gets a PING; without a response it is considered dead. */
export const PING_INTERVAL_MS = 120_000;

/** A connection without subscriptions is closed when it has not been used for this long. */
export const UNUSED_CONNECTION_MS = 300_000;

/** Delays between attempts to reconnect to a server with subscriptions. */
export const RECONNECT_POLICY: RetryPolicy = { initialMs: 1_000, maxMs: 120_000, factor: 2 };

/** Delay after a version mismatch: the server will not be updated soon. */
export const OTHER_VERSION_DELAY_MS = 600_000;

/** Delay after an identity mismatch, which may be caused by a captive portal. */
export const OTHER_IDENTITY_DELAY_MS = 60_000;

/** Delays between attempts to subscribe on one connection after temporary errors. */
export const SUBSCRIBE_POLICY: RetryPolicy = { initialMs: 1_000, maxMs: 60_000, factor: 2 };

/** Delays between attempts to acknowledge on one connection; their number follows. */
export const ACK_POLICY: RetryPolicy = { initialMs: 1_000, maxMs: 8_000, factor: 2 };
export const ACK_RETRIES = 4;

/** Maximum pending SUB commands while subscribing again: about two blocks. */
export const SUBSCRIBE_BATCH = 256;
