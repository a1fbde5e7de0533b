/**
 * The mode of a queue (simplex-messaging.md, "Create queue command"), and the short link it may be created with:
 *
 * ```
 * queueRequest = "M" (maybe (senderId linkData)) / "C" (maybe (linkId senderId linkData))
 * linkData = fixedData userData     ; large strings
 * ```
 *
 * Before version 15 a boolean takes its place: whether the sender may secure the queue.
 */
import { bool, bytes, type Codec, large, letters, map, maybe, struct } from '../../encoding/index.ts';

/** `messaging`: one sender, who may secure it. `contact`: open to any number of senders. */
export type QueueMode = 'messaging' | 'contact';

/** The encrypted data of a short link: `fixed` is immutable, `user` can be replaced by the owner. */
export interface LinkData {
  readonly fixed: Uint8Array;
  readonly user: Uint8Array;
}

export const linkDataCodec: Codec<LinkData> = struct<LinkData>({ fixed: large, user: large });

/** The client derives the sender id: see `senderIdOf`. */
export interface NewMessagingLink {
  readonly sndId: Uint8Array;
  readonly data: LinkData;
}

export interface NewContactLink extends NewMessagingLink {
  readonly linkId: Uint8Array;
}

export type QueueRequest =
  | { readonly mode: 'messaging'; readonly link: NewMessagingLink | undefined }
  | { readonly mode: 'contact'; readonly link: NewContactLink | undefined };

export const queueModeCodec: Codec<QueueMode> = letters({ messaging: 'M', contact: 'C' }, 'queue mode');

const newMessagingLinkCodec = maybe(struct<NewMessagingLink>({ sndId: bytes, data: linkDataCodec }));
const newContactLinkCodec = maybe(struct<NewContactLink>({ linkId: bytes, sndId: bytes, data: linkDataCodec }));

export const queueRequestCodec: Codec<QueueRequest> = {
  write(writer, request) {
    queueModeCodec.write(writer, request.mode);
    if (request.mode === 'messaging') newMessagingLinkCodec.write(writer, request.link);
    else newContactLinkCodec.write(writer, request.link);
  },
  read(reader) {
    const mode = queueModeCodec.read(reader);
    return mode === 'messaging'
      ? { mode, link: newMessagingLinkCodec.read(reader) }
      : { mode, link: newContactLinkCodec.read(reader) };
  },
};

/** The encoding of the mode before version 15. */
export const secureFlagCodec: Codec<QueueMode | undefined> = map(
  bool,
  (secure): QueueMode => (secure ? 'messaging' : 'contact'),
  (mode) => mode === 'messaging',
);

/** The encoding of a request before version 15. */
export const secureFlagRequestCodec: Codec<QueueRequest | undefined> = map(
  secureFlagCodec,
  (mode): QueueRequest => (mode === 'messaging' ? { mode, link: undefined } : { mode: 'contact', link: undefined }),
  (request) => request?.mode,
);
