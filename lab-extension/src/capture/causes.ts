/** Why something changes: what can be told from the document's events, the commands, and the change's transaction. */

import type { CommandRegistry } from '@lumino/commands';
import { Signal, type ISignal } from '@lumino/signaling';

import type { Cause } from './bursts';
import { guarded } from './guard';

/** Commands that say more of a change than that a person made it. */
const COMMANDS: ReadonlyMap<string, Cause> = new Map([
  ['notebook:cut-cell', 'cut'],
  ['notebook:paste-cell-above', 'paste'],
  ['notebook:paste-cell-below', 'paste'],
  ['notebook:paste-and-replace-cell', 'paste'],
  ['notebook:duplicate-below', 'paste'],
  ['notebook:split-cell-at-cursor', 'split'],
  ['notebook:merge-cells', 'merge'],
  ['notebook:merge-cell-above', 'merge'],
  ['notebook:merge-cell-below', 'merge'],
  ['notebook:undo-cell-action', 'undo'],
  ['notebook:redo-cell-action', 'redo']
]);

/** Commands whose writing through the shared model is the person's own: a heading set, a completion taken. */
const WRITES_AS_USER = /^(notebook|completer):/;

// Captured on the document, these come before whatever they cause. `lm-drop` ends a drag of cells.
const GESTURES: ReadonlyMap<string, Cause> = new Map([
  ['paste', 'paste'],
  ['cut', 'cut'],
  ['drop', 'drag'],
  ['lm-drop', 'drag']
]);
const INPUTS = ['keydown', 'pointerdown', 'pointerup', 'mousedown', 'click'];

/** A command's synchronous part has ended. */
export interface Commanded {
  /** Null for what is no command. */
  id: string | null;
  /** The cause of changes of the list of cells. */
  cause: Cause;
  /** Text that it wrote through the shared model counts as the person's. */
  writesAsUser: boolean;
}

/** The part of a Yjs transaction that tells causes. */
export interface TransactionLike {
  local: boolean;
  origin: unknown;
  /** How far each client's writing had come before and after it. */
  beforeState?: ReadonlyMap<number, number>;
  afterState?: ReadonlyMap<number, number>;
}

/** The part of a Yjs undo manager that tells undo from redo. */
export interface UndoLike {
  undoing: boolean;
}

export interface CausesOptions {
  commands: Pick<CommandRegistry, 'commandExecuted'>;
  /** Whose events are listened to: the document. */
  target: EventTarget;
  /** Runs a callback when the present task is over. */
  afterTask: (act: () => void) => void;
}

export class Causes {
  constructor({ commands, target, afterTask }: CausesOptions) {
    for (const [type, cause] of GESTURES) {
      const listener = (): void => {
        this.hand++;
        this.dom = cause;
        afterTask(() => {
          this.hand--;
          this.dom = null;
        });
      };
      target.addEventListener(type, listener, true);
    }
    for (const type of INPUTS) {
      const listener = (event: Event): void => {
        if (writesText(event)) {
          return;
        }
        this.hand++;
        afterTask(() => {
          this.hand--;
        });
      };
      target.addEventListener(type, listener, true);
    }
    commands.commandExecuted.connect((_, { id, result }) =>
      guarded('command', () => this.onCommand(id, result))
    );
  }

  /** Emitted right after a command's synchronous part, when its changes have been seen. */
  get commanded(): ISignal<Causes, Commanded> {
    return this.commandedSignal;
  }

  /** Paste, cut or drag of text or cells, in the present task. */
  get gesture(): Cause | null {
    return this.dom;
  }

  /** The cause that a command still at work gives. */
  get running(): Cause | null {
    return this.commands.at(-1) ?? null;
  }

  /** Whether the present task began with a key or the mouse. */
  get byHand(): boolean {
    return this.hand > 0;
  }

  /** What `act` changes, before it returns, was put back from the past. */
  restoring(act: () => void): void {
    // What still waits for its cause came before.
    const before = this.gesture ?? (this.byHand ? 'user' : 'tool');
    this.commandedSignal.emit({ id: null, cause: before, writesAsUser: false });
    this.commands.push('restore');
    try {
      act();
    } finally {
      this.commands.splice(this.commands.lastIndexOf('restore'), 1);
      this.commandedSignal.emit({
        id: null,
        cause: 'restore',
        writesAsUser: false
      });
    }
  }

  private onCommand(id: string, result: Promise<unknown>): void {
    const cause = COMMANDS.get(id);
    this.commandedSignal.emit({
      id,
      cause: cause ?? 'user',
      writesAsUser: WRITES_AS_USER.test(id)
    });
    if (cause) {
      // With the system's clipboard, cutting and pasting wait before they change anything.
      this.commands.push(cause);
      const end = (): void => {
        this.commands.splice(this.commands.indexOf(cause), 1);
      };
      result.then(end, end);
    }
  }

  private dom: Cause | null = null;
  private hand = 0;
  private readonly commands: Cause[] = [];
  private readonly commandedSignal = new Signal<Causes, Commanded>(this);
}

/** Whether an event is a key that writes a character in an editor: the editor says itself whose change that is. */
function writesText(event: Event): boolean {
  return (
    isKey(event) &&
    event.key.length === 1 &&
    !event.ctrlKey &&
    !event.metaKey &&
    !event.altKey &&
    event.target instanceof Element &&
    event.target.classList.contains('cm-content')
  );
}

function isKey(event: Event): event is KeyboardEvent {
  return 'key' in event;
}

/** The cause that the transaction alone tells; null where a person or a tool of this page made the change. */
export function causeOfTransaction(
  transaction: TransactionLike,
  undoManagers: readonly unknown[]
): Cause | null {
  const { local, origin } = transaction;
  if (!local) {
    return 'remote';
  }
  if (isUndo(origin) && undoManagers.includes(origin)) {
    return origin.undoing ? 'undo' : 'redo';
  }
  return null;
}

/**
 * Whether a local change was written through the shared model rather than typed into an editor.
 *
 * Editors name an object of their own as the origin; the shared models name themselves, or nothing.
 */
export function isProgrammatic(
  origin: unknown,
  models: readonly unknown[]
): boolean {
  return (
    typeof origin !== 'object' || origin === null || models.includes(origin)
  );
}

function isUndo(origin: unknown): origin is UndoLike {
  return typeof origin === 'object' && origin !== null && 'undoing' in origin;
}
