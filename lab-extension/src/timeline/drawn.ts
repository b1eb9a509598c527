/**
 * The scripts of the exported page, which draw a session: the same files, bundled by their path.
 *
 * They know no types. What is used of them here is declared here, and nothing else.
 */

// @ts-expect-error It is a script of the Python package, without declarations.
import * as script from '../../../projections/prompter_projections/timeline/figure.js';

export interface DrawnRun {
  number: number;
  /** Seconds since the session's begin, as are all times here. */
  at: number;
  outcome: string;
  position: number;
}

export interface DrawnPrompt {
  at: number;
  position: number;
}

/** A time in which a cell was written: begin, end, characters inserted and deleted, first and last position. */
export type DrawnStretch = [number, number, number, number, number, number];

export interface DrawnLane {
  name: string;
  runs: DrawnRun[];
  prompts: DrawnPrompt[];
  stretches: DrawnStretch[];
}

/** What the scripts know of a session beside its drawing. */
export interface DrawnData {
  /** ms since the epoch. */
  begin: number;
  length: number;
  /** Begin and end of each. */
  folds: [number, number][];
  lanes: DrawnLane[];
  strip: { at: number; position: number; text: string }[];
}

/** What a key stands for. */
export interface Found {
  kind: string;
  lane?: DrawnLane;
  run?: DrawnRun;
}

export interface FigureOptions {
  /** The element that tells of the mark under the pointer. */
  card: HTMLElement;
}

/** One session's drawing: places its marks for a width, a zoom, folds; shows what they stand for. */
export interface DrawnFigure {
  readonly data: DrawnData;
  readonly svg: SVGSVGElement;
  readonly overview: SVGSVGElement;
  /** The cell at one version. */
  readonly panel: HTMLElement;
  readonly card: HTMLElement;
  /** Where labels end and the time begins, in pixels. */
  left: number;
  /** The least width of a drawing, in pixels. */
  least: number;
  /** What is shown, in seconds. */
  domain: [number, number];
  /** Whether each long gap is folded. */
  folded: boolean[];
  /** Whether times are those of the clock. */
  clock: boolean;
  chosen: { key?: string } | null;
  /** Draw everything; while somebody moves it, what is in sight first. */
  draw(moving?: boolean): void;
  /** What a click or Enter on a mark does. */
  act(key: string): void;
  open(key: string): void;
  close(): void;
  hide(): void;
  fillCard(key: string): void;
  title(found: Found): string;
  reveal(): void;
}

export const Figure = (
  script as {
    Figure: new (
      section: HTMLElement,
      data: DrawnData,
      options: FigureOptions
    ) => DrawnFigure;
  }
).Figure;
