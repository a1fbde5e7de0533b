/** Connections to one address, counted. */
import { expect, it } from 'vitest';
import { limitedPerAddress } from '../../../src/transport/node/index.ts';

it('lets so many connections to one address be open, and so many to each other one', () => {
  const hold = limitedPerAddress(2);
  const first = hold('192.0.2.1');
  expect([first, hold('::ffff:192.0.2.1')]).toEqual([expect.any(Function), expect.any(Function)]);
  expect(hold('192.0.2.1')).toBeUndefined();
  expect(hold('192.0.2.2')).toBeDefined();
  first!();
  expect(hold('192.0.2.1')).toBeDefined();
  expect(hold('192.0.2.1')).toBeUndefined();
  // One network of IPv6 is one address.
  expect([hold('2001:db8::1'), hold('2001:db8::2'), hold('2001:db8::3'), hold('2001:db8:0:1::1')]).toEqual([
    expect.any(Function),
    expect.any(Function),
    undefined,
    expect.any(Function),
  ]);
});
