/** What a contact tells of itself: its profile, and the versions that it speaks. */
import type { ChatContext } from '../context.ts';
import {
  agreedChatVersion,
  type ChatProfile,
  type ChatVersionRange,
  localName,
  type SentProfile,
  validName,
} from '../protocol/index.ts';
import * as store from '../store/index.ts';
import { toContact } from './contact.ts';

/** Name of a contact whose own name cannot be shown or typed at all. */
const NAMELESS = 'contact';

/** Stores a new profile; the local name follows the display name, made unique and safe to show. */
export function applyProfile(
  ctx: ChatContext,
  contact: store.StoredContact,
  profile: SentProfile,
): store.StoredContact {
  const { sql } = ctx;
  const complete: ChatProfile = { other: {}, ...profile };
  const wanted = validName(profile.displayName) || NAMELESS;
  const name =
    contact.profile?.displayName === profile.displayName
      ? contact.localName
      : localName(wanted, (candidate) => {
          const taken = store.contactByLocalName(sql, candidate);
          return taken !== undefined && taken.contactId !== contact.contactId;
        });
  store.setContactProfile(sql, contact.contactId, complete, name);
  const updated = { ...contact, profile: complete, localName: name };
  const renamed = contact.profile !== undefined && name !== contact.localName;
  if (renamed) ctx.emit({ kind: 'contactUpdated', contact: toContact(updated), previousName: contact.localName });
  return updated;
}

/** Remembers the newest version that both speak. */
export function applyVersions(ctx: ChatContext, contact: store.StoredContact, versions: ChatVersionRange): void {
  const agreed = agreedChatVersion(versions);
  if (agreed !== undefined && agreed !== contact.chatVersion) {
    store.setContactChatVersion(ctx.sql, contact.contactId, agreed);
  }
}
