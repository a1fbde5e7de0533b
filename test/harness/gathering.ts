/** A server and people on it, for tests: all are closed after each test. */
import { afterEach, beforeEach } from 'vitest';
import { type Person, type PersonOptions, person } from './people.ts';
import { startTestServer, type TestServer } from './smp-server.ts';

export interface Gathering {
  /** Replaced by tests that stop it. */
  server: TestServer;
  meet(name: string, options?: PersonOptions): Promise<Person>;
  leave(someone: Person): Promise<void>;
  /** Adds a person created otherwise, to be closed with the others. */
  add(someone: Person): Person;
}

/** Sets up a new gathering for each test of the file. */
export function gathering(): Gathering {
  const everybody: Person[] = [];
  const held: Gathering = {
    server: undefined as unknown as TestServer,
    add(someone) {
      everybody.push(someone);
      return someone;
    },
    meet: async (name, options) => held.add(await person(name, [held.server.address], options)),
    async leave(someone) {
      everybody.splice(everybody.indexOf(someone), 1);
      await someone.api.stop();
    },
  };
  beforeEach(async () => {
    held.server = await startTestServer();
  });
  afterEach(async () => {
    for (const each of everybody.splice(0)) await each.api.stop();
    await held.server.stop();
  });
  return held;
}
