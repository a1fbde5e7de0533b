/** Links to connect by, found in texts that people paste. */
import { connectionLinkCandidates } from '../../base/index.ts';
import { parseConnectionLink } from './connection-link.ts';

/** The links of a text that can be read, each once, in their usual form. */
export function connectionLinksIn(text: string): readonly string[] {
  const readable = connectionLinkCandidates(text).flatMap((candidates) => candidates.find(isReadable) ?? []);
  return [...new Set(readable)];
}

function isReadable(link: string): boolean {
  try {
    parseConnectionLink(link);
    return true;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return false;
  }
}
