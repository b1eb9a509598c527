/** Text that UTF-8 can say. */

const SURROGATE = /[\uD800-\uDFFF]/;

// With the `u` flag a pair is one character, so only surrogates without a partner match.
const LONE_SURROGATE = /\p{Surrogate}/gu;

const REPLACEMENT = '\uFFFD';

/**
 * The text with each half of a character replaced by U+FFFD.
 *
 * Both are one UTF-16 code unit, so that offsets into the text stay right.
 */
export function wellFormed(text: string): string {
  // Nearly every text is whole, and the first look is cheap.
  return SURROGATE.test(text)
    ? text.replace(LONE_SURROGATE, REPLACEMENT)
    : text;
}
