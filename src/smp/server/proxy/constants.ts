/** Limits and intervals of forwarding. Where the reference server has the same setting, its default is used. */
import type { VersionRange } from '../../../protocol/index.ts';
import { BLOCK_SIZE } from '../../../transport/index.ts';
import type { RoomLimits } from '../room.ts';

/** Concurrent PRXY and PFWD commands of one client; further ones wait. */
export const CLIENT_CONCURRENCY = 32;

/** Of these, concurrent attempts to connect to new relays: a client can name relays that never answer. */
export const CLIENT_ATTEMPTS = 16;

/** Maximum connected relays. */
export const MAX_RELAYS = 1_000;

/**
 * Maximum connection attempts, as a fraction of the maximum connected relays. They are counted apart, so that
 * unreachable relays take no places of connected ones.
 */
export const ATTEMPTS_SHARE = 1 / 2;

/** Minimum for the attempts: the share of two clients. */
export const LEAST_ATTEMPTS = 32;

/** When there are too many attempts, one older than this gives way to a new one: most relays answer within a second. */
export const ATTEMPT_GRACE_MS = 5_000;

/** Maximum relays per host: a server may have several ports, or an onion address besides its domain name. */
export const MAX_RELAYS_PER_HOST = 8;

/** Maximum relays connected at one IP address (IPv6: one /64), whatever their host names. */
export const MAX_RELAYS_PER_ADDRESS = 16;

/** Time for DNS, TCP, TLS and handshake over all hosts of a relay. */
export const CONNECT_TIMEOUT_MS = 45_000;

/** A relay that could not be reached is not retried for this long: its clients get the same error. */
export const FAILURE_MS = 30_000;

/** A relay without commands for this long is disconnected. */
export const IDLE_RELAY_MS = 3_600_000;

/** Interval between scans for idle relays. */
export const IDLE_CHECK_MS = 600_000;

/** Hosts of one relay that are tried; addresses in use have one or two. */
export const MAX_HOSTS = 8;

/** Maximum bytes of commands in flight to all relays. */
export const FORWARDING_BYTES = 128 * 1024 * 1024;

/** The share of one relay: two blocks guaranteed, at most 512. */
export const RELAY_BYTES: RoomLimits = { own: 2 * BLOCK_SIZE, most: 512 * BLOCK_SIZE };

/** Memory of a command in flight, besides its own bytes. */
export const FORWARD_OVERHEAD_BYTES = 1_024;

/** Maximum size of a relay's certificates and key: PKEY must fit in a block with them. Chains in use have 1 to 3 KB. */
export const MAX_KEY_BYTES = 12_000;

/**
 * Versions that clients may use with relays: one less than the newest, as in the reference. Otherwise a relay could
 * tell from the version of a command that its sender was among the first to update.
 */
export const PROXIED_VERSIONS: VersionRange = { min: 8, max: 17 };
