import { describe, expect, it } from 'vitest';

import { piecesOf, spoken } from '../question-text';

describe('a question', () => {
  it('shows names in backticks as code', () => {
    expect(piecesOf('120 rows from `loans`. Why `x`')).toEqual([
      { text: '120 rows from ', code: false },
      { text: 'loans', code: true },
      { text: '. Why ', code: false },
      { text: 'x', code: true }
    ]);
  });

  it('keeps whatever else was typed as it is', () => {
    for (const text of ['a ` b', '``', '<b>x</b>', '`line\nbreak`', '']) {
      expect(
        piecesOf(text)
          .map(piece => piece.text)
          .join('')
      ).toBe(text);
    }
    expect(piecesOf('<b>').every(piece => !piece.code)).toBe(true);
  });

  it('is spoken without backticks', () => {
    expect(spoken('You dropped `loans`?')).toBe('You dropped loans?');
  });
});
