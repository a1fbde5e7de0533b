/** The profile that contacts see (chat protocol, "Profile"), with what newer peers add to it. */
import { emptyObject, Fields, type Json, type JsonObject, toObject } from './json.ts';
import { type ChatPreferences, decodePreferences, encodePreferences } from './preferences.ts';

export interface ChatProfile {
  readonly displayName: string;
  readonly fullName: string;
  readonly shortDescr: string | undefined;
  /** `data:` URI of a small picture. */
  readonly image: string | undefined;
  readonly preferences: ChatPreferences;
  /** Fields we do not use (`contactLink`, `peerType`, …), as they came. */
  readonly other: JsonObject;
}

/** A profile to send; one that was made here has no `other`. */
export type SentProfile = Omit<ChatProfile, 'other'> & { readonly other?: JsonObject | undefined };

export function encodeProfile(profile: SentProfile): JsonObject {
  const preferences = encodePreferences(profile.preferences);
  return toObject(
    {
      displayName: profile.displayName,
      fullName: profile.fullName,
      shortDescr: profile.shortDescr,
      image: profile.image,
      preferences: Object.keys(preferences).length > 0 ? preferences : undefined,
    },
    profile.other ?? emptyObject,
  );
}

/** Needs a name and nothing else; throws `DecodeError`. */
export function decodeProfile(json: Json | undefined): ChatProfile {
  const fields = new Fields(json, 'profile');
  return {
    displayName: fields.string('displayName'),
    fullName: fields.optionalString('fullName') ?? '',
    shortDescr: fields.optionalString('shortDescr'),
    image: fields.optionalString('image'),
    preferences: decodePreferences(fields.optionalObject('preferences') ?? emptyObject),
    other: fields.rest(),
  };
}
