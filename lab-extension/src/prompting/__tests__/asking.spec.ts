import { Signal } from '@lumino/signaling';
import { beforeEach, describe, expect, it } from 'vitest';

import { idBytes } from '../../ids';
import type { Prompt, StudyForPage } from '../../protocol';
import type {
  ConsentStatus,
  CurrentTask,
  DeliveryStatus,
  EndedSession,
  ICapture,
  IDelivery,
  WaitingReview
} from '../../tokens';
import { Asking } from '../asking';
import { KeptPrompts } from '../kept';
import { OpenPrompts } from '../open-prompts';
import { QuietHour } from '../quiet-hour';
import { MemoryStore } from './memory-store';

const SESSION = '01900000-0000-7000-8000-000000000001';
const NOTEBOOK = '01900000-0000-7000-8000-000000000002';
const OTHER_SESSION = '01900000-0000-7000-8000-000000000004';
const OTHER_NOTEBOOK = '01900000-0000-7000-8000-000000000005';
const PROMPT = '01900000-0000-7000-8000-000000000003';
const SECOND = 1_000_000;

/** What is open in the page, by session. */
const NOTEBOOKS = new Map([
  [SESSION, NOTEBOOK],
  [OTHER_SESSION, OTHER_NOTEBOOK]
]);

const STUDY: StudyForPage = {
  name: 'study',
  asking: 'now',
  quiet: { typing_ms: 2000, run_ms: 1000 },
  output_bytes: null,
  snooze_ms: 600_000
};

interface Recorded {
  sessionId: string;
  type: string;
  body: unknown;
  at: number;
}

/** A page of which the test is the server, the notebook and the clock. */
class Page {
  now = 100 * SECOND;
  recorded: Recorded[] = [];
  alarm: { afterMs: number; ring: () => void } | null = null;
  hindrance = '';

  readonly delivery: IDelivery = {
    ...this._signals(),
    record: (sessionId, type, body, at) =>
      void this.recorded.push({ sessionId, type, body, at }),
    now: () => this.now,
    beforeRecord: null,
    status: { state: 'recording', unsent: 0, reason: '' },
    participant: null,
    study: STUDY,
    reviews: [],
    task: null,
    notebookOf: sessionId => NOTEBOOKS.get(sessionId),
    pause: () => undefined,
    resume: () => undefined,
    silent: false,
    consent: { stage: 'free', text: null, at: null },
    agree: () => undefined,
    decline: () => undefined,
    withdraw: () => undefined
  };

  readonly capture: ICapture = {
    sessionOf: () => SESSION,
    end: () => undefined,
    isEnded: () => false,
    flush: () => undefined,
    restoring: act => act(),
    sessionOpened: new Signal<ICapture, { sessionId: string; panelId: string }>(
      this as unknown as ICapture
    ),
    sessionClosing: new Signal<ICapture, { sessionId: string }>(
      this as unknown as ICapture
    ),
    sessionClosed: new Signal<ICapture, { sessionId: string }>(
      this as unknown as ICapture
    ),
    edited: new Signal<ICapture, { sessionId: string; cellId: string }>(
      this as unknown as ICapture
    ),
    ran: new Signal<
      ICapture,
      { sessionId: string; cellId: string; running: boolean }
    >(this as unknown as ICapture)
  };

  readonly prompts = new OpenPrompts(new KeptPrompts(null, 0));
  readonly asking: Asking;

  /** @param quietHour with a storage of its own, unless the test has several pages. */
  constructor(readonly quietHour = new QuietHour(new MemoryStore(), 'quiet')) {
    this.asking = new Asking({
      delivery: this.delivery,
      capture: this.capture,
      prompts: this.prompts,
      alarm: {
        set: (afterMs, ring) => (this.alarm = { afterMs, ring }),
        clear: () => (this.alarm = null)
      },
      quietHour,
      hindrance: () => this.hindrance,
      sessions: () => [...NOTEBOOKS.keys()]
    });
  }

  get stage(): string | undefined {
    return this.prompts.get(PROMPT)?.stage;
  }

  /** @param facts what else the server says of the prompt. */
  ask(facts: Partial<Prompt> = {}): void {
    const prompt: Prompt = {
      type: 'prompt',
      prompt_id: idBytes(PROMPT),
      notebook_id: idBytes(NOTEBOOK),
      cell_id: 'a',
      question: 'What?',
      choices: ['x', 'y'],
      language: 'en',
      issued_at: 0,
      ...facts
    };
    emit(this.delivery.prompted, prompt);
  }

  edit(sessionId = SESSION): void {
    emit(this.capture.edited, { sessionId, cellId: 'b' });
  }

  run(running: boolean, sessionId = SESSION): void {
    emit(this.capture.ran, { sessionId, cellId: 'a', running });
  }

