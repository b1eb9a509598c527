import { beforeEach, describe, expect, it } from 'vitest';

import { KEEP_MS, KeptPrompts, NOTHING_KEPT, type TextStore } from '../kept';
import {
  lackOf,
  OpenPrompts,
  quoted,
  toggled,
  unsentWords
} from '../open-prompts';
import { MemoryStore, RefusingStore } from './memory-store';

const SECOND = 1_000_000;
const NOW_MS = 1_700_000_000_000;
const QUESTION = {
  promptId: 'p',
  notebookId: 'n',
  cellId: 'a',
  question: 'What were you after?',
  choices: ['Clean up', 'Just trying'],
  language: 'en',
  multiple: false,
  words: 'optional',
  issuedAt: 0
} as const;

let store: MemoryStore;
let prompts: OpenPrompts;

const page = (over: TextStore = store, nowMs = NOW_MS): OpenPrompts =>
  new OpenPrompts(new KeptPrompts(over, nowMs));

const stage = (): string | undefined => prompts.get('p')?.stage;

beforeEach(() => {
  store = new MemoryStore();
  prompts = page();
});

const opened = (): void => {
  prompts.arrive(QUESTION, 0);
  prompts.show('p');
};

describe('a prompt that comes', () => {
  it('waits until it is shown', () => {
    prompts.arrive(QUESTION, 0);
    expect(stage()).toBe('waiting');
    prompts.show('p');
    expect(stage()).toBe('open');
  });

  it('changes nothing when it comes again, whatever became of it', () => {
    opened();
    prompts.draft('p', { choices: [], text: 'half' });
    const heard: string[] = [];
    prompts.changed.connect((_, id) => heard.push(id));
    prompts.arrive({ ...QUESTION, question: 'Another?' }, 1);
    expect(prompts.get('p')).toMatchObject({
      stage: 'open',
      question: 'What were you after?',
      draft: { text: 'half' }
    });
    prompts.dismiss('p');
    heard.length = 0;
    prompts.arrive(QUESTION, 2);
    expect(stage()).toBe('gone');
    expect(heard).toEqual([]);
  });

  it('belongs to its notebook', () => {
    opened();
    expect(prompts.of('n')).toHaveLength(1);
    expect(prompts.of('other')).toHaveLength(0);
  });
});

