/** Contacts as faces see them. */
import type { Contact } from '../api.ts';
import type { StoredContact } from '../store/index.ts';

export function toContact(stored: StoredContact): Contact {
  const { contactId, localName, profile, state, pq, createdAt } = stored;
  return { contactId, localName, profile, state, pqEncryption: pq, createdAt };
}
