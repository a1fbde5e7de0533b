/** What both sides of a conversation allow, and how we change our part of it (chat protocol, "Preferences"). */
import type { ChatId, FeatureState, Profile } from '../api/index.ts';
import type { ChatContext } from '../context.ts';
import { sendIfPossible } from '../messages/outgoing.ts';
import {
  type ChatFeature,
  type ChatPreferences,
  chatFeatures,
  defaultChatPreferences,
  type FeatureAllowed,
  featureEnabled,
} from '../protocol/index.ts';
import * as store from '../store/index.ts';
import { requireContact } from './contact.ts';

/** Our preferences towards one contact: those of the profile under its own. */
function preferencesFor(profile: Profile, contact: store.StoredContact): ChatPreferences {
  const own = contact.ownPreferences;
  const merged = chatFeatures.map((feature) => [feature, own[feature] ?? profile.preferences[feature]] as const);
  return { ...profile.preferences, ...Object.fromEntries(merged) };
}

/** Our profile as one contact gets it. */
export function profileFor(profile: Profile, contact: store.StoredContact): Profile {
  return { ...profile, preferences: preferencesFor(profile, contact) };
}

export function featureStates(ctx: ChatContext, contact: store.StoredContact): readonly FeatureState[] {
  return chatFeatures.map((feature) => featureState(ctx, contact, feature));
}

export function featureState(ctx: ChatContext, contact: store.StoredContact, feature: ChatFeature): FeatureState {
  const profile = store.findProfile(ctx.sql);
  const own = profile === undefined ? defaultChatPreferences : preferencesFor(profile, contact);
  const peer = contact.profile?.preferences ?? defaultChatPreferences;
  return {
    feature,
    ours: allowed(own, feature),
    theirs: allowed(peer, feature),
    ...featureEnabled(feature, own, peer),
  };
}

function allowed(preferences: ChatPreferences, feature: ChatFeature): FeatureAllowed {
  return (preferences[feature] ?? defaultChatPreferences[feature]).allow;
}

export function ownFeatures(
  profile: Profile,
): readonly { readonly feature: ChatFeature; readonly allow: FeatureAllowed }[] {
  return chatFeatures.map((feature) => ({ feature, allow: allowed(profile.preferences, feature) }));
}

/** Stores what is allowed now, and tells, or owes, whom it concerns. */
export function setFeature(
  ctx: ChatContext,
  profile: Profile,
  feature: ChatFeature,
  allow: FeatureAllowed,
  chatId: ChatId | undefined,
): void {
  const { sql } = ctx;
  sql.transaction(() => {
    if (chatId !== undefined) {
      const contact = requireContact(ctx, chatId);
      const ownPreferences = {
        ...contact.ownPreferences,
        [feature]: preference(contact.ownPreferences, feature, allow),
      };
      store.setOwnPreferences(sql, chatId, ownPreferences);
      store.markProfileStale(sql, chatId);
      tellProfile(ctx, profile, { ...contact, ownPreferences });
      return;
    }
    const preferences = { ...profile.preferences, [feature]: preference(profile.preferences, feature, allow) };
    const changed = { ...profile, preferences };
    store.putProfile(sql, changed);
    oweEverybody(ctx);
  });
}

function preference(of: ChatPreferences, feature: ChatFeature, allow: FeatureAllowed) {
  return { allow, ttl: of[feature]?.ttl };
}

/** Contacts that are told at a time: under 20 ms of work, as all of them are also sent in one turn. */
const TOLD_AT_ONCE = 10;

/** Marks all contacts as not having our new profile; {@link tellSome} sends it, once they are connected. */
export function oweEverybody(ctx: ChatContext): void {
  store.oweProfileToAll(ctx.sql);
}

/** Sends our profile to some of the connected contacts that do not have it; false if there was none. */
export function tellSome(ctx: ChatContext): boolean {
  const { sql } = ctx;
  const profile = store.findProfile(sql);
  const owed = profile === undefined ? [] : store.contactsOwedProfile(sql, TOLD_AT_ONCE);
  if (profile === undefined || owed.length === 0) return false;
  sql.transaction(() => {
    for (const contact of owed) {
      store.takeOwedProfile(sql, contact.chatId);
      tellProfile(ctx, profile, contact);
    }
  });
  return true;
}

export function tellProfile(ctx: ChatContext, profile: Profile, contact: store.StoredContact): void {
  if (contact.connId === undefined || contact.state !== 'connected') return;
  sendIfPossible(ctx, contact.connId, { kind: 'x.info', profile: profileFor(profile, contact), other: {} });
}
