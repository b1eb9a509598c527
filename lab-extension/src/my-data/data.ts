/** What was recorded of this person, as the server sends it: one file, which may be large and takes a while. */

import { ServerConnection } from '@jupyterlab/services';

import type { RecordingServer } from '../server';

export interface Download {
  file: Blob;
  /** What the server calls the file: it names nobody. */
  name: string;
}

/** Why there is no file. `message` is the server's line for people; empty where it gave none. */
export class DownloadFailed extends Error {
  constructor(
    readonly reason: 'nothing' | 'refused' | 'unreachable' | 'broken',
    message = ''
  ) {
    super(message);
  }
}

/** Told how many bytes came so far. */
export type Progress = (bytes: number) => void;

const OTHERWISE = 'my-data.zip';

/** Ask for everything. Rejected with `DownloadFailed` alone. */
export async function askForMyData(
  { settings, url }: Pick<RecordingServer, 'settings' | 'url'>,
  progress: Progress
): Promise<Download> {
  let response: Response;
  try {
    response = await ServerConnection.makeRequest(
      url('my-data'),
      { cache: 'no-store' },
      settings
    );
  } catch {
    throw new DownloadFailed('unreachable');
  }
  if (!response.ok) {
    throw new DownloadFailed(
      response.status === 404 ? 'nothing' : 'refused',
      await lineOf(response)
    );
  }
  try {
    return {
      file: await whole(response, progress),
      name: nameOf(response.headers.get('Content-Disposition'))
    };
  } catch {
    // The server breaks the connection off where it cannot send all: a part is nothing to keep.
    throw new DownloadFailed('broken');
  }
}

/** The file's name in a `Content-Disposition`; another one where there is none, or where it leads elsewhere. */
export function nameOf(disposition: string | null): string {
  const name = /filename="([\w.-]+)"/.exec(disposition ?? '')?.[1];
  return name === undefined || name.startsWith('.') ? OTHERWISE : name;
}

async function lineOf(response: Response): Promise<string> {
  try {
    const { message } = (await response.json()) as { message?: unknown };
    return typeof message === 'string' ? message : '';
  } catch {
    return '';
  }
}

async function whole(response: Response, progress: Progress): Promise<Blob> {
  const type = 'application/zip';
  const reader = response.body?.getReader();
  if (reader === undefined) {
    return new Blob([await response.arrayBuffer()], { type });
  }
  const parts: BlobPart[] = [];
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return new Blob(parts, { type });
    }
    parts.push(value);
    bytes += value.byteLength;
    progress(bytes);
  }
}
