/** Profiles, and contacts as chats of a profile, in the database. */
import type { ConnId, Sql } from '../../agent/index.ts';
import { type Brand, fold, skeleton } from '../../base/index.ts';
import { utf8 } from '../../encoding/index.ts';
import type { ChatId, ContactState, Profile, ProfileId } from '../api/index.ts';
import {
  type ChatPreferences,
  type ChatProfile,
  decodePreferences,
  decodeProfile,
  encodePreferences,
  encodeProfile,
  type JsonObject,
} from '../protocol/index.ts';
import { canonicalJson, decodeJson } from '../protocol/json.ts';

/** Profiles are not chosen yet: the database has this one. */
export const FIRST_PROFILE = 1 as ProfileId;

/** Of an author of items in a chat: the contact itself, or a member of a group. Ourselves have none. */
export type AuthorId = Brand<number, 'AuthorId'>;

export interface StoredContact {
  readonly chatId: ChatId;
  readonly profileId: ProfileId;
  readonly authorId: AuthorId;
  /** Undefined once the contact has deleted the connection. */
  readonly connId: ConnId | undefined;
  readonly localName: string;
  readonly state: ContactState;
  readonly profile: ChatProfile | undefined;
  readonly chatVersion: number | undefined;
  readonly pq: boolean;
  /** The security code that was compared; undefined when none was, or it has changed since. */
  readonly verifiedCode: string | undefined;
  /** What we allow this contact, where it differs from our profile. */
  readonly ownPreferences: ChatPreferences;
  readonly createdAt: number;
}

interface ContactRow {
  chat_id: ChatId;
  profile_id: ProfileId;
  author_id: AuthorId;
  conn_id: ConnId | null;
  local_name: string;
  state: ContactState;
  profile: string | null;
  chat_version: number | null;
  pq: number;
  verified_code: string | null;
  own_preferences: string | null;
  created_at: number;
}

const SELECT_CONTACTS = `SELECT c.*, h.profile_id, h.local_name, h.created_at,
    (SELECT conn_id FROM author_connections a WHERE a.author_id = c.author_id) AS conn_id
  FROM contacts c JOIN chats h USING (chat_id)`;

const readProfile = (text: string): ChatProfile => decodeProfile(decodeJson(utf8(text)));
const writeProfile = (profile: Profile): string => canonicalJson(encodeProfile(profile));

function contactOf(row: ContactRow): StoredContact {
  return {
    chatId: row.chat_id,
    profileId: row.profile_id,
    authorId: row.author_id,
    connId: row.conn_id ?? undefined,
    localName: row.local_name,
    state: row.state,
    profile: row.profile === null ? undefined : readProfile(row.profile),
    chatVersion: row.chat_version ?? undefined,
    pq: row.pq !== 0,
    verifiedCode: row.verified_code ?? undefined,
    ownPreferences: decodePreferences(JSON.parse(row.own_preferences ?? '{}') as JsonObject),
    createdAt: row.created_at,
  };
}

export function findProfile(sql: Sql, profileId: ProfileId = FIRST_PROFILE): Profile | undefined {
  const row = sql.get<{ profile: string | null }>('SELECT profile FROM profiles WHERE profile_id = ?', profileId);
  return row?.profile === null || row === undefined ? undefined : readProfile(row.profile);
}

export function putProfile(sql: Sql, profile: Profile, profileId: ProfileId = FIRST_PROFILE): void {
  sql.run('UPDATE profiles SET profile = ? WHERE profile_id = ?', writeProfile(profile), profileId);
}

export function insertContact(
  sql: Sql,
  contact: { readonly connId: ConnId; readonly localName: string; readonly state: ContactState },
  now: number,
  profileId: ProfileId = FIRST_PROFILE,
): ChatId {
  return sql.transaction(() => {
    const { localName: name } = contact;
    const { lastId: chatId } = sql.run(
      `INSERT INTO chats (profile_id, kind, local_name, folded_name, skeleton_name, created_at)
         VALUES (?, 'contact', ?, ?, ?, ?)`,
      ...[profileId, name, fold(name), skeleton(name), now],
    );
    const { lastId: authorId } = sql.run("INSERT INTO authors (chat_id, kind) VALUES (?, 'contact')", chatId);
    sql.run('INSERT INTO author_connections (conn_id, author_id) VALUES (?, ?)', contact.connId, authorId);
    sql.run('INSERT INTO contacts (chat_id, author_id, state) VALUES (?, ?, ?)', chatId, authorId, contact.state);
    return chatId as ChatId;
  });
}

