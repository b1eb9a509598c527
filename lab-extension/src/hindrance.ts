/** Why nothing that a person says now would be recorded, as one line to show; empty if it would be. */

import type { TranslationBundle } from '@jupyterlab/translation';

import { endedWords } from './status/words';
import type { DeliveryStatus, ICapture, IDelivery } from './tokens';

/** Of the whole page. */
export function pageHindrance(
  { state, reason }: DeliveryStatus,
  trans: TranslationBundle
): string {
  switch (state) {
    case 'paused':
      return trans.__('The recording is paused. Resume it to answer.');
    case 'stopped':
      return reason || trans.__('Nothing is recorded now.');
    default:
      return '';
  }
}

/** Of the notebook in a panel, by the panel's id. */
export function notebookHindrance(
  panelId: string,
  {
    delivery,
    capture,
    trans
  }: {
    delivery: Pick<IDelivery, 'status'>;
    capture: Pick<ICapture, 'isEnded' | 'sessionOf'>;
    trans: TranslationBundle;
  }
): string {
  const ofPage = pageHindrance(delivery.status, trans);
  if (ofPage !== '') {
    return ofPage;
  }
  if (capture.isEnded(panelId)) {
    return endedWords(trans);
  }
  return capture.sessionOf(panelId) === undefined ? unrecorded(trans) : '';
}

/** Of a notebook without a session. */
export function unrecorded(trans: TranslationBundle): string {
  return trans.__('This notebook is not recorded now.');
}
