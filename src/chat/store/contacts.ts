/** The profile and the contacts in the database. */
import type { ConnId, Sql } from '../../agent/index.ts';
import { fold, skeleton } from '../../base/index.ts';
import { utf8 } from '../../encoding/index.ts';
import type { ContactId, ContactState, Profile } from '../api.ts';
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

export interface StoredContact {
  readonly contactId: ContactId;
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
  contact_id: ContactId;
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

const readProfile = (text: string): ChatProfile => decodeProfile(decodeJson(utf8(text)));
const writeProfile = (profile: Profile): string => canonicalJson(encodeProfile(profile));

function contactOf(row: ContactRow): StoredContact {
  return {
    contactId: row.contact_id,
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

export function findProfile(sql: Sql): Profile | undefined {
  const row = sql.get<{ profile: string }>('SELECT profile FROM profile');
  return row && readProfile(row.profile);
}

export function putProfile(sql: Sql, profile: Profile): void {
  sql.run(
    'INSERT INTO profile (profile_id, profile) VALUES (1, ?) ON CONFLICT (profile_id) DO UPDATE SET profile = excluded.profile',
    writeProfile(profile),
  );
}

export function insertContact(
  sql: Sql,
  contact: { readonly connId: ConnId; readonly localName: string; readonly state: ContactState },
  now: number,
): ContactId {
  const { lastId } = sql.run(
    'INSERT INTO contacts (conn_id, local_name, state, created_at) VALUES (?, ?, ?, ?)',
    contact.connId,
    contact.localName,
    contact.state,
    now,
  );
  return lastId as ContactId;
}

export function allContacts(sql: Sql): readonly StoredContact[] {
  return sql.all<ContactRow>('SELECT * FROM contacts ORDER BY contact_id').map(contactOf);
}

export function findContact(sql: Sql, contactId: ContactId): StoredContact | undefined {
  const row = sql.get<ContactRow>('SELECT * FROM contacts WHERE contact_id = ?', contactId);
  return row && contactOf(row);
}

export function contactByConnection(sql: Sql, connId: ConnId): StoredContact | undefined {
  const row = sql.get<ContactRow>('SELECT * FROM contacts WHERE conn_id = ?', connId);
  return row && contactOf(row);
}

export function contactByLocalName(sql: Sql, localName: string): StoredContact | undefined {
  const row = sql.get<ContactRow>('SELECT * FROM contacts WHERE local_name = ?', localName);
  return row && contactOf(row);
}

/** Contacts whose names a person takes for the same: whatever the case and the Unicode normal form. */
export const contactsNamedLike = (sql: Sql, name: string): readonly StoredContact[] => contactsWith(sql, fold, name);

/** Contacts whose names look the same, in letters of whatever script. */
const contactsLookingLike = (sql: Sql, name: string) => contactsWith(sql, skeleton, name);

function contactsWith(sql: Sql, form: (name: string) => string, name: string): readonly StoredContact[] {
  const wanted = form(name);
  const rows = sql.all<{ contact_id: ContactId; local_name: string }>('SELECT contact_id, local_name FROM contacts');
  return rows.filter((row) => form(row.local_name) === wanted).flatMap((row) => findContact(sql, row.contact_id) ?? []);
}

/** Names that a contact had before, of which the last are kept: nobody else can take them. */
const MAX_FORMER_NAMES = 16;

/** Keeps the name for the contact, which has another now. */
export function keepFormerName(sql: Sql, contactId: ContactId, name: string): void {
  const folded = fold(name);
  sql.run('DELETE FROM former_names WHERE contact_id = ? AND folded = ?', contactId, folded);
  sql.run('INSERT INTO former_names (contact_id, folded) VALUES (?, ?)', contactId, folded);
  sql.run(
    `DELETE FROM former_names WHERE contact_id = ? AND former_name_id NOT IN (
      SELECT former_name_id FROM former_names WHERE contact_id = ? ORDER BY former_name_id DESC LIMIT ${MAX_FORMER_NAMES})`,
    contactId,
    contactId,
  );
}

/** The contact that had a name like this one before, and last. */
export function contactFormerlyNamed(sql: Sql, name: string): StoredContact | undefined {
  const row = sql.get<{ contact_id: ContactId }>(
    'SELECT contact_id FROM former_names WHERE folded = ? ORDER BY former_name_id DESC',
    fold(name),
  );
  return row && findContact(sql, row.contact_id);
}

/** Whether the name is another contact's, or was: what is written to a name must not reach somebody who took it over. */
export function isNameOfAnother(sql: Sql, name: string, contactId: ContactId): boolean {
  const alike = [...contactsNamedLike(sql, name), ...contactsLookingLike(sql, name)];
  if (alike.some((each) => each.contactId !== contactId)) return true;
  const former = 'SELECT 1 FROM former_names WHERE folded = ? AND contact_id <> ?';
  return sql.get(former, fold(name), contactId) !== undefined;
}

export function setContactProfile(sql: Sql, contactId: ContactId, profile: ChatProfile, localName: string): void {
  sql.run(
    'UPDATE contacts SET profile = ?, local_name = ? WHERE contact_id = ?',
    writeProfile(profile),
    localName,
    contactId,
  );
}

export function setContactState(sql: Sql, contactId: ContactId, state: ContactState): void {
  sql.run('UPDATE contacts SET state = ? WHERE contact_id = ?', state, contactId);
}

export function setContactPq(sql: Sql, contactId: ContactId, pq: boolean): void {
  sql.run('UPDATE contacts SET pq = ? WHERE contact_id = ?', pq ? 1 : 0, contactId);
}

export function setContactChatVersion(sql: Sql, contactId: ContactId, version: number): void {
  sql.run('UPDATE contacts SET chat_version = ? WHERE contact_id = ?', version, contactId);
}

export function verifiedContacts(sql: Sql): readonly StoredContact[] {
  return sql.all<ContactRow>('SELECT * FROM contacts WHERE verified_code IS NOT NULL').map(contactOf);
}

export function setVerifiedCode(sql: Sql, contactId: ContactId, code: string | undefined): void {
  sql.run('UPDATE contacts SET verified_code = ? WHERE contact_id = ?', code ?? null, contactId);
}

export function setOwnPreferences(sql: Sql, contactId: ContactId, preferences: ChatPreferences): void {
  const text = canonicalJson(encodePreferences(preferences));
  sql.run('UPDATE contacts SET own_preferences = ? WHERE contact_id = ?', text, contactId);
}

/** Contacts that are connecting have been told the profile of before: they are to be told again. */
export function markProfileStale(sql: Sql): void {
  sql.run("UPDATE contacts SET owed_profile = 1 WHERE state = 'connecting'");
}

/** Whether the contact is owed our new profile; it is not any more. */
export function takeOwedProfile(sql: Sql, contactId: ContactId): boolean {
  return (
    sql.run('UPDATE contacts SET owed_profile = 0 WHERE contact_id = ? AND owed_profile = 1', contactId).changes > 0
  );
}

/** The conversation stays; nothing can be sent or received any more. */
export function detachContact(sql: Sql, contactId: ContactId): void {
  sql.run("UPDATE contacts SET state = 'deleted-by-peer', conn_id = NULL WHERE contact_id = ?", contactId);
}

export function deleteContactRow(sql: Sql, contactId: ContactId): void {
  sql.run('DELETE FROM contacts WHERE contact_id = ?', contactId);
}
