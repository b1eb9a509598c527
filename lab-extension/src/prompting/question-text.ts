/** A study's text with names in backticks, cut into plain and code pieces. */

export interface TextPiece {
  text: string;
  code: boolean;
}

/**
 * Cut a question at its backticks: "rows of `loans`" is plain, then code.
 *
 * A backtick without a partner, and an empty pair, stay as they were typed.
 */
export function piecesOf(question: string): TextPiece[] {
  const pieces: TextPiece[] = [];
  let from = 0;
  for (const match of question.matchAll(/`([^`\n]+)`/g)) {
    if (match.index > from) {
      pieces.push({ text: question.slice(from, match.index), code: false });
    }
    pieces.push({ text: match[1], code: true });
    from = match.index + match[0].length;
  }
  if (from < question.length) {
    pieces.push({ text: question.slice(from), code: false });
  }
  return pieces;
}

/** The question without its backticks, as a screen reader should say it. */
export function spoken(question: string): string {
  return piecesOf(question)
    .map(piece => piece.text)
    .join('');
}
