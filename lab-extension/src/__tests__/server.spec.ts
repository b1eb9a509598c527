import { ServerConnection } from '@jupyterlab/services';
import { describe, expect, it } from 'vitest';

import { NOT_KNOWN_YET, recordingServer } from '../server';

const OWN = ServerConnection.makeSettings({
  baseUrl: 'https://hub.test/user/p01/',
  wsUrl: 'wss://hub.test/user/p01/',
  token: 'own&token',
  appendToken: true
});

function server(
  options: Record<string, string>
): ReturnType<typeof recordingServer> {
  return recordingServer(OWN, name => options[name] ?? '');
}

describe('the recording server', () => {
  it('is the page’s own where no study has a collector', () => {
    const own = server({ prompterConsent: 'v1' });
    expect(own.url('answers')).toBe(
      'https://hub.test/user/p01/prompter/answers'
    );
    expect(own.streamUrl()).toBe(
      'wss://hub.test/user/p01/prompter/stream?token=own%26token'
    );
    expect(own.token()).toBeNull();
    expect(own.consentNeeded).toBe('v1');
  });

  it('is the study’s collector, which is shown the page’s own token, never in an address', () => {
    const collector = server({ prompterCollector: '/services/prompter/' });
    expect(collector.url('history/abc/7')).toBe(
      'https://hub.test/services/prompter/history/abc/7'
    );
    expect(collector.streamUrl()).toBe(
      'wss://hub.test/services/prompter/stream'
    );
    expect(collector.token()).toBe('own&token');
    expect(collector.settings.token).toBe('own&token');
    expect(collector.settings.appendToken).toBe(false);
  });

  it('may be elsewhere, and be shown a study link', () => {
    const collector = server({
      prompterCollector: 'http://study.test:8890/services/prompter',
      prompterLink: 'sealed'
    });
    expect(collector.url('review')).toBe(
      'http://study.test:8890/services/prompter/review'
    );
    expect(collector.streamUrl()).toBe(
      'ws://study.test:8890/services/prompter/stream'
    );
    expect(collector.token()).toBe('sealed');
  });

  it('records nothing before a collector has told whether the study asks for consent', () => {
    const { consentNeeded } = server({
      prompterCollector: '/services/prompter/'
    });
    expect(consentNeeded).toBe(NOT_KNOWN_YET);
  });
});
