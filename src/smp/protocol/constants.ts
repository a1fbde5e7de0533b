/** Versions and sizes of SMP (simplex-messaging.md, "Version history", "Send message"; sizes as the reference pads). */
import type { VersionRange } from '../../protocol/index.ts';

/** What we offer and accept. */
export const SMP_VERSIONS: VersionRange = { min: 9, max: 18 };

/** Versions of what clients put into messages and queue addresses. */
export const SMP_CLIENT_VERSIONS: VersionRange = { min: 3, max: 4 };

/** Before it, subscribers of a deleted queue get END. */
export const DELETED_EVENT_VERSION = 10;
/** Before it, blocked queues look like absent ones. */
export const BLOCKED_VERSION = 12;
/** From it on, NEW and IDS say the mode of a queue by name, and may carry a short link. */
export const SHORT_LINKS_VERSION = 15;
/** From it on, IDS names the service of the queue, and subscriptions are answered with SOK. */
export const SERVICE_VERSION = 16;
/** From it on, NEW may ask for a notifier. */
export const NEW_NOTIFIER_VERSION = 17;
/** Before it, BLOCKED says nothing but the reason. */
export const NOTICES_VERSION = 18;

/** Largest body of SEND; `ERR LARGE_MSG` above. */
export function maxMessageLength(version: number): number {
  return version >= 11 ? 16_048 : 16_064;
}

/** What a delivered body is padded to before it is encrypted to the recipient: 16,088, and 16 for time and flags. */
export const DELIVERY_BODY_SIZE = 16_104 + 2;

/** What the agent pads a confirmation to before encrypting it for a queue: room for a key in the header. */
export const E2E_CONFIRMATION_LENGTH = 15_904;

/** What the agent pads any other message to. */
export const E2E_MESSAGE_LENGTH = 16_000;
