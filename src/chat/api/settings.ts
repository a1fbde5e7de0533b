/** What we allow, to all contacts or to one. */
import { chatFeature, featureAllowed, featureState } from './data.ts';
import { chatId, command, list, maybe, noFields, record } from './schema.ts';

export const settings = {
  ownFeatures: command({
    summary: 'What our profile allows.',
    right: 'read',
    input: noFields,
    output: record({ features: list(record({ feature: chatFeature, allow: featureAllowed })) }),
    errors: ['no-profile'],
  }),
  features: command({
    summary: 'What both sides of a conversation allow.',
    right: 'read',
    input: record({ chatId }),
    output: record({ features: list(featureState) }),
    errors: ['no-contact'],
  }),
  setFeature: command({
    summary: 'Allows a feature to one contact, or to all that have no setting of their own, and tells them.',
    right: 'manage',
    input: record({ feature: chatFeature, allow: featureAllowed, chatId: maybe(chatId) }),
    output: record({}),
    errors: ['no-profile', 'no-contact'],
  }),
};
