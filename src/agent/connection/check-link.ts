/** Which links can be used, with an error for every other. */
import { withoutInvisible } from '../../base/index.ts';
import type { E2EParams } from '../../ratchet/index.ts';
import { AgentError } from '../errors.ts';
import {
  AGENT_VERSION,
  agentVersions,
  agreedSmpQueueInfo,
  connectionLinksIn,
  type InvitationLink,
  parseConnectionLink,
  ratchetVersions,
  type SmpQueueInfo,
} from '../protocol/index.ts';

const SHORT_LINK = /(?:^|[\s<("'])(simplex:\/|https:\/\/[^/\s]+\/)([iacgr])[#/]/;

/** Parses the link in a user's input; throws {@link AgentError} `link`. */
export function readInvitation(text: string): InvitationLink {
  const [found, other] = connectionLinksIn(text);
  if (other !== undefined) throw new AgentError('link.several');
  const trimmed = found ?? withoutInvisible(text).trim();
  if (SHORT_LINK.test(trimmed)) throw new AgentError('link.short');
  let link: ReturnType<typeof parseConnectionLink>;
  try {
    link = parseConnectionLink(trimmed);
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    throw new AgentError(LOOKS_LIKE_LINK.test(trimmed) ? 'link.cut-off' : 'link.unreadable', {}, { cause });
  }
  if (link.kind === 'contact') throw new AgentError('link.address');
  return link;
}

const LOOKS_LIKE_LINK = /(?:simplex:|https?:\/\/[^/\s]{1,260})\/(?:invitation|contact)\/?(?:\?[^#\s]{0,2000})?#/i;

/** The versions both sides will use; throws {@link AgentError} `version`. */
export interface AgreedInvitation {
  readonly queue: SmpQueueInfo;
  readonly e2eParams: E2EParams;
}

export function agreeOnInvitation(link: InvitationLink): AgreedInvitation {
  const queue = link.queues.map(agreedSmpQueueInfo).find((q) => q !== undefined);
  const { versions, ...keys } = link.e2eParams;
  const ratchet = Math.min(versions.max, ratchetVersions.max);
  const tooOld =
    link.agentVersions.max < AGENT_VERSION ||
    versions.max < ratchetVersions.min ||
    link.queues.every((q) => q.versions.max < 3);
  if (tooOld) throw new AgentError('version.old-app');
  if (queue === undefined || link.agentVersions.min > agentVersions.max || versions.min > ratchetVersions.max) {
    throw new AgentError('version.newer-app');
  }
  if (queue.mode !== 'messaging') throw new AgentError('link.old-server');
  return { queue, e2eParams: { version: ratchet, ...keys } };
}
