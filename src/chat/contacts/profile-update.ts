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
import { featureStates } from './features.ts';

/** Name of a contact whose own name cannot be shown or typed at all. */
const NAMELESS = 'contact';

/** Stores a new profile; the local name follows the display name, made unique and safe to show. */
export function applyProfile(
  ctx: ChatContext,
  contact: store.StoredContact,
  profile: SentProfile,
): store.StoredContact {
  const { sql } = ctx;
  const complete: ChatProfile = { ...profile, other: profile.other ?? {} };
  const wanted = validName(profile.displayName.normalize('NFC')) || NAMELESS;
  const name =
    contact.profile?.displayName === profile.displayName
      ? contact.localName
      : localName(wanted, (candidate) => store.isNameOfAnother(sql, candidate, contact.chatId));
  store.setContactProfile(sql, contact.chatId, complete, name);
  const updated = { ...contact, profile: complete, localName: name };
  tellFeatures(ctx, contact, updated);
  const renamed = contact.profile !== undefined && name !== contact.localName;
  if (renamed) {
    store.keepFormerName(sql, contact.chatId, contact.localName);
    ctx.emit({ kind: 'contactUpdated', contact: toContact(updated), previousName: contact.localName });
  }
  const shows = ({ fullName, shortDescr, image }: Partial<ChatProfile>) =>
    JSON.stringify([fullName, shortDescr, image]);
  if (!renamed && contact.profile !== undefined && shows(contact.profile) !== shows(complete)) {
    ctx.emit({ kind: 'changed', chatId: contact.chatId, itemId: undefined, change: 'contact' });
  }
  return updated;
}

/** Says what a contact has changed of what it allows, once its profile was known. */
function tellFeatures(ctx: ChatContext, before: store.StoredContact, after: store.StoredContact): void {
  if (before.profile === undefined) return;
  const former = featureStates(ctx, before);
  for (const [i, feature] of featureStates(ctx, after).entries()) {
    const changed = feature.forUs !== former[i]?.forUs || feature.forContact !== former[i]?.forContact;
    if (changed) ctx.emit({ kind: 'featureChanged', contact: toContact(after), feature });
  }
}

/** Remembers the newest version that both speak. */
export function applyVersions(ctx: ChatContext, contact: store.StoredContact, versions: ChatVersionRange): void {
  const agreed = agreedChatVersion(versions);
  if (agreed !== undefined && agreed !== contact.chatVersion) {
    store.setContactChatVersion(ctx.sql, contact.chatId, agreed);
  }
}
