/** The sender id of a queue created with a short link: the client must know it before the server responds. */
import { sha3_384 } from '../../crypto/index.ts';
import { ENTITY_ID_SIZE } from '../../protocol/index.ts';

/** The first 24 bytes of SHA3-384 of NEW's correlation id; the server accepts no other. */
export const senderIdOf = (corrId: Uint8Array): Uint8Array => sha3_384(corrId).subarray(0, ENTITY_ID_SIZE);
