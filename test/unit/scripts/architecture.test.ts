/** Files that ARCHITECTURE.md names are there. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));

it('names files that exist', () => {
  const files = ['src', 'test', 'bench', 'scripts'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => `/${folder}/${path}`),
  );
  const named = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8').matchAll(/[\w./-]*\w\.(?:ts|mjs)\b/g);
  const missing = [...named]
    .map(([path]) => path.replace(/^\//, ''))
    .filter((path) => !files.some((file) => file.endsWith(`/${path}`)));
  expect(missing).toEqual([]);
});
