import { Signal } from '@lumino/signaling';
import { beforeEach, describe, expect, it } from 'vitest';

import { idBytes } from '../../ids';
import type { Prompt, StudyForPage } from '../../protocol';
import type { DeliveryStatus, ICapture, IDelivery } from '../../tokens';
import { Asking } from '../asking';
import { KeptPrompts } from '../kept';
import { OpenPrompts } from '../open-prompts';

const SESSION = '01900000-0000-7000-8000-000000000001';
const NOTEBOOK = '01900000-0000-7000-8000-000000000002';
const PROMPT = '01900000-0000-7000-8000-000000000003';
const SECOND = 1_000_000;

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

  readonly delivery: IDelivery = {
    ...this._signals(),
    record: (sessionId, type, body, at) =>
      void this.recorded.push({ sessionId, type, body, at }),
    now: () => this.now,
    beforeRecord: null,
    status: { state: 'recording', unsent: 0, reason: '' },
    participant: null,
    study: STUDY,
    notebookOf: sessionId => (sessionId === SESSION ? NOTEBOOK : undefined),
    pause: () => undefined,
    resume: () => undefined
  };

  readonly capture: ICapture = {
    sessionOf: () => SESSION,
    restoring: act => act(),
    sessionOpened: new Signal<ICapture, { sessionId: string; panelId: string }>(
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
  readonly asking = new Asking({
    delivery: this.delivery,
    capture: this.capture,
    prompts: this.prompts,
    alarm: {
      set: (afterMs, ring) => (this.alarm = { afterMs, ring }),
      clear: () => (this.alarm = null)
    },
    sessions: () => [SESSION]
  });

  get stage(): string | undefined {
    return this.prompts.get(PROMPT)?.stage;
  }

  ask(): void {
    const prompt: Prompt = {
      type: 'prompt',
      prompt_id: idBytes(PROMPT),
      notebook_id: idBytes(NOTEBOOK),
      cell_id: 'a',
      question: 'What?',
      choices: ['x', 'y'],
      language: 'en',
      issued_at: 0
    };
    emit(this.delivery.prompted, prompt);
  }

  edit(): void {
    emit(this.capture.edited, { sessionId: SESSION, cellId: 'b' });
  }

  run(running: boolean): void {
    emit(this.capture.ran, { sessionId: SESSION, cellId: 'a', running });
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
    | 'prompted'
    | 'withdrawn'
    | 'pausedChanged'
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
      pausedChanged: new Signal<IDelivery, boolean>(sender)
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

  it('takes typing in a prompt for typing', () => {
    page.ask();
    page.asking.drafted(PROMPT, SESSION, { choice: null, text: 'b' });
    page.asking.later(PROMPT, SESSION);
    page.now += 599 * SECOND;
    page.prompts.answerNow(PROMPT);
    page.asking.drafted(PROMPT, SESSION, { choice: null, text: 'be' });
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
    page.asking.drafted(PROMPT, SESSION, { choice: 'x', text: 'why' });
    page.now += 2 * SECOND;
    expect(page.asking.send(PROMPT, SESSION)).toBe(true);
    expect(page.asking.send(PROMPT, SESSION)).toBe(false);
    page.prompts.change(PROMPT);
    page.asking.drafted(PROMPT, SESSION, { choice: 'y', text: '' });
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
