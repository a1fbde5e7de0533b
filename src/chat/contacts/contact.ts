/** Contacts as faces see them, and as commands need them. */
import type { ConnId } from '../../agent/index.ts';
import { ChatError, type ChatId, type Contact } from '../api/index.ts';
import type { ChatContext } from '../context.ts';
import * as store from '../store/index.ts';

export function toContact(stored: store.StoredContact): Contact {
  const { chatId, localName, profile, state, pq, verifiedCode, createdAt } = stored;
  const verified = verifiedCode !== undefined;
  return { chatId, localName, profile, state, pqEncryption: pq, verified, createdAt };
}

export function requireContact(ctx: ChatContext, chatId: ChatId | undefined): store.StoredContact {
  const contact = chatId === undefined ? undefined : store.findContact(ctx.sql, chatId);
  if (contact === undefined) throw new ChatError('no-contact');
  return contact;
}

/** A contact that something can be sent to; throws `ChatError` `not-connected`. */
export function requireConnected(ctx: ChatContext, chatId: ChatId): store.StoredContact & { readonly connId: ConnId } {
  const contact = requireContact(ctx, chatId);
  const { connId, state, localName } = contact;
  const ended = connId === undefined;
  if (ended || state !== 'connected') throw new ChatError('not-connected', { name: localName, ended });
  return { ...contact, connId };
}
