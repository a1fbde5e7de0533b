/** Events of before, for a face that was away. */
import * as v from 'valibot';
import { loggedEvents } from './events.ts';
import { command, pageSize, record } from './schema.ts';

export const events = {
  since: command({
    summary:
      'Events of the profile after a number, by kind and ids; they are kept for 30 days. `complete` is false where some of them are gone: a face then reads all anew. `last`: the number of the newest event.',
    right: 'read',
    input: record({ after: v.pipe(v.number(), v.safeInteger(), v.minValue(0)), count: pageSize }),
    output: record({ events: loggedEvents, complete: v.boolean(), last: v.number() }),
    errors: [],
  }),
};
