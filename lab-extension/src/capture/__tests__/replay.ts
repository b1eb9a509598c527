/** What the log's readers do with the events of one session, as plainly as can be. */

import type { CellSnapshot, EventBodies, EventTypeName } from '../../protocol';

export interface Logged {
  type: EventTypeName;
  body: unknown;
}

/** An event's body as that of a type. */
export function bodyOf<T extends EventTypeName>(
  event: Logged | undefined,
  type: T
): EventBodies[T] {
  if (event?.type !== type) {
    throw new Error(`${type} was expected, not ${event?.type}`);
  }
  return event.body as EventBodies[T];
}

export function bodiesOf<T extends EventTypeName>(
  events: readonly Logged[],
  type: T
): EventBodies[T][] {
  return events
    .filter(event => event.type === type)
    .map(event => bodyOf(event, type));
}

/** Apply the events one by one. Indices that do not fit the cell they name are an error. */
export function replay(
  events: readonly Logged[],
  start: readonly CellSnapshot[] = []
): CellSnapshot[] {
  let cells = start.map(cell => ({ ...cell }));
  const at = (index: number, id: string): CellSnapshot => {
    if (cells[index]?.cell_id !== id) {
      throw new Error(`cell ${id} is not at ${index}`);
    }
    return cells[index];
  };
  const byId = (id: string): CellSnapshot => {
    const found = cells.find(cell => cell.cell_id === id);
    if (!found) {
      throw new Error(`no cell ${id}`);
    }
    return found;
  };
  for (const event of events) {
    switch (event.type) {
      case 'session.opened':
      case 'notebook.reloaded':
      case 'recording.resumed':
        cells = bodyOf(event, event.type).cells.map(cell => ({ ...cell }));
        break;
      case 'cell.added': {
        const body = bodyOf(event, 'cell.added');
        const { cell_id, cell_type, source, index } = body;
        if (index > cells.length) {
          throw new Error(`no place ${index}`);
        }
        cells.splice(index, 0, { cell_id, cell_type, source });
        break;
      }
      case 'cell.removed': {
        const { index, cell_id } = bodyOf(event, 'cell.removed');
        at(index, cell_id);
        cells.splice(index, 1);
        break;
      }
      case 'cell.moved': {
        const { from, to, cell_id } = bodyOf(event, 'cell.moved');
        const moved = at(from, cell_id);
        cells.splice(from, 1);
        cells.splice(to, 0, moved);
        break;
      }
      case 'cell.type_changed': {
        const { cell_id, cell_type } = bodyOf(event, 'cell.type_changed');
        byId(cell_id).cell_type = cell_type;
        break;
      }
      case 'cell.edited': {
        const { cell_id, changes } = bodyOf(event, 'cell.edited');
        const cell = byId(cell_id);
        for (const [, ops] of changes) {
          cell.source = edited(cell.source, ops);
        }
        break;
      }
      default:
    }
  }
  return cells;
}

function edited(text: string, ops: (number | string)[]): string {
  let done = '';
  let rest = text;
  for (const op of ops) {
    if (typeof op === 'string') {
      done += op;
      continue;
    }
    if (op === 0 || Math.abs(op) > rest.length) {
      throw new Error(`operation ${op} on ${rest.length} units`);
    }
    done += op > 0 ? rest.slice(0, op) : '';
    rest = rest.slice(Math.abs(op));
  }
  return done + rest;
}
