/**
 * What the record calls a cell: JupyterLab's id, or a name of its own where another cell has that id already.
 *
 * JupyterLab gives two cells one id: it keeps the ids of cells that were cut, also where they are pasted after the cut
 * was undone, or by two people.
 */

interface Cell {
  getId(): string;
}

const names = new WeakMap<Cell, string>();

// What nbformat allows; its longest id too.
const SEPARATOR = '_';
const LONGEST = 64;

/** The id by which all events, prompts and replays know this cell. */
export function recordedId(cell: Cell): string {
  return names.get(cell) ?? cell.getId();
}

/** Call a cell by another name than its id from now on. */
export function nameCell(cell: Cell, name: string): void {
  if (recordedId(cell) !== name) {
    names.set(cell, name);
  }
}

/** The id, or the first of `id_2`, `id_3` … that is not taken. */
export function freeName(id: string, taken: (name: string) => boolean): string {
  let name = id;
  for (let number = 2; taken(name); number++) {
    const suffix = `${SEPARATOR}${number}`;
    name = id.slice(0, LONGEST - suffix.length) + suffix;
  }
  return name;
}
