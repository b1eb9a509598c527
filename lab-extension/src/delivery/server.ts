/** Where the server is, and how the page shows who it is. */

import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

/** A server that does not answer for so long is not waited for, in ms; the stream will find out. */
const ANSWER_MS = 5000;

/** The address of the stream. The token is part of it only where JupyterLab puts it into addresses too. */
export function streamUrl(settings: ServerConnection.ISettings): string {
  const url = URLExt.join(settings.wsUrl, 'prompter/stream');
  return settings.appendToken && settings.token !== ''
    ? `${url}?token=${encodeURIComponent(settings.token)}`
    : url;
}

/** The page's own token, for the first frame: only behind a Hub, where the collector knows no cookie of ours. */
export function tokenForHello(
  settings: ServerConnection.ISettings
): string | null {
  const behindHub = PageConfig.getOption('hubUser') !== '';
  return behindHub && settings.token !== '' ? settings.token : null;
}

/** Whether the server surely has no Prompter. Whatever else goes wrong is left to the stream and its retries. */
export async function serverLacksPrompter(
  settings: ServerConnection.ISettings
): Promise<boolean> {
  try {
    const response = await ServerConnection.makeRequest(
      URLExt.join(settings.baseUrl, 'prompter/status'),
      { signal: AbortSignal.timeout(ANSWER_MS) },
      settings
    );
    return response.status === 404;
  } catch {
    return false;
  }
}
