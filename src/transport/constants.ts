/** Sizes of the transport (simplex-messaging.md, "Transport connection with the SMP server"). */

/** The size of every block. */
export const BLOCK_SIZE = 16_384;

/** The capacity of a batch: a block less its length word (2), the count (1) and the authentication tag (16). */
export const BATCH_SIZE = BLOCK_SIZE - 19;

/** Maximum transmissions in one batch: the count is one byte. */
export const MAX_BATCH_COUNT = 255;

/** The ALPN protocol name of SMP. */
export const SMP_ALPN = 'smp/1';

/** The ALPN name that clients offer instead on port 443, which also serves web pages. */
export const WEB_ALPN = 'http/1.1';

/** From this SMP version on, blocks are also encrypted inside TLS. */
export const ENCRYPTED_BLOCK_VERSION = 11;

/**
 * From this SMP version on, the hello says whether the client is a proxy; blocks of proxies are not encrypted inside
 * TLS.
 */
export const PROXY_HELLO_VERSION = 14;

/** The highest version a proxy negotiates with a server whose hello does not support proxies. */
export const UNANNOUNCED_PROXY_VERSION = 10;

/** From this SMP version on, clients may be services, and authorized transmissions have a field for their signature. */
export const SERVICE_HELLO_VERSION = 16;