  pass(seconds: number): void {
    this.now += seconds * SECOND;
    this.alarm?.ring();
  }

  private _signals(): Pick<
    IDelivery,
    | 'statusChanged'
    | 'unsentChanged'
    | 'studyChanged'
    | 'sessionAccepted'
    | 'reviewsChanged'
    | 'sessionEnded'
    | 'taskChanged'
    | 'prompted'
    | 'withdrawn'
    | 'pausedChanged'
    | 'consentChanged'
  > {
    const sender = this as unknown as IDelivery;
    return {
      statusChanged: new Signal<IDelivery, DeliveryStatus>(sender),
      unsentChanged: new Signal<IDelivery, number>(sender),
      studyChanged: new Signal<IDelivery, StudyForPage>(sender),
      sessionAccepted: new Signal<
        IDelivery,
        { sessionId: string; notebookId: string }
      >(sender),
      prompted: new Signal<IDelivery, Prompt>(sender),
      withdrawn: new Signal<IDelivery, string>(sender),
      reviewsChanged: new Signal<IDelivery, readonly WaitingReview[]>(sender),
      sessionEnded: new Signal<IDelivery, EndedSession>(sender),
      taskChanged: new Signal<IDelivery, CurrentTask>(sender),
      pausedChanged: new Signal<IDelivery, boolean>(sender),
      consentChanged: new Signal<IDelivery, ConsentStatus>(sender)
    };
  }
}

function emit<T>(signal: unknown, args: T): void {
  (signal as Signal<unknown, T>).emit(args);
}

let page: Page;
beforeEach(() => {
  page = new Page();
});

describe('asking', () => {
  it('shows a prompt at once when it is quiet', () => {
    page.ask();
    expect(page.stage).toBe('open');
    expect(page.recorded).toEqual([]);
  });

  it('waits two seconds after the last key, however often keys come', () => {
    page.edit();
    page.ask();
    expect(page.stage).toBe('waiting');
    expect(page.alarm?.afterMs).toBe(2000);
    page.now += 1.5 * SECOND;
    page.edit();
    page.pass(0.5);
    expect(page.stage).toBe('waiting');
    expect(page.alarm?.afterMs).toBe(1500);
    page.pass(1.5);
    expect(page.stage).toBe('open');
  });

  it('waits for the end of the run and a second more', () => {
    page.run(true);
    page.ask();
    expect(page.stage).toBe('waiting');
    expect(page.alarm).toBeNull();
    page.run(false);
    expect(page.alarm?.afterMs).toBe(1000);
    page.pass(1);
    expect(page.stage).toBe('open');
  });

  it('asks only in a study that asks now', () => {
    for (const asking of ['end', 'never'] as const) {
      page = new Page();
      Object.assign(page.delivery, { study: { ...STUDY, asking } });
      page.ask();
      expect(page.stage).toBe('waiting');
    }
    Object.assign(page.delivery, { study: null });
    page.asking.look();
    expect(page.stage).toBe('waiting');
    Object.assign(page.delivery, { study: STUDY });
    emit(page.delivery.studyChanged, STUDY);
    expect(page.stage).toBe('open');
  });

  it('asks nothing while the recording is paused', () => {
    page.ask();
    emit(page.delivery.pausedChanged, true);
    expect(page.stage).toBe('waiting');
    emit(page.delivery.pausedChanged, false);
    expect(page.stage).toBe('open');
  });

  it('keeps a prompt whose notebook is not open', () => {
    Object.assign(page.delivery, { notebookOf: () => undefined });
    page.ask();
    expect(page.stage).toBe('waiting');
  });

  it('brings back at quiet what was put off', () => {
    page.ask();
    page.asking.later(PROMPT, SESSION);
    expect(page.stage).toBe('snoozed');
    expect(page.alarm?.afterMs).toBe(600_000);
    page.now += 599 * SECOND;
    page.edit();
    page.pass(1);
    expect(page.stage).toBe('waiting');
    page.pass(1);
    expect(page.stage).toBe('open');
  });

  it('brings nothing back while the person types in another notebook', () => {
    page.ask();
    page.asking.later(PROMPT, SESSION);
    page.now += 599 * SECOND;
    page.edit(OTHER_SESSION);
    page.pass(1);
    expect(page.stage).toBe('waiting');
    expect(page.alarm?.afterMs).toBe(1000);
    page.pass(1);
    expect(page.stage).toBe('open');
  });

  it('waits for no run of another notebook', () => {
    page.run(true, OTHER_SESSION);
    page.ask();
    expect(page.stage).toBe('open');
  });

  it('takes typing in a prompt for typing', () => {
    page.ask();
    page.asking.drafted(PROMPT, SESSION, { choices: [], text: 'b' });
    page.asking.later(PROMPT, SESSION);
    page.now += 599 * SECOND;
    page.prompts.answerNow(PROMPT);
    page.asking.drafted(PROMPT, SESSION, { choices: [], text: 'be' });
    page.prompts.hold(PROMPT);
    page.asking.look();
    expect(page.stage).toBe('waiting');
    expect(page.alarm?.afterMs).toBe(2000);
  });

  it('removes what the server withdraws', () => {
    page.ask();
    emit(page.delivery.withdrawn, PROMPT);
    expect(page.stage).toBe('gone');
  });
});

