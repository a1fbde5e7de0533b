/** Contacts as faces see them, and as commands need them. */
import type { ConnId } from '../../agent/index.ts';
import { ChatError, type ChatId, type Contact } from '../api.ts';
import type { ChatContext } from '../context.ts';
import * as store from '../store/index.ts';

export function toContact(stored: store.StoredContact): Contact {
  const { chatId, localName, profile, state, pq, verifiedCode, createdAt } = stored;
  const verified = verifiedCode !== undefined;
  return { chatId, localName, profile, state, pqEncryption: pq, verified, createdAt };
}

export function requireContact(ctx: ChatContext, chatId: ChatId): store.StoredContact {
  const contact = store.findContact(ctx.sql, chatId);
  if (contact === undefined) throw new ChatError('no-contact', 'There is no such contact.');
  return contact;
}

/** A contact that something can be sent to; throws `ChatError` `not-connected`. */
export function requireConnected(ctx: ChatContext, chatId: ChatId): store.StoredContact & { readonly connId: ConnId } {
  const contact = requireContact(ctx, chatId);
  const { connId, state, localName } = contact;
  if (connId === undefined) throw new ChatError('not-connected', `${localName} has deleted the connection.`);
  if (state !== 'connected') throw new ChatError('not-connected', `${localName} is not connected yet.`);
  return { ...contact, connId };
}
