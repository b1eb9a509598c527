/** What is said about a download. */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { DownloadFailed } from './data';

const MEGABYTE = 1_000_000;

/** While it comes. Whole megabytes, so that a screen reader is not told of each piece. */
export function coming(bytes: number, trans: TranslationBundle): string {
  const megabytes = Math.floor(bytes / MEGABYTE);
  return megabytes === 0
    ? trans.__('Your data are being put together…')
    : trans.__('Your data are coming: %1 MB so far…', megabytes);
}

/** When it is there. */
export function saved(name: string, trans: TranslationBundle): string {
  return trans.__(
    'Your data are saved as %1. Begin with README.txt in it.',
    name
  );
}

/** Why it is not. */
export function failed(
  { reason, message }: DownloadFailed,
  trans: TranslationBundle
): string {
  switch (reason) {
    case 'nothing':
      return trans.__('There are no data to download: nothing is recorded.');
    case 'unreachable':
      return trans.__(
        'Your data could not be downloaded: the server does not answer. Try again later.'
      );
    case 'broken':
      return trans.__(
        'Your data could not be downloaded whole, so nothing was saved. Try again.'
      );
    case 'refused':
      return message === ''
        ? trans.__(
            'Your data could not be downloaded. Ask the people who run the study.'
          )
        : trans.__('Your data could not be downloaded: %1', message);
  }
}