describe('what is recorded', () => {
  const id = idBytes(PROMPT);

  it('shown and focused, once each', () => {
    page.ask();
    page.asking.seen(PROMPT, SESSION);
    page.asking.seen(PROMPT, SESSION);
    page.asking.focused(PROMPT, SESSION);
    page.asking.blurred(PROMPT);
    page.asking.focused(PROMPT, SESSION);
    expect(page.recorded).toEqual([
      {
        sessionId: SESSION,
        type: 'prompt.shown',
        body: { prompt_id: id },
        at: page.now
      },
      {
        sessionId: SESSION,
        type: 'prompt.focused',
        body: { prompt_id: id },
        at: page.now
      }
    ]);
  });

  it('the answer once, and a change of it as a change', () => {
    page.ask();
    page.asking.focused(PROMPT, SESSION);
    page.recorded = [];
    page.asking.drafted(PROMPT, SESSION, { choices: ['x'], text: 'why' });
    page.now += 2 * SECOND;
    expect(page.asking.send(PROMPT, SESSION)).toBe(true);
    expect(page.asking.send(PROMPT, SESSION)).toBe(false);
    page.prompts.change(PROMPT);
    page.asking.drafted(PROMPT, SESSION, { choices: ['y'], text: '' });
    page.asking.send(PROMPT, SESSION);
    expect(page.recorded.map(({ type, body }) => ({ type, body }))).toEqual([
      {
        type: 'prompt.answered',
        body: { prompt_id: id, text: 'why', choice: 'x', drafting_ms: 2000 }
      },
      {
        type: 'prompt.amended',
        body: { prompt_id: id, text: '', choice: 'y' }
      }
    ]);
  });

  it('nothing for an empty answer, and nothing twice for a dismissal', () => {
    page.ask();
    expect(page.asking.send(PROMPT, SESSION)).toBe(false);
    page.asking.dismiss(PROMPT, SESSION, 'never');
    page.asking.dismiss(PROMPT, SESSION, 'skip');
    page.asking.later(PROMPT, SESSION);
    expect(page.recorded.map(({ body }) => body)).toEqual([
      { prompt_id: id, reason: 'never' }
    ]);
  });

  it('until when it was put off', () => {
    page.ask();
    page.asking.later(PROMPT, SESSION);
    expect(page.recorded[0]).toMatchObject({
      type: 'prompt.snoozed',
      body: { prompt_id: id, until: page.now + 600 * SECOND }
    });
  });
});

describe('while nothing can be recorded', () => {
  const DRAFT = { choices: ['x'], text: 'why' };
  const QUESTION = {
    promptId: PROMPT,
    choices: ['x', 'y'],
    multiple: false,
    words: 'optional'
  } as const;

  /** As the delivery does: what is recorded now vanishes without a word. */
  const pause = (): void => {
    emit(page.delivery.pausedChanged, true);
    page.recorded = [];
    page.hindrance = 'The recording is paused.';
    page.delivery.record = () => undefined;
  };

  beforeEach(() => {
    page.ask();
    page.asking.focused(PROMPT, SESSION);
  });

  it('takes no answer, and keeps what was drafted', () => {
    page.asking.drafted(PROMPT, SESSION, DRAFT);
    pause();
    expect(page.asking.send(PROMPT, SESSION)).toBe(false);
    expect(page.prompts.get(PROMPT)).toMatchObject({
      stage: 'open',
      draft: DRAFT,
      answer: null
    });
  });

  it('takes the same answer afterwards', () => {
    page.asking.drafted(PROMPT, SESSION, DRAFT);
    page.hindrance = 'The recording is paused.';
    page.asking.send(PROMPT, SESSION);
    page.recorded = [];
    page.hindrance = '';
    expect(page.asking.send(PROMPT, SESSION)).toBe(true);
    expect(page.recorded).toMatchObject([
      { type: 'prompt.answered', body: { choice: 'x', text: 'why' } }
    ]);
  });

  it('takes no change of an answer, in its prompt or elsewhere', () => {
    page.asking.drafted(PROMPT, SESSION, DRAFT);
    page.asking.send(PROMPT, SESSION);
    page.prompts.change(PROMPT);
    page.asking.drafted(PROMPT, SESSION, { choices: ['y'], text: 'else' });
    pause();
    expect(page.asking.send(PROMPT, SESSION)).toBe(false);
    expect(
      page.asking.amend(QUESTION, SESSION, { choices: ['y'], text: '' })
    ).toBe(false);
    expect(page.prompts.get(PROMPT)).toMatchObject({
      stage: 'open',
      draft: { text: 'else' },
      answer: DRAFT,
      amendedAt: null
    });
    page.asking.later(PROMPT, SESSION);
    expect(page.prompts.get(PROMPT)).toMatchObject({
      stage: 'sent',
      answer: DRAFT
    });
  });

  it.each(['skip', 'never'] as const)('closes nothing by %s', reason => {
    pause();
    page.asking.dismiss(PROMPT, SESSION, reason);
    expect(page.stage).toBe('open');
  });

  it('lets the person put the prompt off, their draft kept', () => {
    page.asking.drafted(PROMPT, SESSION, DRAFT);
    pause();
    page.asking.later(PROMPT, SESSION);
    expect(page.prompts.get(PROMPT)).toMatchObject({
      stage: 'snoozed',
      draft: DRAFT
    });
    page.hindrance = '';
    emit(page.delivery.pausedChanged, false);
    page.pass(600);
    expect(page.stage).toBe('open');
  });
});

