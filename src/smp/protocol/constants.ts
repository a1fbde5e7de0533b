/** Versions and sizes of SMP (simplex-messaging.md, "Version history", "Send message"; paddings of the reference). */
import type { VersionRange } from '../../protocol/index.ts';

/** The SMP versions we support. */
export const SMP_VERSIONS: VersionRange = { min: 9, max: 18 };

/** Below, deletion is reported to the subscriber as END. */
export const DELETED_EVENT_VERSION = 10;
/** Below, a blocked queue is answered with AUTH, like an absent one. */
export const BLOCKED_VERSION = 12;
/** From here on, NEW and IDS have the queue mode, and NEW may create a short link. */
export const SHORT_LINKS_VERSION = 15;
/** From here on, IDS has the queue's service, and SUB is answered with SOK. */
export const SERVICE_VERSION = 16;
/** From here on, NEW may create a notifier. */
export const NEW_NOTIFIER_VERSION = 17;
/** Below, BLOCKED has only the reason. */
export const NOTICES_VERSION = 18;

/** Maximum body of SEND; `ERR LARGE_MSG` above it. */
export function maxMessageLength(version: number): number {
  return version >= 11 ? 16_048 : 16_064;
}

/** Padded size of a delivered body before encryption to the recipient: 16,088 bytes, and 16 for time and flags. */
export const DELIVERY_BODY_SIZE = 16_104 + 2;

/** Padded size of a confirmation before encryption: leaves room for a key in the header. */
export const E2E_CONFIRMATION_LENGTH = 15_904;

/** Padded size of any other message before encryption. */
export const E2E_MESSAGE_LENGTH = 16_000;
