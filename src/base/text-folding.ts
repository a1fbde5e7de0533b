/** Texts as they are compared and searched: case, compatible forms, Unicode normal form and invisible characters do not count. */

/** Characters that nobody sees: zero-width ones, soft hyphens, byte order marks, direction marks, variation selectors. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;

export function withoutInvisible(text: string): string {
  return text.replace(INVISIBLE, '');
}

/**
 * Equal for texts that a person takes for the same, in any script. By way of upper case, as `ß` and `SS` are the same
 * there; a final sigma is a sigma, and the Turkish `İ` and `ı` are an `i`.
 */
export function fold(text: string): string {
  return withoutInvisible(text)
    .normalize('NFKC')
    .toUpperCase()
    .toLowerCase()
    .replaceAll('ς', 'σ')
    .replaceAll('i\u0307', 'i')
    .normalize('NFKC');
}
