/** The consent text as people read it: in their language, and as blocks of plain text. */

/** A run of text of one kind. */
export interface Span {
  text: string;
  kind: 'plain' | 'strong' | 'emphasis' | 'code';
}

export interface Block {
  kind: 'heading' | 'paragraph' | 'bullet' | 'number';
  spans: Span[];
}

/**
 * The wording for the first of the languages that there is one for; the study's first one else.
 *
 * @param languages BCP 47, the most wanted first.
 */
export function wordingFor(
  text: Record<string, string>,
  languages: readonly string[]
): { language: string; words: string } {
  const tags = Object.keys(text);
  const primary = (tag: string): string => tag.split(/[-_]/)[0].toLowerCase();
  for (const wanted of languages) {
    const found =
      tags.find(tag => tag.toLowerCase() === wanted.toLowerCase()) ??
      tags.find(tag => primary(tag) === primary(wanted));
    if (found !== undefined) {
      return { language: found, words: text[found] };
    }
  }
  const [first = ''] = tags;
  return { language: first, words: text[first] ?? '' };
}

const STARTS: [RegExp, Block['kind']][] = [
  [/^ {0,3}#{1,6} +(.*?)(?: +#+)?$/, 'heading'],
  [/^ {0,3}[-*+] +(.*)$/, 'bullet'],
  [/^ {0,3}\d{1,9}[.)] +(.*)$/, 'number']
];

/**
 * Cut Markdown into blocks. What is understood is headings, lists, bold, emphasis, code and links (shown with their
 * address); everything else, markup too, stands there as it was written.
 */
export function blocksOf(markdown: string): Block[] {
  const blocks: { kind: Block['kind']; lines: string[] }[] = [];
  let going = false;
  for (const line of markdown.split(/\r?\n/)) {
    const start = STARTS.map(
      ([pattern, kind]) => [pattern.exec(line)?.[1], kind] as const
    ).find(([text]) => text !== undefined);
    if (line.trim() === '') {
      going = false;
    } else if (start) {
      blocks.push({ kind: start[1], lines: [start[0] ?? ''] });
      going = start[1] !== 'heading';
    } else if (going) {
      blocks.at(-1)?.lines.push(line.trim());
    } else {
      blocks.push({ kind: 'paragraph', lines: [line.trim()] });
      going = true;
    }
  }
  return blocks.map(({ kind, lines }) => ({
    kind,
    spans: spansOf(lines.join(' '))
  }));
}

const INLINE =
  /\*\*(.+?)\*\*|__(.+?)__|\*([^*\s][^*]*?)\*|`([^`]+)`|\[([^\]]+)\]\(([^)\s]+)\)|<(https?:[^>\s]+)>/g;

function spansOf(text: string): Span[] {
  const spans: Span[] = [];
  const plain = (piece: string): void => {
    if (piece !== '') {
      spans.push({ text: piece, kind: 'plain' });
    }
  };
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    plain(text.slice(from, match.index));
    const [whole, bold, bold2, emphasis, code, label, address, bare] =
      match as (string | undefined)[];
    const strong = bold ?? bold2;
    if (strong !== undefined) {
      spans.push({ text: strong, kind: 'strong' });
    } else if (emphasis !== undefined) {
      spans.push({ text: emphasis, kind: 'emphasis' });
    } else if (code !== undefined) {
      spans.push({ text: code, kind: 'code' });
    } else if (label !== undefined && address !== undefined) {
      plain(label === address ? label : `${label} (${address})`);
    } else {
      plain(bare ?? '');
    }
    from = match.index + (whole ?? '').length;
  }
  plain(text.slice(from));
  return spans;
}
