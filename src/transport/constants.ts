/** Sizes of the transport (simplex-messaging.md, "Transport connection with the SMP server"). */

/** Everything is sent in blocks of this many bytes. */
export const BLOCK_SIZE = 16_384;

/** What a batch can hold: a block less its length word (2), the count (1) and the tag of block encryption (16). */
export const BATCH_SIZE = BLOCK_SIZE - 19;

/** Most transmissions in one batch: their count is one byte. */
export const MAX_BATCH_COUNT = 255;

/** The protocol name clients offer in TLS. */
export const SMP_ALPN = 'smp/1';

/** What clients offer instead on the port that also serves web pages. */
export const WEB_ALPN = 'http/1.1';

/** From this SMP version on, blocks are encrypted once more inside TLS. */
export const ENCRYPTED_BLOCK_VERSION = 11;

/** From this SMP version on, clients say whether they are proxies: blocks of those are not encrypted inside TLS. */
export const PROXY_HELLO_VERSION = 14;

/** The greatest version that a proxy agrees with a server that does not know proxies by their hello. */
export const UNANNOUNCED_PROXY_VERSION = 10;

/** From this SMP version on, clients may be services, and authorised transmissions have a place for their signature. */
export const SERVICE_HELLO_VERSION = 16;
