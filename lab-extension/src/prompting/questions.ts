/** The questions of this page for the side panel: those that wait, and what was answered, today and before. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';

import { unrecorded } from '../hindrance';
import type {
  AnswerParts,
  GivenAnswer,
  IQuestions,
  OpenQuestion
} from '../tokens';
import type { Asking } from './asking';
import { begun, type OpenPrompt } from './open-prompts';
import type { AskForAnswers, PastAnswer } from './past-answers';

/** A notebook that is open in this page. */
export interface OpenNotebook {
  notebookId: string;
  sessionId: string;
  path: string;
  /** By place. */
  cellIds: () => readonly string[];
}

export interface QuestionsOptions {
  asking: Asking;
  /** Those whose id the server told, each once. */
  notebooks: () => readonly OpenNotebook[];
  ask: AskForAnswers;
  /** Show the notebook and put the focus on the prompt. */
  show: (prompt: OpenPrompt) => Promise<void>;
  /** µs since the epoch. */
  now: () => number;
  trans: TranslationBundle;
}

export class Questions implements IQuestions {
  constructor(options: QuestionsOptions) {
    this._options = options;
    options.asking.prompts.changed.connect(() => this.tell());
    options.asking.quietChangedElsewhere.connect(() => this.tell());
  }

  readonly changed: Signal<IQuestions, void> = new Signal<IQuestions, void>(
    this
  );

  open(): OpenQuestion[] {
    return this._options.notebooks().flatMap(notebook =>
      this._options.asking.prompts
        .of(notebook.notebookId)
        .filter(
          ({ stage, answer }) =>
            answer === null && (stage === 'open' || stage === 'snoozed')
        )
        .map(prompt => ({
          promptId: prompt.promptId,
          path: notebook.path,
          place: placeOf(notebook, prompt.cellId),
          question: prompt.question,
          language: prompt.language,
          askedAt: prompt.issuedAt,
          putOff: prompt.stage === 'snoozed',
          drafted: begun(prompt.draft)
        }))
    );
  }

  answers(): GivenAnswer[] {
    return this._options
      .notebooks()
      .flatMap(notebook =>
        this._answersIn(notebook.notebookId).map(
          ({ cellId, ...answer }): GivenAnswer => ({
            ...answer,
            path: notebook.path,
            place: placeOf(notebook, cellId)
          })
        )
      )
      .sort((one, other) => other.answeredAt - one.answeredAt);
  }

  async refresh(): Promise<void> {
    const notebooks = this._options.notebooks();
    await Promise.all(
      notebooks.map(async ({ notebookId }) => {
        try {
          this._told.set(notebookId, await this._options.ask(notebookId));
          this.tell();
        } catch {
          // Offline, the answers of this page are known all the same.
        }
      })
    );
  }

  async goTo(promptId: string): Promise<void> {
    const prompt = this._options.asking.prompts.get(promptId);
    if (prompt) {
      await this._options.show(prompt);
    }
  }

  hindrance(promptId: string): string {
    const { asking, trans } = this._options;
    return asking.hindrance || (this._given(promptId) ? '' : unrecorded(trans));
  }

  amend(promptId: string, answer: AnswerParts): boolean {
    const { asking, notebooks, now } = this._options;
    const given = this._given(promptId);
    const notebook = notebooks().find(
      one => one.notebookId === given?.notebookId
    );
    const text = answer.text.trim();
    const words = { choices: answer.choices, text };
    if (
      !given ||
      !notebook ||
      !asking.amend(given, notebook.sessionId, words)
    ) {
      return false;
    }
    this._amended.set(promptId, { answer: words, amendedAt: now() });
    this.tell();
    return true;
  }

  get quietUntil(): number | null {
    return this._options.asking.quietUntil;
  }

  beQuiet(): void {
    const { asking, notebooks } = this._options;
    asking.beQuiet(
      notebookId =>
        notebooks().find(one => one.notebookId === notebookId)?.sessionId
    );
    this.tell();
  }

  endQuiet(): void {
    this._options.asking.endQuiet();
    this.tell();
  }

  /** Something changed; those who listen are told once a tick. */
  tell(): void {
    if (!this._telling) {
      this._telling = true;
      queueMicrotask(() => {
        this._telling = false;
        this.changed.emit();
      });
    }
  }

  /** An answer in the notebooks that are open here. */
  private _given(promptId: string): GivenAnswer | undefined {
    return this.answers().find(one => one.promptId === promptId);
  }

  /** What the server told, with what was said in this page since. */
  private _answersIn(notebookId: string): PastAnswer[] {
    const found = new Map(
      (this._told.get(notebookId) ?? []).map(one => [one.promptId, one])
    );
    for (const prompt of this._options.asking.prompts.of(notebookId)) {
      if (prompt.answer !== null && prompt.answeredAt !== null) {
        const { answer, answeredAt, amendedAt } = prompt;
        found.set(prompt.promptId, {
          ...prompt,
          answer,
          answeredAt,
          amendedAt
        });
      }
    }
    return [...found.values()].map(one => {
      const amended = this._amended.get(one.promptId);
      return amended && amended.amendedAt > (one.amendedAt ?? 0)
        ? { ...one, ...amended }
        : one;
    });
  }

  private readonly _options: QuestionsOptions;
  /** By notebook. */
  private readonly _told = new Map<string, PastAnswer[]>();
  /** By prompt: what was changed here. */
  private readonly _amended = new Map<
    string,
    { answer: AnswerParts; amendedAt: number }
  >();
  private _telling = false;
}

function placeOf(notebook: OpenNotebook, cellId: string): number | null {
  const index = notebook.cellIds().indexOf(cellId);
  return index < 0 ? null : index + 1;
}
