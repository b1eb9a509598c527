/** Lengths and cuts of text, in UTF-16 units and in UTF-8 bytes. */

/** Length in UTF-8 bytes; a surrogate without a partner counts as U+FFFD. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      continue;
    }
    if (unit < 0x800) {
      bytes += 1;
    } else if (isHigh(unit) && isLow(text.charCodeAt(i + 1))) {
      bytes += 2;
      i++;
    } else {
      bytes += 2;
    }
  }
  return bytes;
}

/** The longest beginning of the text that has at most so many UTF-8 bytes and ends with a whole character. */
export function utf8Prefix(text: string, maxBytes: number): string {
  // Three bytes a unit is the most that there can be.
  if (text.length * 3 <= maxBytes) {
    return text;
  }
  let bytes = 0;
  let i = 0;
  while (i < text.length) {
    const unit = text.charCodeAt(i);
    const pair = isHigh(unit) && isLow(text.charCodeAt(i + 1));
    const size = unit < 0x80 ? 1 : unit < 0x800 ? 2 : pair ? 4 : 3;
    if (bytes + size > maxBytes) {
      break;
    }
    bytes += size;
    i += pair ? 2 : 1;
  }
  return text.slice(0, i);
}

/** Whether a cut before unit `index` would part a surrogate pair. */
export function partsPair(text: string, index: number): boolean {
  return isHigh(text.charCodeAt(index - 1)) && isLow(text.charCodeAt(index));
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}
