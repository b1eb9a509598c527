import { describe, expect, test } from 'vitest';

import { MemoryStore } from '../../prompting/__tests__/memory-store';
import { KeptReviews } from '../kept';
import { quoted, Review, sendable } from '../review';
import { item } from './making';

const DAY_MS = 24 * 60 * 60 * 1000;
const SECOND = 1_000_000;

function review(...items: ReturnType<typeof item>[]): Review {
  return new Review(items, new KeptReviews(null, 0));
}

/** Answer the question that stands. */
function answer(asked: Review, text: string): void {
  asked.write(text);
  asked.save(0);
  asked.goOn();
}

describe('the way through', () => {
  test('begins at the first open question and ends when none is left', () => {
    const asked = review(item(1, { fate: 'skipped' }), item(2), item(3));
    expect(asked.at).toBe(1);
    answer(asked, 'one');
    expect(asked.at).toBe(2);
    expect(asked.skip(0)).toBe('prompt-3');
    asked.goOn();
    expect(asked.current).toBeNull();
    expect([asked.answered, asked.skipped, asked.left]).toEqual([1, 2, 0]);
  });

  test('goes back to what was passed over before it ends', () => {
    const asked = review(item(1), item(2));
    asked.next();
    answer(asked, 'two');
    expect(asked.at).toBe(0);
    answer(asked, 'one');
    expect(asked.current).toBeNull();
  });

  test('does not reach the end while something is open', () => {
    const asked = review(item(1), item(2));
    asked.next();
    asked.next();
    expect(asked.at).toBe(1);
    asked.previous();
    asked.previous();
    expect([asked.at, asked.hasPrevious]).toEqual([0, false]);
  });

  test('leads back to the end after one answer was changed there', () => {
    const asked = review(item(1), item(2), item(3));
    ['a', 'b', 'c'].forEach(text => answer(asked, text));
    asked.go(0);
    answer(asked, 'changed');
    expect(asked.current).toBeNull();
    expect(asked.standings[0].answer?.text).toBe('changed');
  });

  test('without a question is at its end', () => {
    expect([review().at, review().current, review().left]).toEqual([
      0,
      null,
      0
    ]);
  });

  test('says of each move that it moved, and of each draft that it was drafted', () => {
    const asked = review(item(1), item(2));
    const told: string[] = [];
    asked.moved.connect(() => told.push('moved'));
    asked.drafted.connect(() => told.push('drafted'));
    asked.choose('Clean up');
    asked.save(0);
    asked.goOn();
    asked.go(1);
    asked.go(9);
    expect(told).toEqual(['drafted', 'moved']);
  });
});

describe('an answer', () => {
  test('is recorded once, then as a change, and not at all if it is the same', () => {
    const asked = review(item(1), item(2));
    asked.choose('Clean up');
    asked.write(' some words ');
    expect(asked.save(0)).toEqual({
      promptId: 'prompt-1',
      amends: false,
      choices: ['Clean up'],
      text: 'some words',
      draftingMs: 0
    });
    expect(asked.save(0)).toBeNull();
    asked.choose('Just trying');
    expect(asked.save(0)).toMatchObject({
      amends: true,
      choices: ['Just trying']
    });
  });

  test('may follow a skip', () => {
    const asked = review(item(1));
    asked.skip(0);
    expect(asked.skip(0)).toBeNull();
    asked.write('after all');
    expect(asked.save(0)).toMatchObject({ amends: false, text: 'after all' });
    expect([asked.answered, asked.skipped]).toEqual([1, 0]);
  });

  test('cannot be taken back by skipping it', () => {
    const asked = review(item(1));
    asked.write('said');
    asked.save(0);
    expect(asked.skip(0)).toBeNull();
    expect(asked.answered).toBe(1);
  });

  test('of several choices has them in the order in which they are offered', () => {
    const asked = review(item(1, { multiple: true }));
    asked.choose('Just trying');
    asked.choose('Look at the data');
    asked.choose('Clean up');
    asked.choose('Clean up');
    expect(asked.current?.draft.choices).toEqual([
      'Look at the data',
      'Just trying'
    ]);
  });

  test('of one choice replaces it; a digit keeps it, a click takes it back', () => {
    const asked = review(item(1));
    asked.choose('Clean up');
    asked.choose('Just trying');
    asked.choose('Just trying', false);
    expect(asked.current?.draft.choices).toEqual(['Just trying']);
    asked.choose('Just trying');
    expect(asked.current?.draft.choices).toEqual([]);
  });

  test.each([
    ['optional', [], '', false],
    ['optional', ['Clean up'], '', true],
    ['optional', [], 'words', true],
    ['optional', [], ' \n', false],
    ['required', ['Clean up'], '', false],
    ['required', [], 'words', true],
    ['none', [], '', false],
    ['none', ['Clean up'], '', true]
  ] as const)('with text %s, %j and "%s": %s', (text, choices, words, can) => {
    expect(sendable(item(1, { text }), { choices, text: words })).toBe(can);
  });

  test('that cannot be sent saves nothing and stays', () => {
    const asked = review(item(1, { text: 'required' }));
    asked.choose('Clean up');
    expect(asked.save(0)).toBeNull();
    expect([asked.sendable, asked.left]).toEqual([false, 1]);
  });

  test('is quoted by its choices and its words', () => {
    expect(quoted({ choices: ['A', 'B'], text: ' c ' })).toBe('A, B: c');
    expect(quoted({ choices: [], text: 'c' })).toBe('c');
    expect(quoted({ choices: ['A'], text: '' })).toBe('A');
  });
});