describe('an answer', () => {
  it('is refused while there is neither a choice nor a word', () => {
    opened();
    prompts.draft('p', { choices: [], text: ' \n ' });
    expect(prompts.send('p', 0)).toBeNull();
    expect(stage()).toBe('open');
  });

  it('is sent once, trimmed, with the time that the prompt had the focus', () => {
    opened();
    expect(prompts.focus('p', 10 * SECOND)).toBe(true);
    prompts.blur('p', 12 * SECOND);
    expect(prompts.focus('p', 20 * SECOND)).toBe(false);
    prompts.draft('p', { choices: ['Clean up'], text: '  because\n' });
    expect(prompts.send('p', 21.5 * SECOND)).toEqual({
      choices: ['Clean up'],
      text: 'because',
      draftingMs: 3500,
      amends: false
    });
    expect(stage()).toBe('sent');
    expect(prompts.send('p', 22 * SECOND)).toBeNull();
  });

  it('can be changed while its line stands, and the change says so', () => {
    opened();
    prompts.draft('p', { choices: ['Clean up'], text: '' });
    prompts.send('p', 0);
    prompts.change('p');
    expect(prompts.get('p')).toMatchObject({
      stage: 'open',
      draft: { choices: ['Clean up'], text: '' }
    });
    prompts.draft('p', { choices: [], text: 'else' });
    expect(prompts.send('p', 0)).toMatchObject({ text: 'else', amends: true });
  });

  it('stays as it was when the change is left', () => {
    opened();
    prompts.draft('p', { choices: ['Clean up'], text: '' });
    prompts.send('p', 0);
    prompts.change('p');
    prompts.draft('p', { choices: [], text: 'else' });
    expect(prompts.snooze('p', 5, 1)).toBe(false);
    prompts.keepAnswer('p');
    expect(prompts.get('p')).toMatchObject({
      stage: 'sent',
      answer: { choices: ['Clean up'], text: '' }
    });
  });

  it('keeps its line when the server says that the prompt is over', () => {
    opened();
    prompts.draft('p', { choices: ['Clean up'], text: '' });
    prompts.send('p', 0);
    prompts.withdraw('p');
    expect(stage()).toBe('sent');
    prompts.change('p');
    prompts.withdraw('p');
    expect(stage()).toBe('open');
  });

  it('is quoted as it was given', () => {
    expect(quoted({ choices: ['A'], text: ' b ' })).toBe('A: b');
    expect(quoted({ choices: [], text: 'b' })).toBe('b');
    expect(quoted({ choices: ['A'], text: '' })).toBe('A');
  });

  it('of several choices has them in the order of the question', () => {
    const several = { multiple: true, choices: ['a', 'b', 'c'] };
    let draft = toggled({ choices: [], text: 'x' }, 'c', several);
    draft = toggled(draft, 'a', several);
    expect(draft).toEqual({ choices: ['a', 'c'], text: 'x' });
    expect(quoted(draft)).toBe('a, c: x');
    expect(toggled(draft, 'c', several).choices).toEqual(['a']);
    const one = { multiple: false, choices: ['a', 'b'] };
    expect(toggled({ choices: ['a'], text: '' }, 'b', one).choices).toEqual([
      'b'
    ]);
    expect(toggled({ choices: ['a'], text: '' }, 'a', one).choices).toEqual([]);
  });

  it.each([
    ['optional', ['a'], [], '', 'anything'],
    ['optional', ['a'], ['a'], '', null],
    ['optional', ['a'], [], 'x', null],
    ['optional', [], [], ' ', 'words'],
    ['required', ['a'], ['a'], ' ', 'words'],
    ['required', ['a'], [], 'x', null],
    ['none', ['a'], [], 'x', 'choice'],
    ['none', ['a'], ['a'], '', null]
  ] as const)(
    'with %s words, of the choices %j, needs more than %j and %j: %j',
    (words, choices, taken, text, lack) => {
      expect(lackOf({ choices: taken, text }, { words, choices })).toBe(lack);
    }
  );

  it('can be amended when its line is long gone', () => {
    opened();
    prompts.draft('p', { choices: [], text: 'first' });
    prompts.send('p', 5);
    prompts.amend('p', { choices: [], text: 'second' }, 7);
    expect(prompts.get('p')).toMatchObject({
      stage: 'sent',
      answer: { text: 'second' },
      answeredAt: 5,
      amendedAt: 7
    });
  });
});

describe('a prompt that is over', () => {
  it('goes when it only stands there', () => {
    opened();
    prompts.withdraw('p');
    expect(stage()).toBe('gone');
  });

  it('does not vanish under the hands', () => {
    opened();
    prompts.focus('p', 0);
    prompts.withdraw('p');
    expect(stage()).toBe('closed');
    expect(prompts.send('p', 0)).toBeNull();
  });

  const words = (): string => {
    const prompt = prompts.get('p');
    return prompt ? unsentWords(prompt) : '';
  };

  it('keeps the words that were being written, until they are put away', () => {
    opened();
    prompts.focus('p', 0);
    prompts.draft('p', { choices: ['Clean up'], text: 'because\n of' });
    expect(words()).toBe('');
    prompts.withdraw('p');
    expect(stage()).toBe('closed');
    expect(words()).toBe('because\n of');
    prompts.draft('p', { choices: [], text: 'written on' });
    prompts.blur('p', 1);
    prompts.hold('p');
    prompts.wake(2);
    // The server may say it again.
    prompts.withdraw('p');
    expect(words()).toBe('because\n of');
    expect(prompts.send('p', 3)).toBeNull();
    expect(prompts.putAway('p')).toBe(true);
    expect(stage()).toBe('gone');
    expect(prompts.get('p')?.draft.text).toBe('');
    expect(prompts.putAway('p')).toBe(false);
  });

  it.each(['waiting', 'open', 'snoozed'] as const)(
    'keeps the words of one that was %s, wherever the focus was',
    was => {
      opened();
      prompts.draft('p', { choices: [], text: 'half' });
      if (was === 'waiting') {
        prompts.hold('p');
      } else if (was === 'snoozed') {
        prompts.snooze('p', 5, 0);
      }
      expect(stage()).toBe(was);
      prompts.withdraw('p');
      expect(words()).toBe('half');
    }
  );

  it('keeps neither blanks nor a choice without words', () => {
    opened();
    prompts.draft('p', { choices: ['Clean up'], text: ' \n' });
    prompts.withdraw('p');
    expect(stage()).toBe('gone');
    expect(prompts.putAway('p')).toBe(false);
  });

  it('leaves no draft behind', () => {
    opened();
    prompts.draft('p', { choices: [], text: 'secret' });
    prompts.withdraw('p');
    expect([...store.texts.values()].join('')).not.toContain('secret');
  });
});

