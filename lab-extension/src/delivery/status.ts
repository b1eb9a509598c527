/** What the indicator says, from the facts of the delivery. */

import type { TranslationBundle } from '@jupyterlab/translation';

import { CLOSE_CODES } from '../protocol';
import type { ConsentStage, DeliveryStatus } from '../tokens';

/** An event that waits longer than this is worth a word, in ms. */
export const LATE_MS = 2000;

/** Connecting may take this long before the page calls itself offline, in ms. */
export const GRACE_MS = 2000;

export interface Facts {
  /** The server has no Prompter. */
  absent: boolean;
  /** The close code after which nothing more is tried; null while it goes on. */
  final: number | null;
  paused: boolean;
  consent: ConsentStage;
  /** Why the server does not record; null while it does. */
  refusal: string | null;
  /** The server has welcomed this connection. */
  connected: boolean;
  /** The first attempt to connect is still young. */
  connecting: boolean;
  /** How the last connection ended; null if none has. */
  closed: number | null;
  unsent: number;
  /** How long the oldest event has waited, in ms. */
  waitedMs: number;
  /** The browser does not let the page keep events over a reload. */
  memoryOnly: boolean;
}

function whyFinal(code: number, trans: TranslationBundle): string {
  switch (code) {
    case CLOSE_CODES['not yours']:
      return trans.__(
        'The server knows this page as somebody else’s. Reload the page to record as yourself.'
      );
    case CLOSE_CODES['taken over by a newer socket']:
      return trans.__(
        'Another window took over the recording of this page. Reload the page to record here.'
      );
    case CLOSE_CODES['too old']:
      return trans.__(
        'This page is older than the server. Reload the page; what is kept here will be sent.'
      );
    default:
      return trans.__(
        'The server could not read what this page sent. Reload the page; what is kept here will be sent.'
      );
  }
}

/** Why nothing is recorded without consent; null where it is given or not asked for. Empty while it is being found out. */
function whyWithoutConsent(
  facts: Facts,
  trans: TranslationBundle
): string | null {
  switch (facts.consent) {
    case 'free':
    case 'given':
      return null;
    case 'unknown':
      return facts.connecting || facts.connected
        ? ''
        : trans.__(
            'Nothing is recorded until the server has told whether you agreed to this study.'
          );
    case 'asked':
      return trans.__(
        'Nothing is recorded: this study asks for your consent first.'
      );
    case 'declined':
      return trans.__(
        'You have not agreed to this study: nothing is recorded. You can agree in the side panel.'
      );
    case 'withdrawn':
      return trans.__(
        'You withdrew your consent: nothing is recorded. You can agree again in the side panel.'
      );
  }
}

function whyOffline(facts: Facts, trans: TranslationBundle): string {
  if (facts.closed === CLOSE_CODES['not authenticated']) {
    return trans.__(
      'You are signed out, or your server was stopped. Reload the page, and sign in if it asks; %1 kept here.',
      facts.unsent
    );
  }
  return facts.memoryOnly
    ? trans.__(
        'Offline, %1 kept in memory only: a reload loses what was not sent. Leave this page open until the server answers again.',
        facts.unsent
      )
    : trans.__('Offline, %1 kept here', facts.unsent);
}

/** The status, the gravest fact first. */
export function statusOf(
  facts: Facts,
  trans: TranslationBundle
): DeliveryStatus {
  const { unsent } = facts;
  if (facts.absent) {
    const reason = trans.__(
      'This server has no Prompter extension: nothing is recorded.'
    );
    return { state: 'stopped', unsent, reason };
  }
  if (facts.final !== null) {
    return { state: 'stopped', unsent, reason: whyFinal(facts.final, trans) };
  }
  const withoutConsent = whyWithoutConsent(facts, trans);
  if (withoutConsent !== null) {
    return { state: 'stopped', unsent, reason: withoutConsent };
  }
  if (facts.paused) {
    const reason = trans.__(
      'You paused the recording: nothing is recorded, nothing is asked.'
    );
    return { state: 'paused', unsent, reason };
  }
  if (facts.refusal !== null) {
    const reason =
      facts.refusal || trans.__('The server does not record at present.');
    return { state: 'stopped', unsent, reason };
  }
  if (!facts.connected && !facts.connecting) {
    return { state: 'offline', unsent, reason: whyOffline(facts, trans) };
  }
  const reason = facts.memoryOnly
    ? trans.__(
        'Events are kept in memory only, for this browser stores nothing: a reload loses what was not sent.'
      )
    : '';
  return facts.waitedMs > LATE_MS
    ? { state: 'unsent', unsent, reason }
    : { state: 'recording', unsent, reason };
}
