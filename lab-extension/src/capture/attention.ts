/** Listens to the page for where the person is and whether they do anything. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';

import type { Capture } from './capture';
import { Focus, type Place } from './focus';
import { guarded } from './guard';
import { Idle } from './idle';

const INPUTS = ['keydown', 'pointerdown', 'pointermove', 'wheel'];
const PROMPT = '.jp-Prompter-prompt';

export interface AttentionOptions {
  app: JupyterFrontEnd;
  tracker: INotebookTracker;
  capture: Capture;
}

export class Attention {
  constructor({ app, tracker, capture }: AttentionOptions) {
    this.shell = app.shell;
    this.tracker = tracker;
    this.capture = capture;
    const later = (act: () => void, ms: number): void => {
      setTimeout(() => guarded('attention', act), ms);
    };
    this.focus = new Focus({
      record: (sessionId, body) => capture.focused(sessionId, body),
      later
    });
    this.idle = new Idle({
      elapsed: () => performance.now(),
      later,
      began: afterMs => capture.idle(afterMs),
      ended: () => capture.idle(null)
    });
    // In the midst of a command the active cell changes too; what the command does must find its cause first.
    const look = (): void => {
      queueMicrotask(() => guarded('focus', () => this.look()));
    };
    tracker.activeCellChanged.connect(look);
    tracker.currentChanged.connect(look);
    app.shell.currentChanged?.connect(look);
    capture.sessionOpened.connect(look);
    capture.sessionClosed.connect((_, { sessionId }) =>
      this.focus.closed(sessionId)
    );
    // The event knows its time: asking the clock at each key would cost more than all the rest.
    const input = ({ timeStamp }: Event): void => {
      guarded('idle', () => this.idle.input(timeStamp));
    };
    for (const type of INPUTS) {
      document.addEventListener(type, input, { capture: true, passive: true });
    }
    document.addEventListener('focusin', look, true);
  }

  /** The study is known, or is another one: it may want to know where the person is. */
  studied(): void {
    this.look();
  }

  /** The page was shown or hidden: told at once, since it may not come back. */
  shownOrHidden(): void {
    this.look();
    this.focus.flush();
  }

  private look(): void {
    if (this.capture.attends) {
      this.focus.at(this.place());
    }
  }

  private place(): Place {
    const panel = this.front();
    return {
      ...(panel
        ? this.capture.placeIn(panel)
        : { sessionId: null, cellId: null }),
      visible: document.visibilityState !== 'hidden',
      inPrompt: Boolean(document.activeElement?.closest(PROMPT))
    };
  }

  /** The notebook in front, if it is one. */
  private front(): NotebookPanel | null {
    const { currentWidget } = this.tracker;
    return currentWidget !== null && this.shell.currentWidget === currentWidget
      ? currentWidget
      : null;
  }

  private readonly shell: JupyterFrontEnd.IShell;
  private readonly tracker: INotebookTracker;
  private readonly capture: Capture;
  private readonly focus: Focus;
  private readonly idle: Idle;
}