describe('a prompt that is put off', () => {
  it('keeps its draft and comes back when its time is over', () => {
    opened();
    prompts.draft('p', { choices: [], text: 'half' });
    expect(prompts.snooze('p', 600 * SECOND, 0)).toBe(true);
    prompts.wake(599 * SECOND);
    expect(stage()).toBe('snoozed');
    prompts.wake(600 * SECOND);
    expect(prompts.get('p')).toMatchObject({
      stage: 'waiting',
      draft: { text: 'half' }
    });
  });

  it('can be answered at once', () => {
    opened();
    prompts.snooze('p', 600 * SECOND, 0);
    prompts.answerNow('p');
    expect(stage()).toBe('open');
  });
});

describe('when nothing may be asked', () => {
  it('what only stands there waits again, and what is being answered stays', () => {
    opened();
    prompts.focus('p', 0);
    prompts.hold('p');
    expect(stage()).toBe('open');
    prompts.blur('p', 1);
    prompts.hold('p');
    expect(stage()).toBe('waiting');
  });
});

describe('after a reload', () => {
  it('the draft is there and shown and focused are not recorded again', () => {
    opened();
    expect(prompts.see('p')).toBe(true);
    expect(prompts.see('p')).toBe(false);
    prompts.focus('p', 0);
    prompts.draft('p', { choices: ['Clean up'], text: 'half' });
    prompts = page();
    opened();
    expect(prompts.get('p')?.draft).toEqual({
      choices: ['Clean up'],
      text: 'half'
    });
    expect(prompts.see('p')).toBe(false);
    expect(prompts.focus('p', 0)).toBe(false);
  });

  it('what was put off stays put off until its time', () => {
    opened();
    prompts.snooze('p', 600 * SECOND, 0);
    prompts = page();
    prompts.arrive(QUESTION, 1 * SECOND);
    expect(stage()).toBe('snoozed');
    prompts = page();
    prompts.arrive(QUESTION, 601 * SECOND);
    expect(stage()).toBe('waiting');
  });

  it('what was answered or dismissed is not asked again before the server knows', () => {
    opened();
    prompts.draft('p', { choices: ['Clean up'], text: '' });
    prompts.send('p', 0);
    prompts = page();
    prompts.arrive(QUESTION, 0);
    expect(stage()).toBe('gone');
  });

  it('what a dead prompt left behind goes after a week', () => {
    opened();
    prompts.draft('p', { choices: [], text: 'old' });
    page(store, NOW_MS + KEEP_MS - 1);
    expect(store.texts.size).toBe(1);
    store.setItem('jupyterlab-prompter:prompt:x', 'no record');
    store.setItem('somebody else', 'stays');
    page(store, NOW_MS + KEEP_MS);
    expect([...store.texts.keys()]).toEqual(['somebody else']);
  });
});

describe('the storage', () => {
  it('may refuse everything', () => {
    prompts = page(new RefusingStore());
    opened();
    prompts.draft('p', { choices: [], text: 'half' });
    prompts.withdraw('p');
    expect(stage()).toBe('closed');
  });

  it('may hold anything', () => {
    const kept = new KeptPrompts(store, NOW_MS);
    for (const text of ['{', '7', 'null', '[]', '{"draft":3,"until":"x"}']) {
      store.setItem('jupyterlab-prompter:prompt:p', text);
      expect(kept.read('p')).toEqual(NOTHING_KEPT);
    }
  });
});