/** Contacts after one of them, in the order they were made; `profileId` owns them. */
export function contactsAfter(
  sql: Sql,
  after: ChatId | undefined,
  count: number,
  profileId: ProfileId = FIRST_PROFILE,
): readonly StoredContact[] {
  return sql
    .all<ContactRow>(
      `${SELECT_CONTACTS} WHERE h.profile_id = ? AND c.chat_id > ? ORDER BY c.chat_id LIMIT ?`,
      ...[profileId, after ?? 0, count],
    )
    .map(contactOf);
}

export const allContacts = (sql: Sql): readonly StoredContact[] => contactsAfter(sql, undefined, -1);

export function findContact(sql: Sql, chatId: ChatId): StoredContact | undefined {
  const row = sql.get<ContactRow>(`${SELECT_CONTACTS} WHERE c.chat_id = ?`, chatId);
  return row && contactOf(row);
}

export function contactByConnection(sql: Sql, connId: ConnId): StoredContact | undefined {
  const row = sql.get<ContactRow>(
    `${SELECT_CONTACTS} WHERE c.author_id = (SELECT author_id FROM author_connections WHERE conn_id = ?)`,
    connId,
  );
  return row && contactOf(row);
}

export function contactByLocalName(sql: Sql, localName: string): StoredContact | undefined {
  const row = sql.get<ContactRow>(
    `${SELECT_CONTACTS} WHERE h.profile_id = ? AND h.kind = 'contact' AND h.local_name = ?`,
    FIRST_PROFILE,
    localName,
  );
  return row && contactOf(row);
}

/** Most contacts that are looked at of those whose names are alike. */
const MAX_ALIKE = 100;

/** Contacts whose names a person takes for the same: whatever the case and the Unicode normal form. */
export const contactsNamedLike = (sql: Sql, name: string): readonly StoredContact[] =>
  contactsWith(sql, 'folded_name', fold(name));

/** Contacts whose names look the same, in letters of whatever script. */
const contactsLookingLike = (sql: Sql, name: string) => contactsWith(sql, 'skeleton_name', skeleton(name));

function contactsWith(sql: Sql, column: 'folded_name' | 'skeleton_name', form: string): readonly StoredContact[] {
  return sql
    .all<ContactRow>(
      `${SELECT_CONTACTS} WHERE h.profile_id = ? AND h.kind = 'contact' AND h.${column} = ? ORDER BY c.chat_id LIMIT ?`,
      ...[FIRST_PROFILE, form, MAX_ALIKE],
    )
    .map(contactOf);
}

/** Names that a contact had before, of which the last are kept: nobody else can take them. */
const MAX_FORMER_NAMES = 16;

/** Keeps the name for the contact, which has another now. */
export function keepFormerName(sql: Sql, chatId: ChatId, name: string): void {
  const folded = fold(name);
  sql.run('DELETE FROM former_names WHERE chat_id = ? AND folded = ?', chatId, folded);
  sql.run('INSERT INTO former_names (chat_id, folded) VALUES (?, ?)', chatId, folded);
  sql.run(
    `DELETE FROM former_names WHERE chat_id = ? AND former_name_id NOT IN (
      SELECT former_name_id FROM former_names WHERE chat_id = ? ORDER BY former_name_id DESC LIMIT ${MAX_FORMER_NAMES})`,
    chatId,
    chatId,
  );
}

/** The contact that had a name like this one before, and last. */
export function contactFormerlyNamed(sql: Sql, name: string): StoredContact | undefined {
  const row = sql.get<{ chat_id: ChatId }>(
    'SELECT chat_id FROM former_names WHERE folded = ? ORDER BY former_name_id DESC',
    fold(name),
  );
  return row && findContact(sql, row.chat_id);
}

