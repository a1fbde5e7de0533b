/** What the agent tells, as it becomes part of conversations. */
import { AgentError, type AgentEvent, type ConnId, isDatabaseError, type MsgId } from '../agent/index.ts';
import { formatSmpServer } from '../protocol/index.ts';
import type { SendFailure, SendStatus } from './api/index.ts';
import { receiveConfirmation, receiveConnected, receiveInfo } from './contacts/connecting.ts';
import { toContact } from './contacts/contact.ts';
import type { ChatContext } from './context.ts';
import { described, undescribed } from './events/failure.ts';
import { receiveMessage, receiveSessionLost, receiveUnreadable } from './messages/incoming.ts';
import type { Reachability } from './reachability.ts';
import * as store from './store/index.ts';

/** Handles an event in the agent's transaction. A failure here is reported, and keeps nothing else from being handled. */
export function handleAgentEvent(ctx: ChatContext, reachability: Reachability, event: AgentEvent): void {
  try {
    handle(ctx, reachability, event);
  } catch (error) {
    // The agent undoes its part with ours, and both are tried again.
    if (isDatabaseError(error)) throw error;
    const detail = error instanceof Error ? error.message : String(error);
    ctx.logger.error(`${event.kind} could not be handled: ${detail}`);
    if (event.kind === 'message') receiveUnreadable(ctx, event);
    ctx.emit({ kind: 'error', contact: undefined, failure: 'other', ...described(error) });
  }
}

function handle(ctx: ChatContext, reachability: Reachability, event: AgentEvent): void {
  switch (event.kind) {
    case 'confirmation':
      receiveConfirmation(ctx, event);
      break;
    case 'info':
      receiveInfo(ctx, event);
      break;
    case 'connected':
      receiveConnected(ctx, event.connId, event.pq);
      break;
    case 'message':
      receiveMessage(ctx, event);
      break;
    case 'sessionLost':
      receiveSessionLost(ctx, event);
      break;
    case 'receipt':
      for (const { msgId, intact } of event.receipts) {
        setStatus(ctx, event.connId, msgId, { kind: 'delivered', intact });
      }
      break;
    case 'sent':
      setStatus(ctx, event.connId, event.msgId, { kind: 'sent' });
      break;
    case 'sendFailed':
      handleSendFailure(ctx, event);
      break;
    case 'connectionFailed':
    case 'subscriptionEnded':
    case 'error':
      handleFailure(ctx, event);
      break;
    case 'serverConnected':
    case 'serverDisconnected':
      reachability.set(formatSmpServer(event.server), event.kind === 'serverConnected');
      ctx.emit({ kind: event.kind, server: formatSmpServer(event.server) });
      break;
  }
}

function handleSendFailure(
  ctx: ChatContext,
  { connId, msgId, error }: Extract<AgentEvent, { kind: 'sendFailed' }>,
): void {
  if (store.isSentItem(ctx.sql, connId, msgId)) {
    setStatus(ctx, connId, msgId, { kind: 'failed', reason: sendFailure(error) });
    return;
  }
  // A change: an edit, a reaction, a new name.
  const contact = store.contactByConnection(ctx.sql, connId);
  if (contact === undefined) return;
  ctx.emit({ kind: 'error', contact: toContact(contact), failure: 'not-sent', ...described(error) });
}

function sendFailure(error: Error): SendFailure {
  if (!(error instanceof AgentError)) return 'refused';
  if (error.kind === 'session-lost') return 'session-lost';
  if (error.kind === 'server') return 'queue-gone';
  return error.retryable ? 'expired' : 'refused';
}

function handleFailure(
  ctx: ChatContext,
  event: Extract<AgentEvent, { kind: 'connectionFailed' | 'subscriptionEnded' | 'error' }>,
): void {
  const stored = event.connId && store.contactByConnection(ctx.sql, event.connId);
  const contact = stored && toContact(stored);
  if (event.kind === 'error') {
    ctx.emit({ kind: 'error', contact, failure: 'other', ...described(event.error) });
  } else if (contact !== undefined && event.kind === 'connectionFailed') {
    ctx.emit({ kind: 'connectionFailed', contact, reason: 'failed', ...described(event.error) });
  } else if (contact !== undefined && event.kind === 'subscriptionEnded' && event.deleted) {
    ctx.emit({ kind: 'error', contact, failure: 'queue-deleted', ...undescribed });
  } else if (contact !== undefined) {
    ctx.emit({ kind: 'subscriptionEnded', contact });
  }
}

function setStatus(ctx: ChatContext, connId: ConnId, msgId: MsgId, status: SendStatus): void {
  const { sql } = ctx;
  const item = store.updateSendStatus(sql, connId, msgId, status);
  const contact = store.contactByConnection(sql, connId);
  if (item !== undefined && contact !== undefined)
    ctx.emit({ kind: 'messageStatus', contact: toContact(contact), item });
}
