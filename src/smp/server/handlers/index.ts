/** Dispatches verified commands to their handlers. */
import type { Command, CommandKind, Response } from '../../protocol/index.ts';
import type { AfterReply, HandlerContext } from '../context.ts';
import { internalError } from '../responses.ts';
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

/** A command as the session received it. */
export interface ReceivedCommand {
  readonly corrId: Uint8Array;
  readonly entityId: Uint8Array;
  readonly command: Command;
}

/** Commands allowed on a queue that the operator blocked; SEND answers with the reason itself. */
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
  switch (command.kind) {
    case 'SUB':
      return handleSub({ corrId, entityId, queue, command }, context, afterReply);
    case 'KEY':
      return handleKey({ corrId, entityId, queue, command }, context, afterReply);
    case 'SKEY':
      return handleSkey({ corrId, entityId, queue, command }, context, afterReply);
    case 'SEND':
      return handleSend({ corrId, entityId, queue, command }, context, afterReply);
    case 'ACK':
      return handleAck({ corrId, entityId, queue, command }, context, afterReply);
    case 'GET':
      return handleGet({ corrId, entityId, queue, command }, context, afterReply);
    case 'OFF':
      return handleOff({ corrId, entityId, queue, command }, context, afterReply);
    case 'DEL':
      return handleDel({ corrId, entityId, queue, command }, context, afterReply);
    case 'QUE':
      return handleQue({ corrId, entityId, queue, command }, context, afterReply);
    case 'RKEY':
      return handleRkey({ corrId, entityId, queue, command }, context, afterReply);
    case 'LSET':
      return handleLset({ corrId, entityId, queue, command }, context, afterReply);
    case 'LDEL':
      return handleLdel({ corrId, entityId, queue, command }, context, afterReply);
    case 'LKEY':
      return handleLkey({ corrId, entityId, queue, command }, context, afterReply);
    case 'LGET':
      return handleLget({ corrId, entityId, queue, command }, context, afterReply);
    case 'NKEY':
      return handleNkey({ corrId, entityId, queue, command }, context, afterReply);
    case 'NDEL':
      return handleNdel({ corrId, entityId, queue, command }, context, afterReply);
    case 'NSUB':
      return handleNsub({ corrId, entityId, queue, command }, context, afterReply);
    default:
      return internalError;
  }
}

function handleOther(
  { corrId, entityId, command }: ReceivedCommand,
  context: HandlerContext,
  afterReply: AfterReply,
): Response | Promise<Response> {
  switch (command.kind) {
    case 'NEW':
      return handleNew({ corrId, entityId, command }, context, afterReply);
    case 'PING':
      return handlePing({ corrId, entityId, command }, context, afterReply);
    case 'PRXY':
      return handlePrxy({ corrId, entityId, command }, context, afterReply);
    case 'PFWD':
      return handlePfwd({ corrId, entityId, command }, context, afterReply);
    case 'RFWD':
      return handleRfwd({ corrId, entityId, command }, context, afterReply);
    case 'SUBS':
      return handleSubs({ corrId, entityId, command }, context, afterReply);
    case 'NSUBS':
      return handleNsubs({ corrId, entityId, command }, context, afterReply);
    default:
      return internalError;
  }
}

/** Executes a verified command. */
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
