/** The one line above a timeline, or in its place. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { Clock } from '../history/words';
import type { DeliveryStatus } from '../tokens';
import type { TimelineFailed, Told } from './data';

export interface Standing {
  /** Whether there is a notebook to tell of. */
  notebook: boolean;
  /** Whether it has a session. */
  session: boolean;
  told: Told | null;
  problem: TimelineFailed | null;
  status: DeliveryStatus;
}

/** What the person should know beside the drawing; empty when all is well. */
export function note(
  { notebook, session, told, problem, status }: Standing,
  trans: TranslationBundle
): string {
  if (!notebook) {
    return trans.__('Open a notebook to see its timeline.');
  }
  // Why nothing is recorded is said first: it is also why there is nothing new.
  const silent = status.state === 'stopped' || status.state === 'paused';
  if (silent && status.reason !== '') {
    return status.reason;
  }
  if (!session || problem?.reason === 'unknown') {
    return trans.__('Nothing is recorded of this notebook yet.');
  }
  if (problem?.reason === 'unreachable' || status.state === 'offline') {
    return trans.__(
      'The server does not answer. The timeline goes on when it does.'
    );
  }
  if (problem !== null) {
    return problem.message === ''
      ? trans.__(
          'The timeline cannot be read; the server’s log tells why. Open it again later.'
        )
      : trans.__('The timeline cannot be read now: %1', problem.message);
  }
  if (told === null) {
    return trans.__('The timeline is being read.');
  }
  if (told.erased) {
    return trans.__('What was recorded of this session was erased.');
  }
  return told.data.lanes.length === 0
    ? trans.__('Nothing has happened in this notebook yet.')
    : '';
}

/** When the session took place, by the person's clock, and in which kernel. */
export function circumstances(
  { begin, end, kernel }: Told,
  clock: Clock,
  trans: TranslationBundle
): string {
  const [day, lastDay] = [clock.day(begin), clock.day(end)];
  const from = [day, clock.minute(begin)].filter(Boolean).join(', ');
  const to = [lastDay === day ? '' : lastDay, clock.minute(end)];
  const time = trans.__('%1 to %2', from, to.filter(Boolean).join(', '));
  return kernel === '' ? time : trans.__('%1 · kernel %2', time, kernel);
}
