import { beforeEach, describe, expect, it } from 'vitest';

import { LockedSessions } from '../open-sessions';
import { Locks } from './locks';
import { settled } from './page';

describe('open sessions', () => {
  let locks: Locks;

  async function page(baseUrl = '/'): Promise<LockedSessions> {
    const sessions = new LockedSessions(locks, baseUrl);
    await settled();
    return sessions;
  }

  beforeEach(() => {
    locks = new Locks();
  });

  it('are seen by a page that is loaded then, of the same server', async () => {
    const first = await page();
    first.open('a');
    const second = await page();
    expect(second.isElsewhere('a')).toBe(true);
    expect(second.isElsewhere('b')).toBe(false);
    expect((await page('/other/')).isElsewhere('a')).toBe(false);
  });

  it('are not elsewhere for the page that has them open', async () => {
    const only = await page();
    only.open('a');
    await settled();
    expect(only.isElsewhere('a')).toBe(false);
  });

  it('are let go of when they are closed', async () => {
    const first = await page();
    first.open('a');
    first.open('b');
    first.close('a');
    await settled();
    const second = await page();
    expect(second.isElsewhere('a')).toBe(false);
    expect(second.isElsewhere('b')).toBe(true);
  });

  it('are seen by nobody where the browser refuses locks', async () => {
    const refused = (): Promise<never> => Promise.reject(new Error('refused'));
    const sessions = new LockedSessions(
      { request: refused, query: refused },
      '/'
    );
    sessions.open('a');
    sessions.close('a');
    await settled();
    expect(sessions.isElsewhere('a')).toBe(false);
  });
});
