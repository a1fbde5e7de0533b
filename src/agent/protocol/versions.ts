/** Versions that the agent speaks. Nothing older than the official apps 6.0 is supported. */
import type { VersionRange } from '../../protocol/index.ts';
import { RATCHET_VERSION } from '../../ratchet/index.ts';

/** Fast handshake, and ratchet set up on confirmation. */
export const AGENT_VERSION = 7;
export const agentVersions: VersionRange = { min: AGENT_VERSION, max: AGENT_VERSION };

/** SMP client versions: 3 has senders that secure queues, 4 has queue modes. */
export const SMP_CLIENT_QUEUE_MODE_VERSION = 4;
export const smpClientVersions: VersionRange = { min: 3, max: SMP_CLIENT_QUEUE_MODE_VERSION };

export const ratchetVersions: VersionRange = { min: RATCHET_VERSION, max: RATCHET_VERSION };
