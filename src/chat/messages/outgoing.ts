/** Chat events on their way out: encoded to fit, and handed to the agent inside the caller's transaction. */
import { AgentError, type ConnId, type MsgId } from '../../agent/index.ts';
import { EncodeError } from '../../encoding/index.ts';
import { ChatError } from '../api/index.ts';
import type { ChatContext } from '../context.ts';
import {
  type ChatMsgEvent,
  chatVersions,
  encodeFittingBody,
  SHARED_MSG_ID_SIZE,
  type SharedMsgId,
  sharedMsgId,
} from '../protocol/index.ts';

/** Direct contacts use the KEM where the peer does; its headers leave less room, so sizes are counted with it. */
export const DIRECT_PQ = true;

export interface SentEvent {
  readonly msgId: MsgId;
  readonly sharedMsgId: SharedMsgId;
}

/** Queues an event for a connection; throws `ChatError` `text` when it is too long for one message. */
export function sendEvent(ctx: ChatContext, connId: ConnId, event: ChatMsgEvent): SentEvent {
  const id = sharedMsgId(ctx.random.bytes(SHARED_MSG_ID_SIZE));
  try {
    const body = encodeFittingBody({ versions: chatVersions, msgId: id, event }, 'message', DIRECT_PQ);
    const notification = event.kind === 'x.msg.new';
    return { msgId: ctx.agent.sendMessage(connId, body, { notification, pq: undefined }), sharedMsgId: id };
  } catch (cause) {
    const tooLarge = cause instanceof EncodeError || (cause instanceof AgentError && cause.kind === 'too-large');
    if (tooLarge) throw new ChatError('too-long', {}, { cause });
    throw cause;
  }
}

/** Queues an event unless nothing can be sent any more, as the session is lost: whether it was queued. */
export function sendIfPossible(ctx: ChatContext, connId: ConnId, event: ChatMsgEvent): boolean {
  try {
    sendEvent(ctx, connId, event);
    return true;
  } catch (error) {
    if (error instanceof AgentError && error.kind === 'session-lost') return false;
    throw error;
  }
}

/** Our profile as it goes with links and confirmations. */
export function encodeInfo(event: ChatMsgEvent): Uint8Array {
  return encodeFittingBody({ versions: chatVersions, msgId: undefined, event }, 'info', DIRECT_PQ);
}
