/** Security codes that two people compare, and what is remembered of that. */
import { ChatError, type ChatId } from '../api/index.ts';
import type { ChatContext } from '../context.ts';
import { securityCode } from '../protocol/index.ts';
import * as store from '../store/index.ts';
import { requireContact, toContact } from './contact.ts';

/** The code of a contact; undefined until it is connected. Emits `verificationReset` where it differs from the verified one. */
export function currentCode(ctx: ChatContext, contact: store.StoredContact): string | undefined {
  if (contact.connId === undefined || contact.state !== 'connected') return undefined;
  const { ratchetHash } = ctx.agent.connectionInfo(contact.connId);
  const code = ratchetHash && securityCode(ratchetHash);
  if (contact.verifiedCode !== undefined && contact.verifiedCode !== code) {
    ctx.sql.transaction(() => {
      store.setVerifiedCode(ctx.sql, contact.chatId, undefined);
      ctx.emit({ kind: 'verificationReset', contact: toContact({ ...contact, verifiedCode: undefined }) });
    });
  }
  return code;
}

/** Contacts that are looked at at a time: well under 20 ms of work. */
const CHECKED_AT_ONCE = 50;

/**
 * Looks whether the codes that were compared are still the ones in use, of some contacts after one. The last of these;
 * undefined when there was none.
 */
export function checkVerified(ctx: ChatContext, after: ChatId | undefined): ChatId | undefined {
  const contacts = store.verifiedContacts(ctx.sql, after, CHECKED_AT_ONCE);
  for (const contact of contacts) currentCode(ctx, contact);
  return contacts.at(-1)?.chatId;
}

export function verify(
  ctx: ChatContext,
  chatId: ChatId,
  given: string | undefined,
): { readonly verified: boolean; readonly code: string } {
  const contact = requireContact(ctx, chatId);
  const code = currentCode(ctx, contact);
  if (code === undefined) {
    throw new ChatError('not-connected', { name: contact.localName, ended: contact.connId === undefined });
  }
  const digits = (text: string) => text.replace(/\D/g, '');
  const verified = given !== undefined && digits(given) === digits(code);
  // A code that is wrong says nothing new of one that was right before.
  if (verified || given === undefined) {
    ctx.sql.transaction(() => {
      store.setVerifiedCode(ctx.sql, chatId, verified ? code : undefined);
      ctx.emit({ kind: 'changed', chatId, itemId: undefined, change: 'contact' });
    });
  }
  return { verified, code };
}
