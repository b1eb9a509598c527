/** Where the recording is: at the page's own server, or at a study's collector. */

import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

/** A server that does not answer for so long is not waited for, in ms; the stream will find out. */
const ANSWER_MS = 5000;

/** Under this name the page is told the collector's address, such as `/services/prompter/`; empty: there is none. */
const COLLECTOR = 'prompterCollector';

/** And under this one what to show it instead of the page's own token: a study link's. */
const LINK = 'prompterLink';

/** And under this one the version of its study's consent text. */
const CONSENT = 'prompterConsent';

/** The version of a text that is not known yet: nothing is recorded before the collector tells whether there is one. */
export const NOT_KNOWN_YET = '?';

/** Whom the page sends to and asks. */
export interface RecordingServer {
  /** With these it is asked. */
  settings: ServerConnection.ISettings;
  /** The address of one of its endpoints, such as `answers`. */
  url: (endpoint: string) => string;
  /** The address of the stream. The token is part of it only where JupyterLab puts it into addresses too. */
  streamUrl: () => string;
  /** What the first frame shows to a collector, which knows no cookie of ours. */
  token: () => string | null;
  /** The version of the text that people must agree to before anything is recorded; empty: there is none. */
  consentNeeded: string;
}

/** The server of this page, as its configuration tells. */
export function recordingServer(
  own: ServerConnection.ISettings = ServerConnection.makeSettings(),
  option: (name: string) => string = name => PageConfig.getOption(name)
): RecordingServer {
  const collector = option(COLLECTOR);
  return collector === ''
    ? ownServer(own, option(CONSENT))
    : collectorAt(new URL(collector, own.baseUrl).href, own, option(LINK));
}

/** Whether the server surely has no Prompter. Whatever else goes wrong is left to the stream and its retries. */
export async function serverLacksPrompter({
  settings,
  url
}: RecordingServer): Promise<boolean> {
  try {
    const response = await ServerConnection.makeRequest(
      url('status'),
      { signal: AbortSignal.timeout(ANSWER_MS) },
      settings
    );
    return response.status === 404;
  } catch {
    return false;
  }
}

function ownServer(
  settings: ServerConnection.ISettings,
  consentNeeded: string
): RecordingServer {
  const { appendToken, token } = settings;
  const stream = URLExt.join(settings.wsUrl, 'prompter/stream');
  return {
    settings,
    url: endpoint => URLExt.join(settings.baseUrl, 'prompter') + `/${endpoint}`,
    streamUrl: () =>
      appendToken && token !== ''
        ? `${stream}?token=${encodeURIComponent(token)}`
        : stream,
    token: () => null,
    consentNeeded
  };
}

function collectorAt(
  address: string,
  own: ServerConnection.ISettings,
  link: string
): RecordingServer {
  const baseUrl = address.endsWith('/') ? address : `${address}/`;
  const token = link === '' ? own.token : link;
  const settings = ServerConnection.makeSettings({
    ...own,
    baseUrl,
    wsUrl: baseUrl.replace(/^http/, 'ws'),
    token,
    // It stands in the first frame, and in a header: addresses are logged by everything that they pass.
    appendToken: false
  });
  return {
    settings,
    url: endpoint => baseUrl + endpoint,
    streamUrl: () => `${settings.wsUrl}stream`,
    token: () => (token === '' ? null : token),
    consentNeeded: NOT_KNOWN_YET
  };
}
