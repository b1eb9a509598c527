/** What the prompter kernel says of a run, read with distrust: anything may publish such a message. */

import type {
  EstimatorFact,
  FrameFact,
  FrameShape,
  KernelFacts
} from '../protocol';
import { wellFormed } from '../well-formed';

/** The type of the kernel's message. */
export const FACTS = 'prompter_facts';

// The catalogue's limits, in characters and items.
const NAME_UNITS = 512;
const TEXT_UNITS = 200;
const MOST_NAMES = 500;
// What the kernel itself sends is less.
const MOST_FRAMES = 100;
const MOST_ESTIMATORS = 50;
const MOST_PARAMETERS = 50;
/** All texts together, in UTF-16 units: at most three bytes each, so that an event always holds them. */
const ROOM_UNITS = 100 * 1024;

/** The facts that a message's content holds, without what is of the wrong type or too much; null if it holds none. */
export function factsOf(content: unknown): Omit<KernelFacts, 'run_id'> | null {
  return isRecord(content) ? new Reader().facts(content) : null;
}

class Reader {
  facts(content: Fields): Omit<KernelFacts, 'run_id'> {
    const facts = {
      read: this.names(content.read),
      bound: this.names(content.bound),
      frames: this.each(content.frames, MOST_FRAMES, each => this.frame(each)),
      estimators: this.each(content.estimators, MOST_ESTIMATORS, each =>
        this.estimator(each)
      ),
      figures: count(content.figures) ?? 0,
      took_us: count(content.took_us) ?? 0
    };
    return { ...facts, truncated: this.short || content.truncated === true };
  }

  private frame(fields: Fields): FrameFact | null {
    const { before, after } = fields;
    const name = this.text(fields.name, NAME_UNITS);
    const kind = this.text(fields.kind, NAME_UNITS);
    const shapes = {
      before: isRecord(before) ? this.shape(before) : null,
      after: isRecord(after) ? this.shape(after) : null
    };
    const sense =
      name !== null &&
      kind !== null &&
      (shapes.before !== null || shapes.after !== null);
    return sense ? { name, kind, ...shapes } : null;
  }

  private shape(fields: Fields): FrameShape | null {
    const rows = count(fields.rows);
    const columns = count(fields.columns);
    return rows === null || columns === null
      ? null
      : {
          rows,
          columns,
          names: this.names(fields.names),
          dtypes: this.names(fields.dtypes),
          missing: count(fields.missing)
        };
  }

  private estimator(fields: Fields): EstimatorFact | null {
    const { did, value } = fields;
    const name = this.text(fields.name, NAME_UNITS);
    const kind = this.text(fields.kind, NAME_UNITS);
    if (
      name === null ||
      kind === null ||
      (did !== 'fitted' && did !== 'scored')
    ) {
      return null;
    }
    return {
      name,
      kind,
      did,
      parameters: this.parameters(fields.parameters),
      metric: this.text(fields.metric, NAME_UNITS) ?? '',
      value: typeof value === 'number' && Number.isFinite(value) ? value : null
    };
  }

  private parameters(value: unknown): Record<string, string> {
    const entries = isRecord(value) ? Object.entries(value) : [];
    const told = entries.slice(0, MOST_PARAMETERS).flatMap(([name, text]) => {
      const key = this.text(name, TEXT_UNITS);
      const said = this.text(text, TEXT_UNITS);
      return key === null || said === null ? [] : [[key, said] as const];
    });
    this.short ||= entries.length > MOST_PARAMETERS;
    return Object.fromEntries(told);
  }

  private names(value: unknown): string[] {
    const list: unknown[] = Array.isArray(value) ? value : [];
    this.short ||= list.length > MOST_NAMES;
    return list
      .slice(0, MOST_NAMES)
      .map(each => this.text(each, TEXT_UNITS))
      .filter(each => each !== null);
  }

  private each<T>(
    value: unknown,
    most: number,
    read: (fields: Fields) => T | null
  ): T[] {
    const list: unknown[] = Array.isArray(value) ? value : [];
    this.short ||= list.length > most;
    return list
      .slice(0, most)
      .map(each => (isRecord(each) ? read(each) : null))
      .filter(each => each !== null);
  }

  private text(value: unknown, most: number): string | null {
    if (typeof value !== 'string') {
      return null;
    }
    const text = wellFormed(value.slice(0, most));
    if (text.length > this.room) {
      this.short = true;
      return null;
    }
    this.room -= text.length;
    return text;
  }

  private room = ROOM_UNITS;
  /** Something had no room. */
  private short = false;
}

type Fields = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function count(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    ? value
    : null;
}
