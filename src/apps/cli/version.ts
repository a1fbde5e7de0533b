/** The version of the package this program is part of. */
import { readFileSync } from 'node:fs';

/** Of `package.json`, three folders up from both `src/apps/cli` and `dist/apps/cli`. */
export function version(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
