/** Remembers over a reload what is withheld in shared notebooks: the document itself does not say who typed what. */

import type { CellSnapshot } from '../protocol';
import { wellFormed } from '../well-formed';
import { textDigest } from './digest';
import { guarded } from './guard';
import { withheld, type Veiled } from './withheld';

const KEY = 'prompter:withheld:';

/** By JupyterLab's ids, which several cells may have. */
type Kept = Record<string, Veil[] | undefined>;

interface Veil {
  /** Of the cell's text: hexadecimal. The text itself is not kept. */
  digest: string;
  recorded: string;
}

export class WithheldMemory {
  /** @param storage that of the browser, so that a new tab knows it too. */
  constructor(private readonly storage: Pick<Storage, 'getItem' | 'setItem'>) {}

  /** Keep what is recorded of the cells of a notebook that hold withheld text. */
  keep(path: string, cells: Iterable<Veiled & { own: string }>): void {
    const kept: Kept = {};
    for (const { own, text, recorded } of cells) {
      if (text !== recorded) {
        (kept[own] ??= []).push({ digest: hex(textDigest(text)), recorded });
      }
    }
    if (Object.keys(kept).length > 0) {
      guarded('withheld', () =>
        this.storage.setItem(KEY + path, JSON.stringify(kept))
      );
    }
  }

  /** The cells of a notebook that is opened, each with what is to be recorded of it. */
  recall<C extends CellSnapshot>(
    path: string,
    cells: readonly C[]
  ): (C & { recorded?: string })[] {
    const kept = guarded('withheld', () => this.read(path)) ?? {};
    return cells.map(cell => {
      const known = kept[cell.cell_id];
      if (!known) {
        return cell;
      }
      const text = wellFormed(cell.source);
      const digest = hex(textDigest(text));
      const same = known.find(each => each.digest === digest);
      // Whatever was changed meanwhile, a part of it may be what was withheld.
      return { ...cell, recorded: same?.recorded ?? withheld(text) };
    });
  }

  private read(path: string): Kept {
    const stored = this.storage.getItem(KEY + path);
    return stored === null ? {} : (JSON.parse(stored) as Kept);
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}
