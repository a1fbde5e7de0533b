/**
 * Bodies of agent messages: one event, a batch of them, or either compressed (chat protocol, "Message encoding").
 *
 *   body       = "{" json | "[" json-array | "X" compressed-list | "=" binary-batch | "F" file-chunk
 *   binary-batch = count (1 byte) *(length (2 bytes) element)      — newer peers; elements are bodies of "{" and "F"
 */
import { concatBytes, DecodeError, decode, EncodeError, encode, large, list, utf8 } from '../../encoding/index.ts';
import { compressedListCodec, compressItem, decompressItem, MAX_DECOMPRESSED_SIZE } from './compression.ts';
import { decodeJson, type Json } from './json.ts';
import { type ChatMessage, decodeChatMessage, encodeChatMessage } from './message.ts';

/** Largest message as JSON, and largest body when the ratchet carries a KEM: then longer ones are compressed. */
export const MAX_ENCODED_MSG_LENGTH = 15_602;
export const MAX_COMPRESSED_MSG_LENGTH = 13_380;
/** The same for the information that goes with invitations and confirmations (`x.info`, `x.contact`). */
export const MAX_ENCODED_INFO_LENGTH = 14_694;
export const MAX_COMPRESSED_INFO_LENGTH = 10_968;

/**
 * The most messages that are read out of one body. What peers batch is at most {@link MAX_ENCODED_MSG_LENGTH} bytes, which
 * has no room for more; a compressed body of a few bytes can hold tens of thousands of elements.
 */
export const MAX_BODY_ELEMENTS = 256;

export type BodyPurpose = 'message' | 'info';

/** `binary`: part of a file sent inline, which current peers do not do. */
export type DecodedChatMessage =
  | { readonly kind: 'message'; readonly message: ChatMessage }
  | { readonly kind: 'binary'; readonly tag: string; readonly body: Uint8Array }
  | { readonly kind: 'invalid'; readonly reason: string };

const chars = { object: 0x7b, array: 0x5b, compressed: 0x58, binaryBatch: 0x3d, fileChunk: 0x46 } as const;

/** A body of one message or, as a JSON array, of several; with `compress`, in the compressed form. */
export function encodeChatBody(
  messages: ChatMessage | readonly ChatMessage[],
  { compress }: { readonly compress: boolean },
): Uint8Array {
  const encoded = (isList(messages) ? messages : [messages]).map(encodeChatMessage);
  const plain = joinMessages(encoded);
  return compress ? compressBody(plain) : plain;
}

/**
 * A body that fits where it goes: compressed only when it has to be. Throws {@link EncodeError} when it is too large.
 * `pq`: the ratchet of the connection supports the KEM, whose headers take their part of the room.
 */
export function encodeFittingBody(message: ChatMessage, purpose: BodyPurpose, pq: boolean): Uint8Array {
  return fitBody(encodeChatMessage(message), purpose, pq);
}

function fitBody(plain: Uint8Array, purpose: BodyPurpose, pq: boolean): Uint8Array {
  const [maxPlain, maxPq] =
    purpose === 'message'
      ? [MAX_ENCODED_MSG_LENGTH, MAX_COMPRESSED_MSG_LENGTH]
      : [MAX_ENCODED_INFO_LENGTH, MAX_COMPRESSED_INFO_LENGTH];
  const body = plain.length <= maxPlain && pq && plain.length > maxPq ? compressBody(plain) : plain;
  if (body.length > (pq ? maxPq : maxPlain)) throw new EncodeError('the message is too large');
  return body;
}

/**
 * As few bodies as hold the messages in their order, each a JSON array (a single one stays as it is) that fits. Throws
 * {@link EncodeError} when one message alone does not.
 */
export function encodeBatches(messages: readonly ChatMessage[], pq: boolean): readonly Uint8Array[] {
  const bodies: Uint8Array[] = [];
  let batch: Uint8Array[] = [];
  let length = 0;
  const flush = () => {
    if (batch.length > 0) bodies.push(fitBody(joinMessages(batch), 'message', pq));
    batch = [];
    length = 0;
  };
  for (const message of messages) {
    const encoded = encodeChatMessage(message);
    // A comma or the brackets for each message: two bytes more than the commas take.
    if (length + encoded.length + 2 > MAX_COMPRESSED_MSG_LENGTH) flush();
    batch.push(encoded);
    length += encoded.length + 1;
  }
  flush();
  return bodies;
}

function joinMessages(encoded: readonly Uint8Array[]): Uint8Array {
  const [first, ...others] = encoded;
  if (first === undefined) throw new EncodeError('a body of no message');
  if (others.length === 0) return first;
  const comma = utf8(',');
  return concatBytes(utf8('['), first, ...others.flatMap((each) => [comma, each]), utf8(']'));
}

function compressBody(plain: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(chars.compressed), encode(compressedListCodec, [compressItem(plain)]));
}

/**
 * Never throws: what cannot be read is `invalid`, and does not keep the rest of a batch from being read. One `invalid`
 * stands for all that could not be read, and for what comes after {@link MAX_BODY_ELEMENTS} elements.
 */
export function decodeChatBody(body: Uint8Array): readonly DecodedChatMessage[] {
  const elements: DecodedChatMessage[] = [];
  let isWhole = true;
  let examined = 0;
  for (const element of attempt(() => readBody(body))) {
    const left = ++examined > MAX_BODY_ELEMENTS;
    const next = left ? ({ kind: 'invalid', reason: 'too many messages in one body' } as const) : element;
    if (next.kind !== 'invalid' || isWhole) elements.push(next);
    isWhole = isWhole && next.kind !== 'invalid';
    if (left) break;
  }
  return elements;
}

function readBody(body: Uint8Array): Iterable<DecodedChatMessage> {
  return body[0] === chars.compressed ? readCompressed(body.subarray(1)) : readPlain(body);
}

function* readCompressed(bytes: Uint8Array): Iterable<DecodedChatMessage> {
  let total = 0;
  for (const item of decode(compressedListCodec, bytes)) {
    yield* attempt(() => {
      const plain = decompressItem(item);
      total += plain.length;
      if (total > MAX_DECOMPRESSED_SIZE) throw new DecodeError('compressed body is too large', 0);
      return readPlain(plain);
    });
  }
}

/** Elements are read one by one, as they are asked for. */
function* readPlain(body: Uint8Array): Iterable<DecodedChatMessage> {
  switch (body[0]) {
    case chars.array:
      for (const item of decodeJson(body) as readonly Json[]) yield* attempt(() => [decodeItem(item)]);
      return;
    case chars.binaryBatch:
      for (const element of decode(list(large), body.subarray(1))) yield* attempt(() => [decodeElement(element)]);
      return;
    default:
      yield decodeElement(body);
  }
}

function decodeElement(body: Uint8Array): DecodedChatMessage {
  switch (body[0]) {
    case chars.object:
      return decodeItem(decodeJson(body));
    case chars.fileChunk:
      return { kind: 'binary', tag: 'F', body: body.subarray(1) };
    case undefined:
      throw new DecodeError('empty body', 0);
    default:
      throw new DecodeError('unknown kind of body', 0);
  }
}

function decodeItem(json: Json): DecodedChatMessage {
  return { kind: 'message', message: decodeChatMessage(json) };
}

function* attempt(read: () => Iterable<DecodedChatMessage>): Iterable<DecodedChatMessage> {
  try {
    yield* read();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    yield { kind: 'invalid', reason: error.message };
  }
}

function isList(messages: ChatMessage | readonly ChatMessage[]): messages is readonly ChatMessage[] {
  return Array.isArray(messages);
}
