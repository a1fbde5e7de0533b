/**
 * Words of a text as they are indexed and searched: folded (case, marks, width, the Turkish İ do not count), without
 * punctuation, so that a link is there by its parts. Scripts that are written without spaces are indexed as pairs of
 * characters, as nothing says where their words end.
 */
import { fold } from '../../base/index.ts';

/** Letters and digits with the marks on them, and symbols such as emojis; the rest separates words. */
const WORD = /[\p{L}\p{N}\p{M}]+|\p{S}/gu;
const MARKS = /(?<=[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}])\p{M}+/gu;
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ー々]+/gu;
const ASCII_SYMBOL = /^[$+<=>^`|~]$/;

/** Shortest beginning of a word that finds it, in characters; a single character finds only itself. */
const MIN_PREFIX = 2;
/** Most words of a text that are indexed, and of a search that count. */
const MAX_WORDS = 20_000;
const MAX_QUERY_WORDS = 32;

/** Latin, Greek and Cyrillic letters lose their accents; in other scripts marks are letters of their own. */
function searchForm(text: string): string {
  return fold(text).normalize('NFD').replace(MARKS, '').normalize('NFC');
}

/** What `text` is indexed by: words with a space between, nothing in them that the index would split. */
export function indexedWords(text: string): string {
  return wordsOf(searchForm(text)).slice(0, MAX_WORDS).flatMap(indexTokens).join(' ');
}

/**
 * A query for FTS5 that finds texts with all words of `text`, each also as the beginning of a word; undefined where there
 * is no word in it.
 */
export function searchQuery(text: string): string | undefined {
  const words = wordsOf(searchForm(text)).slice(0, MAX_QUERY_WORDS);
  // In quotes every token is a string, and never an operator. No token has a quote in it.
  return words.length === 0 ? undefined : words.map(queryTerm).join(' AND ');
}

/** Words, and runs of unspaced scripts as words of their own. */
function wordsOf(text: string): readonly string[] {
  const words: string[] = [];
  for (const [word] of text.matchAll(WORD)) {
    if (ASCII_SYMBOL.test(word)) continue;
    let end = 0;
    for (const match of word.matchAll(UNSPACED)) {
      if (match.index > end) words.push(word.slice(end, match.index));
      words.push(match[0]);
      end = match.index + match[0].length;
    }
    if (end < word.length) words.push(word.slice(end));
  }
  return words;
}

const isUnspaced = (word: string) => word.search(UNSPACED) === 0;

/** Every character of an unspaced run begins a pair; the last one stands alone. */
function indexTokens(word: string): readonly string[] {
  if (!isUnspaced(word)) return [word];
  const chars = [...word];
  return chars.map((char, i) => char + (chars[i + 1] ?? ''));
}

function queryTerm(word: string): string {
  const chars = [...word];
  if (isUnspaced(word)) {
    if (chars.length === 1) return `"${word}"*`;
    // The pairs of the run, one behind the other.
    return `"${chars
      .slice(0, -1)
      .map((char, i) => char + chars[i + 1])
      .join(' ')}"`;
  }
  return chars.length < MIN_PREFIX ? `"${word}"` : `"${word}"*`;
}
