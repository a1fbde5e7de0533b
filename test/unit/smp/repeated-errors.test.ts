/** Errors that come with each command are logged once a minute, with how often they came. */
import { expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/index.ts';
import { RepeatedErrors } from '../../../src/smp/server/repeated-errors.ts';
import { manualClock } from '../../harness/manual-clock.ts';

const MINUTE_MS = 60_000;

function logged() {
  const lines: string[] = [];
  const clock = manualClock();
  const errors = new RepeatedErrors(clock, { ...silentLogger, error: (line) => lines.push(line) });
  const log = (message: string, times: number) => {
    for (let i = 0; i < times; i++) errors.log(message);
  };
  return { clock, errors, log, taken: () => lines.splice(0) };
}

it('logs an error at once, and its repetitions after a minute as one line', () => {
  const { clock, log, taken } = logged();
  log('full', 286);
  log('damaged', 1);
  expect(taken()).toEqual(['full', 'damaged']);
  clock.advance(MINUTE_MS - 1);
  log('full', 1);
  expect(taken()).toEqual([]);
  clock.advance(1);
  expect(taken()).toEqual(['full (again, 286 times within a minute)']);
  log('full', 3);
  log('damaged', 1);
  expect(taken()).toEqual(['damaged']);
  clock.advance(MINUTE_MS);
  expect(taken()).toEqual(['full (again, 3 times within a minute)']);
});

it('logs an error at once again that did not come for a minute', () => {
  const { clock, log, taken } = logged();
  log('full', 1);
  clock.advance(MINUTE_MS);
  log('full', 1);
  expect(taken()).toEqual(['full', 'full']);
});

it('logs at its end what it has counted, and nothing after', () => {
  const { clock, errors, log, taken } = logged();
  log('full', 5);
  errors.stop();
  clock.advance(10 * MINUTE_MS);
  expect(taken()).toEqual(['full', 'full (again, 4 times within a minute)']);
});
