import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { apiReference } from '../../../harness/api-reference.ts';

it('docs/api.md is what the definitions say; `npx vitest run -u test/unit/chat/api` writes it', async () => {
  await expect(apiReference()).toMatchFileSnapshot(fileURLToPath(new URL('../../../../docs/api.md', import.meta.url)));
});
