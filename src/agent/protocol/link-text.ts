/** Finds connection links in pasted text. */
import { connectionLinkCandidates } from '../../base/index.ts';
import { parseConnectionLink } from './connection-link.ts';

/** The valid links of a text, each once, in canonical form. */
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
