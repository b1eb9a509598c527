import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { InlinePrompt, Shape } from '../inline-prompt';
import { KeptPrompts } from '../kept';
import { MountedPrompt, shapeOf } from '../mounted-prompt';
import { OpenPrompts, type OpenPrompt } from '../open-prompts';

const MINUTE_MS = 60_000;

let folded: number;
beforeEach(() => {
  folded = 0;
  vi.useFakeTimers();
  vi.stubGlobal('window', globalThis);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A prompt that the server closed while so much was written in it. */
function closed(text: string): OpenPrompt {
  const prompts = new OpenPrompts(new KeptPrompts(null, 0));
  prompts.arrive(
    {
      promptId: 'p',
      notebookId: 'n',
      cellId: 'a',
      question: 'What?',
      choices: [],
      language: 'en',
      multiple: false,
      words: 'optional',
      issuedAt: 0
    },
    0
  );
  prompts.show('p');
  prompts.focus('p', 0);
  prompts.draft('p', { choices: [], text });
  prompts.withdraw('p');
  const [prompt] = prompts.of();
  return prompt;
}

/** A view that has the focus, without a browser. */
function viewOf(shape: Shape): InlinePrompt {
  return {
    shape,
    hasFocus: true,
    node: {
      addEventListener: () => undefined,
      removeEventListener: () => undefined,
      classList: { add: () => undefined, remove: () => undefined },
      matches: () => false
    }
  } as unknown as InlinePrompt;
}

function watch(prompt: OpenPrompt): void {
  const handlers = { seen: () => undefined, fold: () => folded++ };
  new MountedPrompt(viewOf('closed'), handlers).watch(prompt);
}

describe('the line of a closed question', () => {
  it('passes where nothing was written', () => {
    watch(closed(''));
    vi.advanceTimersByTime(MINUTE_MS);
    expect(folded).toBe(1);
  });

  it('stands for as long as the person leaves their words there', () => {
    watch(closed('because'));
    vi.advanceTimersByTime(60 * MINUTE_MS);
    expect(folded).toBe(0);
  });

  it('comes with words though nothing was to be seen of the prompt any more', () => {
    expect(shapeOf(viewOf('gone'), closed('because'))).toBe('closed');
    expect(shapeOf(viewOf('clock'), closed('because'))).toBe('closed');
    expect(shapeOf(viewOf('gone'), closed(''))).toBe('gone');
  });
});