describe('a quiet hour', () => {
  it('puts off what is open, holds what comes, and ends by itself', () => {
    page.ask();
    page.asking.focused(PROMPT, SESSION);
    page.recorded = [];
    page.asking.beQuiet(() => SESSION);
    const hour = 3600 * SECOND;
    expect(page.stage).toBe('snoozed');
    expect(page.recorded).toMatchObject([
      { type: 'prompt.snoozed', body: { until: page.now + hour } },
      { type: 'prompt.quiet', body: { for_ms: 3_600_000 } }
    ]);
    expect(page.asking.quietUntil).toBe(page.now + hour);
    page.pass(3599);
    expect(page.stage).toBe('snoozed');
    page.pass(1);
    expect(page.stage).toBe('open');
    expect(page.asking.quietUntil).toBeNull();
  });

  it('ends when the person wants to be asked again', () => {
    page.asking.beQuiet(() => SESSION);
    page.ask();
    expect(page.stage).toBe('waiting');
    page.asking.endQuiet();
    expect(page.stage).toBe('open');
  });
});

describe('a quiet hour of several pages', () => {
  let other: Page;
  beforeEach(() => {
    const store = new MemoryStore();
    page = new Page(new QuietHour(store, 'quiet'));
    other = new Page(new QuietHour(store, 'quiet'));
  });

  it('puts away what stands in the others', () => {
    other.ask();
    page.asking.beQuiet(() => SESSION);
    other.quietHour.heard('quiet');
    expect(other.stage).toBe('waiting');
    expect(other.asking.quietUntil).toBe(page.asking.quietUntil);
  });

  it('ends in all of them when the person wants to be asked again in one', () => {
    page.asking.beQuiet(() => SESSION);
    other.ask();
    expect(other.stage).toBe('waiting');
    page.asking.endQuiet();
    other.quietHour.heard('something else');
    expect(other.stage).toBe('waiting');
    other.quietHour.heard('quiet');
    expect(other.stage).toBe('open');
    expect(other.asking.quietUntil).toBeNull();
  });
});

describe('a question asked by hand', () => {
  it.each(['never', 'end'] as const)(
    'is shown where the page asks %s, at quiet like any other',
    asking => {
      Object.assign(page.delivery, { study: { ...STUDY, asking } });
      page.edit();
      page.ask({ by_hand: true });
      expect(page.stage).toBe('waiting');
      page.pass(2);
      expect(page.stage).toBe('open');
    }
  );

  it('comes through a quiet hour that had begun before it', () => {
    page.asking.beQuiet(() => SESSION);
    page.pass(60);
    page.ask({ by_hand: true, issued_at: page.now });
    expect(page.stage).toBe('open');
    page.asking.later(PROMPT, SESSION);
    page.pass(600);
    expect(page.stage).toBe('open');
  });

  it('waits for the end of one that began after it', () => {
    page.edit();
    page.ask({ by_hand: true, issued_at: page.now });
    page.pass(1);
    page.asking.beQuiet(() => SESSION);
    page.pass(10);
    expect(page.stage).toBe('waiting');
    page.pass(3600);
    expect(page.stage).toBe('open');
  });

  it('is not shown during a pause of the recording', () => {
    emit(page.delivery.pausedChanged, true);
    page.ask({ by_hand: true });
    expect(page.stage).toBe('waiting');
  });
});