describe('what is recorded of a question', () => {
  test('it is seen once and focused once, and drafting is counted in pieces', () => {
    const asked = review(item(1), item(2));
    expect(asked.see('prompt-2')).toBeNull();
    expect(asked.see('prompt-1')).toBe('prompt-1');
    expect(asked.see('prompt-1')).toBeNull();
    expect(asked.focus(0)).toBe('prompt-1');
    expect(asked.focus(SECOND)).toBeNull();
    asked.blur(2 * SECOND);
    expect(asked.focus(10 * SECOND)).toBeNull();
    asked.write('x');
    expect(asked.save(11 * SECOND)?.draftingMs).toBe(3000);
  });
});

describe('after a reload', () => {
  test('drafts are there, on any day, and nothing is recorded twice', () => {
    const store = new MemoryStore();
    const before = new Review([item(1), item(2)], new KeptReviews(store, 0));
    before.see('prompt-1');
    before.focus(0);
    before.choose('Clean up');
    before.write('half a thought');
    before.blur(5 * SECOND);
    before.next();
    before.write('another');
    const after = new Review(
      [item(1), item(2)],
      new KeptReviews(store, 60 * DAY_MS)
    );
    expect(after.at).toBe(0);
    expect(after.current).toMatchObject({
      draft: { choices: ['Clean up'], text: 'half a thought' },
      shown: true,
      focused: true,
      draftingMs: 5000
    });
    expect(after.standings[1].draft.text).toBe('another');
  });

  test('what was answered stands as the server tells it', () => {
    const store = new MemoryStore();
    const before = new Review([item(1)], new KeptReviews(store, 0));
    answer(before, 'said');
    const told = { choices: [], text: 'said' };
    const after = new Review(
      [item(1, { fate: 'answered', answer: told })],
      new KeptReviews(store, 0)
    );
    expect(after.standings[0]).toMatchObject({ answer: told, draft: told });
  });

  test('a draft keeps nothing that its question does not offer', () => {
    const store = new MemoryStore();
    const before = new Review([item(1)], new KeptReviews(store, 0));
    before.choose('Clean up');
    before.write('words');
    const after = new Review(
      [item(1, { choices: ['Other'], text: 'none' })],
      new KeptReviews(store, 0)
    );
    expect(after.current?.draft).toEqual({ choices: [], text: '' });
  });

  test('a damaged or forbidden storage costs the memory alone', () => {
    const store = new MemoryStore();
    store.setItem('jupyterlab-prompter:review:prompt-1', '{"draft":7');
    const damaged = new Review([item(1)], new KeptReviews(store, 0));
    expect(damaged.current?.draft.text).toBe('');
    const forbidden = new Proxy(store, {
      get: () => {
        throw new Error('forbidden');
      }
    });
    const asked = new Review([item(1)], new KeptReviews(forbidden, 0));
    asked.write('here');
    expect(asked.current?.draft.text).toBe('here');
  });

  test('what nobody came back to in a term is forgotten', () => {
    const store = new MemoryStore();
    const before = new Review([item(1)], new KeptReviews(store, 0));
    before.write('old');
    new KeptReviews(store, 121 * DAY_MS);
    expect(store.length).toBe(0);
  });
});
