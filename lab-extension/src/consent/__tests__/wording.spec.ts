import { describe, expect, it } from 'vitest';

import { blocksOf, wordingFor } from '../wording';

describe('the wording', () => {
  const text = { en: 'English', 'pt-BR': 'Português', de: 'Deutsch' };

  it.each([
    [['de-AT', 'en'], 'de'],
    [['pt'], 'pt-BR'],
    [['pt-br'], 'pt-BR'],
    [['fr', 'de'], 'de'],
    [['fr'], 'en'],
    [[], 'en']
  ])('for %j is the one in %s', (languages, language) => {
    expect(wordingFor(text, languages).language).toBe(language);
  });

  it('of no language at all is empty', () => {
    expect(wordingFor({}, ['en'])).toEqual({ language: '', words: '' });
  });
});

describe('the blocks of a text', () => {
  const plain = (markdown: string): [string, string][] =>
    blocksOf(markdown).map(({ kind, spans }) => [
      kind,
      spans.map(({ text }) => text).join('|')
    ]);

  it('are headings, paragraphs and lists', () => {
    expect(
      plain('# Aim\nWe look at\nhow you work.\n\n- one\n  more\n- two\n\n1. a')
    ).toEqual([
      ['heading', 'Aim'],
      ['paragraph', 'We look at how you work.'],
      ['bullet', 'one more'],
      ['bullet', 'two'],
      ['number', 'a']
    ]);
  });

  it('know bold, emphasis, code and links, whose address is to be seen', () => {
    expect(
      blocksOf('**Only** you *may* run `x` ([us](https://a.b))')[0].spans
    ).toEqual([
      { text: 'Only', kind: 'strong' },
      { text: ' you ', kind: 'plain' },
      { text: 'may', kind: 'emphasis' },
      { text: ' run ', kind: 'plain' },
      { text: 'x', kind: 'code' },
      { text: ' (', kind: 'plain' },
      { text: 'us (https://a.b)', kind: 'plain' },
      { text: ')', kind: 'plain' }
    ]);
  });

  it('keep markup as the text that it is', () => {
    expect(plain('<img src=x onerror=alert(1)> 2 * 3 * 4')).toEqual([
      ['paragraph', '<img src=x onerror=alert(1)> 2 * 3 * 4']
    ]);
  });
});
