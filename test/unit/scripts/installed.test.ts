/** When `npm start`, `npm test` and the others install packages. */
import { expect, it } from 'vitest';
import { isInstalled } from '../../../scripts/installed.mjs';

const a = { version: '1.0.0', integrity: 'sha512-a' };
const lockFile = (packages: Record<string, object>) => JSON.stringify({ lockfileVersion: 3, packages });
const wanted = lockFile({
  '': { name: 'sotto' },
  'node_modules/a': a,
  'node_modules/mac': { version: '2.0.0', integrity: 'sha512-mac', optional: true, os: ['darwin'] },
});

it.each([
  ['nothing is installed', undefined, false],
  ['all is installed', lockFile({ 'node_modules/a': a }), true],
  ['a package is missing', lockFile({}), false],
  ['a package has another version', lockFile({ 'node_modules/a': { ...a, version: '1.0.1' } }), false],
  ['a package has other content', lockFile({ 'node_modules/a': { ...a, integrity: 'sha512-b' } }), false],
  [
    'an optional package has another version',
    lockFile({ 'node_modules/a': a, 'node_modules/mac': { version: '1.0.0', integrity: 'sha512-mac' } }),
    false,
  ],
])('%s', (_, installed, expected) => {
  expect(isInstalled(wanted, installed)).toBe(expected);
});
