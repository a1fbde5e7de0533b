/** What the tests of the chat protocol share. */
export { concatBytes, EncodeError, fromHex as hexOf, fromUtf8, utf8 } from '../../../../src/encoding/index.ts';
