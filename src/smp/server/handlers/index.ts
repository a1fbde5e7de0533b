/** From a verified command to its handler. */
import type { Command, Response } from '../../protocol/index.ts';
import { type AfterReply, authError, type HandlerContext } from '../context.ts';
import type { QueueRecord } from '../store/types.ts';
import type { Verified } from '../verify.ts';
import { handleAck } from './ack.ts';
import { handleDel } from './del.ts';
import { handleGet } from './get.ts';
import { handleKey } from './key.ts';
import { handleNdel } from './ndel.ts';
import { handleNew } from './new.ts';
import { handleNkey } from './nkey.ts';
import { handleOff } from './off.ts';
import { handlePfwd } from './pfwd.ts';
import { handlePing } from './ping.ts';
import { handlePrxy } from './prxy.ts';
import { handleQue } from './que.ts';
import { handleRfwd } from './rfwd.ts';
import { handleSend } from './send.ts';
import { handleSkey } from './skey.ts';
import { handleSub } from './sub.ts';
import { handleUnknown } from './unknown.ts';

function handleQueueCommand(
  entityId: Uint8Array,
  command: Command,
  queue: QueueRecord,
  context: HandlerContext,
  afterReply: AfterReply,
): Response | Promise<Response> {
  switch (command.kind) {
    case 'SUB':
      return handleSub({ entityId, command, queue }, context, afterReply);
    case 'KEY':
      return handleKey({ entityId, command, queue }, context, afterReply);
    case 'SKEY':
      return handleSkey({ entityId, command, queue }, context, afterReply);
    case 'SEND':
      return handleSend({ entityId, command, queue }, context, afterReply);
    case 'ACK':
      return handleAck({ entityId, command, queue }, context, afterReply);
    case 'GET':
      return handleGet({ entityId, command, queue }, context, afterReply);
    case 'OFF':
      return handleOff({ entityId, command, queue }, context, afterReply);
    case 'DEL':
      return handleDel({ entityId, command, queue }, context, afterReply);
    case 'QUE':
      return handleQue({ entityId, command, queue }, context, afterReply);
    case 'NKEY':
      return handleNkey({ entityId, command, queue }, context, afterReply);
    case 'NDEL':
      return handleNdel({ entityId, command, queue }, context, afterReply);
    default:
      return authError;
  }
}

function handleOther(
  corrId: Uint8Array,
  entityId: Uint8Array,
  command: Command,
  context: HandlerContext,
): Response | Promise<Response> {
  switch (command.kind) {
    case 'NEW':
      return handleNew({ entityId, command }, context);
    case 'PING':
      return handlePing({ entityId, command }, context);
    case 'PRXY':
      return handlePrxy({ entityId, command }, context);
    case 'PFWD':
      return handlePfwd({ corrId, entityId, command }, context);
    case 'RFWD':
      return handleRfwd({ corrId, entityId, command }, context);
    default:
      return handleUnknown();
  }
}

/** Executes a command that was verified. */
export function handle(
  corrId: Uint8Array,
  entityId: Uint8Array,
  command: Command,
  verified: Exclude<Verified, { kind: 'error' }>,
  context: HandlerContext,
  afterReply: AfterReply,
): Response | Promise<Response> {
  return verified.kind === 'queue'
    ? handleQueueCommand(entityId, command, verified.queue, context, afterReply)
    : handleOther(corrId, entityId, command, context);
}
