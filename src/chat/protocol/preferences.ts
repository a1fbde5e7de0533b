/**
 * What a person allows in conversations (chat protocol, "Preferences"). They travel in profiles; what is missing means
 * the default, and what we do not know is kept.
 */
import { emptyObject, Fields, type Json, type JsonObject, toObject } from './json.ts';

export const chatFeatures = ['timedMessages', 'fullDelete', 'reactions', 'voice', 'calls'] as const;
export type ChatFeature = (typeof chatFeatures)[number];

/** `always`: allowed even when the other side does not allow it to us. */
export type FeatureAllowed = 'always' | 'yes' | 'no';

export interface FeaturePreference {
  readonly allow: FeatureAllowed;
  /** Seconds until messages disappear; only of `timedMessages`. */
  readonly ttl: number | undefined;
}

export interface ChatPreferences {
  readonly timedMessages: FeaturePreference | undefined;
  readonly fullDelete: FeaturePreference | undefined;
  readonly reactions: FeaturePreference | undefined;
  readonly voice: FeaturePreference | undefined;
  readonly calls: FeaturePreference | undefined;
  /** Preferences of newer peers, as they came. */
  readonly other: JsonObject;
}

const preference = (allow: FeatureAllowed): FeaturePreference => ({ allow, ttl: undefined });

/** The defaults of the official apps, which they also send. */
export const defaultChatPreferences = {
  timedMessages: preference('yes'),
  fullDelete: preference('no'),
  reactions: preference('yes'),
  voice: preference('yes'),
  calls: preference('yes'),
  other: emptyObject,
} as const satisfies ChatPreferences;

export function encodePreferences(preferences: ChatPreferences): JsonObject {
  const fields = chatFeatures.map((feature): [string, Json | undefined] => {
    const value = preferences[feature];
    return [feature, value && toObject({ allow: value.allow, ttl: value.ttl })];
  });
  return toObject(Object.fromEntries(fields), preferences.other);
}

/** Reads preferences; one that is not understood is kept as it came and counts as the default. */
export function decodePreferences(json: JsonObject): ChatPreferences {
  const fields = new Fields(json, 'preferences');
  const odd: Record<string, Json> = {};
  const known = chatFeatures.map((feature): [ChatFeature, FeaturePreference | undefined] => {
    const value = fields.value(feature);
    const read = value === undefined ? undefined : decodePreference(value);
    if (value !== undefined && read === undefined) odd[feature] = value;
    return [feature, read];
  });
  const byFeature = Object.fromEntries(known) as Record<ChatFeature, FeaturePreference | undefined>;
  return { ...byFeature, other: { ...fields.rest(), ...odd } };
}

function decodePreference(value: Json): FeaturePreference | undefined {
  const { allow, ttl } = (value ?? {}) as { readonly allow?: Json; readonly ttl?: Json };
  if (allow !== 'always' && allow !== 'yes' && allow !== 'no') return undefined;
  return { allow, ttl: typeof ttl === 'number' ? ttl : undefined };
}

/** Who may use a feature, from what both sides allow. */
export function featureEnabled(
  feature: ChatFeature,
  own: ChatPreferences,
  peer: ChatPreferences,
): { readonly forUs: boolean; readonly forContact: boolean } {
  const us = (own[feature] ?? defaultChatPreferences[feature]).allow;
  const them = (peer[feature] ?? defaultChatPreferences[feature]).allow;
  if (us !== 'no' && them !== 'no') return { forUs: true, forContact: true };
  // A lifetime of messages cannot hold for one side only.
  const oneSided = feature !== 'timedMessages';
  return { forUs: oneSided && them === 'always', forContact: oneSided && us === 'always' };
}
