/** Versions supported by the agent. Official apps older than 6.0 are not supported. */
import type { VersionRange } from '../../protocol/index.ts';
import { RATCHET_VERSION } from '../../ratchet/index.ts';

/** Fast handshake, and ratchet initialized by the confirmation. */
export const AGENT_VERSION = 7;
export const agentVersions: VersionRange = { min: AGENT_VERSION, max: AGENT_VERSION };

/** SMP client versions: from 3 on senders can secure queues; from 4 on queues have a mode. */
export const SMP_CLIENT_QUEUE_MODE_VERSION = 4;
export const smpClientVersions: VersionRange = { min: 3, max: SMP_CLIENT_QUEUE_MODE_VERSION };

export const ratchetVersions: VersionRange = { min: RATCHET_VERSION, max: RATCHET_VERSION };
