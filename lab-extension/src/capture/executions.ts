/** Brings the notebook actions' signals of runs, which are for the whole page, to the notebooks they are about. */

import type { ICodeCellModel } from '@jupyterlab/cells';
import type { ISignal } from '@lumino/signaling';

import { recordedId } from '../cell-ids';
import { guarded } from './guard';
import type { RawOutput } from './outputs';
import type { Executed, Runs } from './runs';
import type { NotebookContext, Session } from './session';

/** The signals of the notebook's actions, for all notebooks of the page. */
export interface Actions {
  executionScheduled: ISignal<unknown, { notebook: Ran; cell: RanCell }>;
  executed: ISignal<
    unknown,
    {
      notebook: Ran;
      cell: RanCell;
      success: boolean;
      error?: ErrorLike | null;
    }
  >;
}

interface Ran {
  model: unknown;
}

interface RanCell {
  model: {
    type: string;
    sharedModel: { getId(): string; getSource(): string };
  };
}

interface ErrorLike {
  errorName?: string;
  errorValue?: string;
  traceback?: string[];
}

/** A document in which cells may run. */
export interface Executing {
  context: NotebookContext;
  /** While it is open. */
  live: { session: Pick<Session, 'texts'>; runs: Runs } | null;
}

/** Tell a document's runs of what is scheduled and what has ended in it. */
export function followExecutions(
  { executionScheduled, executed }: Actions,
  documentOf: (notebook: Ran) => Executing | undefined
): void {
  executionScheduled.connect((_, { notebook, cell }) =>
    guarded('scheduled', () => {
      const live = documentOf(notebook)?.live;
      if (cell.model.type === 'code' && live) {
        onScheduled(live, cell);
      }
    })
  );
  executed.connect((_, { notebook, cell, success, error }) =>
    guarded('executed', () => {
      const document = documentOf(notebook);
      if (cell.model.type === 'code' && document) {
        onExecuted(document, cell, success, error ?? null);
      }
    })
  );
}

function onScheduled(
  { session, runs }: NonNullable<Executing['live']>,
  { model: { sharedModel } }: RanCell
): void {
  const cellId = recordedId(sharedModel);
  const { source, withheld } = session.texts.recorded(
    cellId,
    sharedModel.getSource()
  );
  runs.scheduled(cellId, source, withheld);
}

function onExecuted(
  { context, live }: Executing,
  { model }: RanCell,
  success: boolean,
  error: ErrorLike | null
): void {
  const how: Executed = {
    success,
    error: error && {
      ename: error.errorName,
      evalue: error.errorValue,
      traceback: error.traceback
    },
    kernel: Boolean(context.sessionContext.session?.kernel)
  };
  live?.runs.executed(recordedId(model.sharedModel), how);
}

/** What a cell shows now: from the model, since the page keeps only a part of long outputs. */
export function outputsOf(
  context: NotebookContext,
  cellId: string
): { outputs: readonly RawOutput[]; executionCount: number | null } {
  for (const model of context.model.cells) {
    if (model.type === 'code' && recordedId(model.sharedModel) === cellId) {
      const { outputs, executionCount } = model as ICodeCellModel;
      return { outputs: outputs.toJSON(), executionCount };
    }
  }
  return { outputs: [], executionCount: null };
}
