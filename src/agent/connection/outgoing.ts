/**
 * Creates outgoing messages: each gets the connection's next ids and the hash of the previous message, and is stored in
 * the sending queue until the delivery worker has sent it. All within the caller's transaction.
 */
import { PAD_OVERHEAD, sha256 } from '../../crypto/index.ts';
import { encode } from '../../encoding/index.ts';
import { type E2EParams, nextSealingKey, sealMessage } from '../../ratchet/index.ts';
import type { AgentContext } from '../environment.ts';
import { AgentError } from '../errors.ts';
import {
  AGENT_VERSION,
  type AgentMessage,
  type AMessage,
  agentEnvelopeCodec,
  agentMessageCodec,
  agentMessageSize,
  connInfoSize,
} from '../protocol/index.ts';
import * as store from '../store/index.ts';
import type { Connection, ConnId, MsgId, SndQueueId } from '../types.ts';

export interface SendOptions {
  readonly notification: boolean;
  /** Turns the KEM on or off; undefined: unchanged. */
  readonly pq: boolean | undefined;
}

/** The error for sending on a connection whose ratchets are out of sync: the peer could not decrypt. */
export function sessionLostError(): AgentError {
  return new AgentError('session-lost');
}

/** Queues an agent message; throws {@link AgentError} `too-large` when it does not fit in one message. */
export function queueMessage(
  ctx: AgentContext,
  connection: Connection,
  sndQueueId: SndQueueId,
  message: AMessage,
  options: SendOptions,
): MsgId {
  const { connId } = connection;
  const { msgId, sndId, prevHash } = store.takeSndIds(ctx.sql, connId);
  const body = encode(agentMessageCodec, { kind: 'message', sndMsgId: sndId, prevHash, message });
  const limit = agentMessageSize(connection.pq) - PAD_OVERHEAD;
  if (body.length > limit) throw new AgentError('too-large.message', { bytes: body.length - limit });
  const hash = sha256(body);
  store.setSndHash(ctx.sql, connId, hash);
  store.insertSndMessage(ctx.sql, {
    connId,
    msgId,
    sndId,
    sndQueueId,
    kind: message.kind === 'A_MSG' ? 'app' : message.kind === 'A_RCVD' ? 'receipt' : 'control',
    body,
    hash,
    notification: options.notification,
    pq: options.pq,
    sealingKey: undefined,
    createdAt: ctx.clock.now(),
  });
  return msgId;
}

/**
 * Queues our confirmation, the first message of a sending queue. Sealed at once, because it contains the ratchet
 * parameters.
 */
export function queueConfirmation(
  ctx: AgentContext,
  connection: Connection,
  sndQueueId: SndQueueId,
  message: Extract<AgentMessage, { kind: 'connInfo' | 'connInfoReply' }>,
  e2eParams: E2EParams | undefined,
): void {
  const { connId, pq } = connection;
  const { msgId, sndId } = store.takeSndIds(ctx.sql, connId);
  const body = encode(agentMessageCodec, message);
  const size = connInfoSize(pq);
  if (body.length > size - PAD_OVERHEAD) throw new AgentError('too-large.profile');
  const hash = sha256(body);
  store.setSndHash(ctx.sql, connId, hash);
  const next = nextSealingKey(store.requireRatchet(ctx.sql, connId), pq);
  store.putRatchet(ctx.sql, connId, next.ratchet);
  const encrypted = sealMessage(next.key, body, size);
  store.insertSndMessage(ctx.sql, {
    connId,
    msgId,
    sndId,
    sndQueueId,
    kind: 'conf',
    body: encode(agentEnvelopeCodec, { kind: 'confirmation', version: AGENT_VERSION, e2eParams, encrypted }),
    hash,
    notification: true,
    pq: undefined,
    sealingKey: undefined,
    createdAt: ctx.clock.now(),
  });
}

/** The sending queue of a connection; throws {@link AgentError} `state` when there is none yet. */
export function requireSndQueue(ctx: AgentContext, connId: ConnId): SndQueueId {
  const [queue] = store.sndQueuesOf(ctx.sql, connId);
  if (queue === undefined) throw new AgentError('state.not-connected');
  return queue.id;
}
