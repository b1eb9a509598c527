/** The notebook as it stood: its cells, those of no interest folded away. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { Colour } from './colours';
import { fold } from './compare';
import { button, element, reveal } from '../elements';
import type { History, Shown } from './history';
import { pastCell, signature, type PastCellOptions } from './past-cell';
import { foldedCells, heading, type Clock } from './words';

/** Of the cells that did not change, so many stay on each side of one that did. */
const CELLS_AROUND = 1;
/** Fewer cells than this are not folded away. */
const LEAST_CELLS = 2;

export interface PastOptions {
  history: History;
  trans: TranslationBundle;
  colour: Colour;
  restore: (cellId: string) => void;
}

export class Past {
  constructor(private readonly options: PastOptions) {
    this.node.setAttribute('role', 'region');
    this.node.tabIndex = 0;
  }

  readonly node = element('div', 'jp-Prompter-past');

  /** Show what the history tells now. Until the cells are known, what was shown stays. */
  update(clock: Clock): void {
    const { history, trans } = this.options;
    const { moment } = history;
    this.node.setAttribute('aria-label', heading(moment, clock, trans));
    this.node.setAttribute('aria-busy', String(history.loading));
    const shown = history.shown();
    if (shown === null) {
      return;
    }
    const view = `${moment?.session_id}/${moment?.position}/${history.mode}`;
    const turned = view !== this.view;
    if (turned) {
      this.view = view;
      this.unfolded.clear();
    }
    this.draw(shown, clock);
    if (turned) {
      const mine = this.articleOf(moment?.cell_id);
      this.node.scrollTop = 0;
      if (mine) {
        reveal(this.node, mine);
      }
    }
  }

  /** Put the focus on a cell: the button that had it may be gone. */
  focusCell(cellId: string): void {
    this.articleOf(cellId)?.focus({ preventScroll: true });
  }

  private draw(shown: readonly Shown[], clock: Clock): void {
    const { history, trans, colour, restore } = this.options;
    // Now does not differ from itself: there is nothing to be told of it.
    const mode =
      history.moment === null && history.mode === 'now' ? 'off' : history.mode;
    const own = history.moment?.cell_id;
    const stretches = fold(
      shown,
      each => mode !== 'off' && (each.fate !== 'same' || idOf(each) === own),
      CELLS_AROUND,
      LEAST_CELLS
    );
    const known = this.drawn;
    this.drawn = new Map();
    const one = (each: Shown): HTMLElement => {
      const options: PastCellOptions = {
        shown: each,
        mode,
        clock,
        trans,
        colour,
        restore
      };
      const key = signature(options);
      const node = known.get(key) ?? pastCell(options);
      this.drawn.set(key, node);
      return node;
    };
    const nodes = stretches.flatMap(({ folded, items }) => {
      const name = idOf(items[0]);
      return folded && !this.unfolded.has(name)
        ? [this.folded(items, name, clock)]
        : items.map(one);
    });
    this.place(nodes);
  }

  /** What stays in its place is not touched, so that it keeps focus and selection. */
  private place(nodes: readonly HTMLElement[]): void {
    const wanted = new Set<Node>(nodes);
    for (const child of Array.from(this.node.childNodes)) {
      if (!wanted.has(child)) {
        child.remove();
      }
    }
    nodes.forEach((node, i) => {
      const there = this.node.childNodes.item(i);
      if (there !== node) {
        this.node.insertBefore(node, there);
      }
    });
  }

  private folded(
    cells: readonly Shown[],
    name: string,
    clock: Clock
  ): HTMLElement {
    const { history, trans } = this.options;
    const text = foldedCells(cells, history.mode, trans);
    return button('jp-Prompter-quiet jp-Prompter-unfold', text, () => {
      this.unfolded.add(name);
      this.update(clock);
      this.focusCell(name);
    });
  }

  private articleOf(cellId: string | undefined): HTMLElement | undefined {
    return Array.from(this.node.children).find(
      (each): each is HTMLElement =>
        each instanceof HTMLElement && each.dataset.cellId === cellId
    );
  }

  /** The elements by what they depend on. */
  private drawn = new Map<string, HTMLElement>();
  /** The first cells of the stretches that were unfolded. */
  private readonly unfolded = new Set<string>();
  private view = '';
}

function idOf({ from, to }: Shown): string {
  return (from ?? to)?.id ?? '';
}
