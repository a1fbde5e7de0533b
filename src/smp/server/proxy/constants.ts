/** Limits and times of forwarding; where the reference has the same setting, its default. */
import type { VersionRange } from '../../../protocol/index.ts';
import { BLOCK_SIZE } from '../../../transport/index.ts';
import type { RoomLimits } from '../room.ts';

/** PRXY and PFWD of one client being executed; more wait. */
export const CLIENT_CONCURRENCY = 32;

/** Of these, the connections to new relays: a client can ask for relays that never answer. */
export const CLIENT_ATTEMPTS = 16;

/** Relays connected at once. */
export const MAX_RELAYS = 1_000;

/** Connections to relays being made, as a part of the relays connected: those that never answer take no room of others. */
export const ATTEMPTS_SHARE = 1 / 2;

/** And at least so many: what two clients may have. */
export const LEAST_ATTEMPTS = 32;

/** An attempt that takes longer gives way to another when there are too many: most relays answer within a second. */
export const ATTEMPT_GRACE_MS = 5_000;

/** Relays of one host: one server has a few addresses, as several ports or an onion address beside its name. */
export const MAX_RELAYS_PER_HOST = 8;

/** Relays connected at one IP address (IPv6: one /64), whatever their names are. */
export const MAX_RELAYS_PER_ADDRESS = 16;

/** For name, TCP, TLS and handshake, over all hosts of a relay. */
export const CONNECT_TIMEOUT_MS = 45_000;

/** A relay that could not be reached is not tried again for this long: its clients get the same error. */
export const FAILURE_MS = 30_000;

/** A relay for which nobody had a command for this long is disconnected. */
export const IDLE_RELAY_MS = 3_600_000;

/** Between searches for such relays. */
export const IDLE_CHECK_MS = 600_000;

/** Hosts of one relay that are tried; addresses in use have one or two. */
export const MAX_HOSTS = 8;

/** Bytes of commands on their way to all relays. */
export const FORWARDING_BYTES = 128 * 1024 * 1024;

/** Of these, for one relay: what two need in any case, and what five hundred need at most. */
export const RELAY_BYTES: RoomLimits = { own: 2 * BLOCK_SIZE, most: 512 * BLOCK_SIZE };

/** What a command takes besides its bytes. */
export const FORWARD_OVERHEAD_BYTES = 1_024;

/** Certificates and key of a relay: PKEY has to fit in a block with them. Chains in use have 1 to 3 KB. */
export const MAX_KEY_BYTES = 12_000;

/**
 * Versions that clients may speak with relays. One less than the newest, as the network does it: a relay should not
 * see from the version of a command that its sender was among the first to update.
 */
export const PROXIED_VERSIONS: VersionRange = { min: 8, max: 17 };
