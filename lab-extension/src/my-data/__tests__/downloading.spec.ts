import { describe, expect, it } from 'vitest';

import { nullTranslator } from '@jupyterlab/translation';

import { DownloadFailed, nameOf, type Download, type Progress } from '../data';
import { Downloading, type Said } from '../downloading';
import { coming, failed, saved } from '../words';

const trans = nullTranslator.load('jupyterlab_prompter');
const FILE: Download = { file: new Blob(['PK']), name: 'my-data-1.zip' };

/** A server that answers when the test says so. */
class Server {
  asked = 0;
  progress: Progress = () => undefined;
  answer: (download: Download) => void = () => undefined;
  fail: (error: unknown) => void = () => undefined;

  readonly ask = (progress: Progress): Promise<Download> => {
    this.asked++;
    this.progress = progress;
    return new Promise((resolve, reject) => {
      this.answer = resolve;
      this.fail = reject;
    });
  };
}

function made(): {
  server: Server;
  downloading: Downloading;
  kept: Download[];
  said: Said[];
} {
  const server = new Server();
  const kept: Download[] = [];
  const said: Said[] = [];
  const downloading = new Downloading({
    ask: server.ask,
    save: download => kept.push(download),
    says: one => said.push(one)
  });
  return { server, downloading, kept, said };
}

describe('downloading', () => {
  it('says that it began, how far it has come, and that it is there', async () => {
    const { server, downloading, kept, said } = made();
    const end = downloading.begin();
    server.progress(3_000_000);
    server.answer(FILE);
    await end;
    expect(kept).toEqual([FILE]);
    expect(said).toEqual([
      { kind: 'coming', bytes: 0 },
      { kind: 'coming', bytes: 3_000_000 },
      { kind: 'saved', name: 'my-data-1.zip' }
    ]);
  });

  it('asks once, however often it is begun meanwhile, and again afterwards', async () => {
    const { server, downloading } = made();
    const end = downloading.begin();
    await downloading.begin();
    expect(server.asked).toBe(1);
    expect(downloading.isUnderWay).toBe(true);
    server.answer(FILE);
    await end;
    void downloading.begin();
    expect(server.asked).toBe(2);
  });

  it('saves nothing that failed, and can be tried again', async () => {
    const { server, downloading, kept, said } = made();
    for (const error of [new DownloadFailed('unreachable'), new Error('x')]) {
      const end = downloading.begin();
      server.fail(error);
      await end;
    }
    expect(kept).toEqual([]);
    expect(
      said.flatMap(one => (one.kind === 'failed' ? [one.error.reason] : []))
    ).toEqual(['unreachable', 'broken']);
  });
});

describe('the name of the file', () => {
  it.each([
    ['attachment; filename="my-data-2026-06-09.zip"', 'my-data-2026-06-09.zip'],
    ['attachment; filename="../x.zip"', 'my-data.zip'],
    ['attachment; filename=".x.zip"', 'my-data.zip'],
    ['attachment', 'my-data.zip'],
    [null, 'my-data.zip']
  ])('%s', (disposition, name) => {
    expect(nameOf(disposition)).toBe(name);
  });
});

describe('what is said', () => {
  it('changes with whole megabytes alone', () => {
    expect(coming(999_999, trans)).toBe(coming(0, trans));
    expect(coming(12_345_678, trans)).toContain('12 MB');
    expect(saved('x.zip', trans)).toContain('x.zip');
  });

  it('hands the server’s own line on where it refused', () => {
    const line = 'your data are on their way already';
    expect(failed(new DownloadFailed('refused', line), trans)).toContain(line);
    expect(failed(new DownloadFailed('refused'), trans)).toContain('Ask');
    expect(failed(new DownloadFailed('nothing', line), trans)).not.toContain(
      line
    );
  });
});
