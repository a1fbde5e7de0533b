/** Values that a face keeps where the messages are, because they say what messages say. Other faces have no business there. */
import * as v from 'valibot';
import { faceList, faceValue, MAX_FACE_VALUE, MAX_FACE_VALUES } from './data.ts';
import { chatId, command, itemId, list, maybe, record } from './schema.ts';

const place = faceList.pipe[0].entries;

export const faces = {
  list: command({
    summary: 'The values of a list, oldest first.',
    right: 'secret',
    input: faceList,
    output: record({ values: list(faceValue) }),
    errors: [],
  }),
  add: command({
    summary:
      'Adds a value behind the others, of which the last `keep` stay. It goes with the conversation or message that it is about; a value without text stays when a conversation is cleared.',
    right: 'secret',
    input: record({
      ...place,
      value: v.pipe(v.string(), v.maxLength(MAX_FACE_VALUE)),
      chatId: maybe(chatId),
      itemId: maybe(itemId),
      keep: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_FACE_VALUES)),
    }),
    output: record({}),
    errors: ['no-contact', 'no-item'],
  }),
  remove: command({
    summary: 'Removes these values of a list, or all.',
    right: 'secret',
    input: record({ ...place, values: maybe(v.pipe(v.array(v.string()), v.maxLength(MAX_FACE_VALUES), v.readonly())) }),
    output: record({}),
    errors: [],
  }),
};
