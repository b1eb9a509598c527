/**
 * Who changes a shared notebook.
 *
 * Each page says in the document's awareness whose work it records; a page that records nobody's says nothing. What
 * other pages say of themselves is a claim: good enough to know whose text is to be withheld, and to name an author.
 */

import { idBytes } from '../ids';
import type { Uuid } from '../protocol';
import type { TransactionLike } from './causes';

/** The field of the awareness. */
const FIELD = 'prompter';

/** The part of a shared document's awareness that is used here. */
export interface AwarenessLike {
  readonly clientID: number;
  getStates(): ReadonlyMap<number, unknown>;
  setLocalStateField(name: string, value: unknown): void;
  on(name: 'change', listener: () => void): unknown;
  off(name: 'change', listener: () => void): unknown;
}

/** Who made one change. */
export interface Authorship {
  /** The participant, where known. */
  author: Uuid | null;
  /** False if the text is to be withheld. */
  agreed: boolean;
}

/** A change of this page's own. */
export const OWN: Authorship = { author: null, agreed: true };

export class Authors {
  /** @param awareness null where the notebook is not shared. */
  constructor(private readonly awareness: AwarenessLike | null) {
    awareness?.on('change', this.learn);
    this.learn();
  }

  /** Tell the other pages whose work is recorded here (UUID text); null for nobody's. */
  announce(participant: string | null): void {
    if (participant !== this.announced) {
      this.announced = participant;
      this.awareness?.setLocalStateField(
        FIELD,
        participant === null ? null : { participant }
      );
    }
  }

  /** Who made a change that came from elsewhere. */
  of({ beforeState, afterState }: TransactionLike): Authorship {
    const wrote: (Uuid | null)[] = [];
    let agreed = true;
    afterState?.forEach((clock, client) => {
      if (
        clock === (beforeState?.get(client) ?? 0) ||
        client === this.awareness?.clientID
      ) {
        return;
      }
      // The server itself, which reads a file that changed on disk, is no person.
      const participant = this.participants.get(client);
      wrote.push(participant ?? null);
      agreed &&= participant !== null;
    });
    return {
      author: wrote.length > 0 ? same(wrote) : this.onlyOther(),
      agreed
    };
  }

  /** Hear nothing more. */
  stop(): void {
    this.awareness?.off('change', this.learn);
  }

  /** Who is elsewhere, if there is one person only: a deletion does not tell who made it. */
  private onlyOther(): Uuid | null {
    const present: (Uuid | null)[] = [];
    this.awareness?.getStates().forEach((state, client) => {
      if (client !== this.awareness?.clientID && isPerson(state)) {
        present.push(this.participants.get(client) ?? null);
      }
    });
    return same(present);
  }

  private readonly learn = (): void => {
    this.awareness?.getStates().forEach((state, client) => {
      if (isPerson(state)) {
        this.participants.set(client, participantOf(state));
      }
    });
  };

  /** What each client said last; null for those who said nothing. Kept when they leave, since their text may come later. */
  private readonly participants = new Map<number, Uuid | null>();
  private announced: string | null = null;
}

function participantOf(state: unknown): Uuid | null {
  const said = field(field(state, FIELD), 'participant');
  try {
    return typeof said === 'string' ? idBytes(said) : null;
  } catch {
    return null;
  }
}

/** Whether somebody is there: the server has a state too, without a user. */
function isPerson(state: unknown): boolean {
  return field(state, 'user') !== undefined;
}

/** The one that all of them are. */
function same(ids: readonly (Uuid | null)[]): Uuid | null {
  const [first] = ids;
  return first && ids.every(id => id?.join() === first.join()) ? first : null;
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

/** The awareness of a shared model, where it has one that we understand. */
export function awarenessOf(shared: object): AwarenessLike | null {
  const awareness: unknown = 'awareness' in shared ? shared.awareness : null;
  return typeof awareness === 'object' &&
    awareness !== null &&
    'getStates' in awareness &&
    'setLocalStateField' in awareness
    ? (awareness as AwarenessLike)
    : null;
}
