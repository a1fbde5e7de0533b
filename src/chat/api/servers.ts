/** Servers, and how things stand with them. */
import * as v from 'valibot';
import { command, list, noFields, record } from './schema.ts';

const addresses = list(v.string());

export const servers = {
  list: command({
    summary: '`smp://…` addresses that new connections use.',
    right: 'read',
    input: noFields,
    output: record({ servers: addresses }),
    errors: [],
  }),
  status: command({
    summary:
      'Servers of conversations that are connected, and those that are not; how many messages wait to be on a server.',
    right: 'read',
    input: noFields,
    output: record({ connected: addresses, disconnected: addresses, sending: v.number() }),
    errors: [],
  }),
};
