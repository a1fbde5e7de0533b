/** From a verified command to its handler. */
import type { Command, CommandKind, Response } from '../../protocol/index.ts';
import { type AfterReply, type HandlerContext, internalError } from '../context.ts';
import type { Verified } from '../sessions/verify.ts';
import type { QueueRecord } from '../store/types.ts';
import { handleAck } from './ack.ts';
import { handleDel } from './del.ts';
import { handleGet } from './get.ts';
import { handleKey } from './key.ts';
import { handleLdel } from './ldel.ts';
import { handleLget } from './lget.ts';
import { handleLkey } from './lkey.ts';
import { handleLset } from './lset.ts';
import { handleNdel } from './ndel.ts';
import { handleNew } from './new.ts';
import { handleNkey } from './nkey.ts';
import { handleNsub } from './nsub.ts';
import { handleNsubs } from './nsubs.ts';
import { handleOff } from './off.ts';
import { handlePfwd } from './pfwd.ts';
import { handlePing } from './ping.ts';
import { handlePrxy } from './prxy.ts';
import { handleQue } from './que.ts';
import { handleRfwd } from './rfwd.ts';
import { handleRkey } from './rkey.ts';
import { handleSend } from './send.ts';
import { handleSkey } from './skey.ts';
import { handleSub } from './sub.ts';
import { handleSubs } from './subs.ts';

/** A command as the session read it. */
export interface ReceivedCommand {
  readonly corrId: Uint8Array;
  readonly entityId: Uint8Array;
  readonly command: Command;
}

/** What is still done on a queue that the operator blocked: SEND says why itself. */
const ALLOWED_WHEN_BLOCKED: readonly CommandKind[] = ['SEND', 'OFF', 'DEL', 'NSUB'];

function handleQueueCommand(
  { corrId, entityId, command }: ReceivedCommand,
  queue: QueueRecord,
  context: HandlerContext,
  afterReply: AfterReply,
): Response | Promise<Response> {
  if (queue.status.kind === 'blocked' && !ALLOWED_WHEN_BLOCKED.includes(command.kind)) {
    return { kind: 'ERR', error: { kind: 'BLOCKED', info: queue.status.info } };
  }
  const request = { corrId, entityId, queue };
  switch (command.kind) {
    case 'SUB':
      return handleSub({ ...request, command }, context, afterReply);
    case 'KEY':
      return handleKey({ ...request, command }, context, afterReply);
    case 'SKEY':
      return handleSkey({ ...request, command }, context, afterReply);
    case 'SEND':
      return handleSend({ ...request, command }, context, afterReply);
    case 'ACK':
      return handleAck({ ...request, command }, context, afterReply);
    case 'GET':
      return handleGet({ ...request, command }, context, afterReply);
    case 'OFF':
      return handleOff({ ...request, command }, context, afterReply);
    case 'DEL':
      return handleDel({ ...request, command }, context, afterReply);
    case 'QUE':
      return handleQue({ ...request, command }, context, afterReply);
    case 'RKEY':
      return handleRkey({ ...request, command }, context, afterReply);
    case 'LSET':
      return handleLset({ ...request, command }, context, afterReply);
    case 'LDEL':
      return handleLdel({ ...request, command }, context, afterReply);
    case 'LKEY':
      return handleLkey({ ...request, command }, context, afterReply);
    case 'LGET':
      return handleLget({ ...request, command }, context, afterReply);
    case 'NKEY':
      return handleNkey({ ...request, command }, context, afterReply);
    case 'NDEL':
      return handleNdel({ ...request, command }, context, afterReply);
    case 'NSUB':
      return handleNsub({ ...request, command }, context, afterReply);
    default:
      return internalError;
  }
}

function handleOther(
  { corrId, entityId, command }: ReceivedCommand,
  context: HandlerContext,
  afterReply: AfterReply,
): Response | Promise<Response> {
  const request = { corrId, entityId };
  switch (command.kind) {
    case 'NEW':
      return handleNew({ ...request, command }, context, afterReply);
    case 'PING':
      return handlePing({ ...request, command }, context, afterReply);
    case 'PRXY':
      return handlePrxy({ ...request, command }, context, afterReply);
    case 'PFWD':
      return handlePfwd({ ...request, command }, context, afterReply);
    case 'RFWD':
      return handleRfwd({ ...request, command }, context, afterReply);
    case 'SUBS':
      return handleSubs({ ...request, command }, context, afterReply);
    case 'NSUBS':
      return handleNsubs({ ...request, command }, context, afterReply);
    default:
      return internalError;
  }
}

/** Executes a command that was verified. */
export function handle(
  received: ReceivedCommand,
  verified: Exclude<Verified, { kind: 'error' }>,
  context: HandlerContext,
  afterReply: AfterReply,
): Response | Promise<Response> {
  return verified.kind === 'queue'
    ? handleQueueCommand(received, verified.queue, context, afterReply)
    : handleOther(received, context, afterReply);
}