/** Whether the name is another contact's, or was: what is written to a name must not reach somebody who took it over. */
export function isNameOfAnother(sql: Sql, name: string, chatId: ChatId): boolean {
  const alike = [...contactsNamedLike(sql, name), ...contactsLookingLike(sql, name)];
  if (alike.some((each) => each.chatId !== chatId)) return true;
  const former = 'SELECT 1 FROM former_names WHERE folded = ? AND chat_id <> ?';
  return sql.get(former, fold(name), chatId) !== undefined;
}

export function setContactProfile(sql: Sql, chatId: ChatId, profile: ChatProfile, localName: string): void {
  sql.run('UPDATE contacts SET profile = ? WHERE chat_id = ?', writeProfile(profile), chatId);
  sql.run(
    'UPDATE chats SET local_name = ?, folded_name = ?, skeleton_name = ? WHERE chat_id = ?',
    ...[localName, fold(localName), skeleton(localName), chatId],
  );
}

export function setContactState(sql: Sql, chatId: ChatId, state: ContactState): void {
  sql.run('UPDATE contacts SET state = ? WHERE chat_id = ?', state, chatId);
}

export function setContactPq(sql: Sql, chatId: ChatId, pq: boolean): void {
  sql.run('UPDATE contacts SET pq = ? WHERE chat_id = ?', pq ? 1 : 0, chatId);
}

export function setContactChatVersion(sql: Sql, chatId: ChatId, version: number): void {
  sql.run('UPDATE contacts SET chat_version = ? WHERE chat_id = ?', version, chatId);
}

/** Some of the contacts whose codes were compared, after one of them. */
export function verifiedContacts(sql: Sql, after: ChatId | undefined, count: number): readonly StoredContact[] {
  return sql
    .all<ContactRow>(
      `${SELECT_CONTACTS} WHERE c.verified_code IS NOT NULL AND c.chat_id > ? ORDER BY c.chat_id LIMIT ?`,
      ...[after ?? 0, count],
    )
    .map(contactOf);
}

export function setVerifiedCode(sql: Sql, chatId: ChatId, code: string | undefined): void {
  sql.run('UPDATE contacts SET verified_code = ? WHERE chat_id = ?', code ?? null, chatId);
}

export function setOwnPreferences(sql: Sql, chatId: ChatId, preferences: ChatPreferences): void {
  const text = canonicalJson(encodePreferences(preferences));
  sql.run('UPDATE contacts SET own_preferences = ? WHERE chat_id = ?', text, chatId);
}

/** A contact that is connecting has been told the profile of before: it is owed the new one. */
export function markProfileStale(sql: Sql, chatId: ChatId): void {
  sql.run("UPDATE contacts SET owed_profile = 1 WHERE chat_id = ? AND state = 'connecting'", chatId);
}

/** All contacts that are connected, or will be, are owed the new profile. */
export function oweProfileToAll(sql: Sql, profileId: ProfileId = FIRST_PROFILE): void {
  sql.run(
    `UPDATE contacts SET owed_profile = 1 WHERE state IN ('connecting', 'connected')
       AND chat_id IN (SELECT chat_id FROM chats WHERE profile_id = ?)`,
    profileId,
  );
}

/** Some of the connected contacts that are owed our profile. */
export function contactsOwedProfile(sql: Sql, count: number): readonly StoredContact[] {
  return sql
    .all<ContactRow>(`${SELECT_CONTACTS} WHERE c.owed_profile = 1 AND c.state = 'connected' LIMIT ?`, count)
    .map(contactOf);
}

/** Whether the contact is owed our new profile; it is not any more. */
export function takeOwedProfile(sql: Sql, chatId: ChatId): boolean {
  return sql.run('UPDATE contacts SET owed_profile = 0 WHERE chat_id = ? AND owed_profile = 1', chatId).changes > 0;
}

/** The conversation stays; nothing can be sent or received any more. */
export function detachContact(sql: Sql, { chatId, authorId }: StoredContact): void {
  sql.run("UPDATE contacts SET state = 'deleted-by-peer' WHERE chat_id = ?", chatId);
  sql.run('DELETE FROM author_connections WHERE author_id = ?', authorId);
}

/** With its messages and all that belongs to it. */
export function deleteChat(sql: Sql, chatId: ChatId): void {
  sql.run('DELETE FROM chats WHERE chat_id = ?', chatId);
}
