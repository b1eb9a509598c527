import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';

import { notebookHindrance, pageHindrance } from '../hindrance';
import type { DeliveryStatus } from '../tokens';

const trans = nullTranslator.load('');

const status = (
  state: DeliveryStatus['state'],
  reason = ''
): DeliveryStatus => ({ state, unsent: 0, reason });

const notebook = (
  of: DeliveryStatus,
  { ended = false, session = true }
): string =>
  notebookHindrance('panel', {
    delivery: { status: of },
    capture: {
      isEnded: () => ended,
      sessionOf: () => (session ? 's' : undefined)
    },
    trans
  });

describe('what stands in the way of an answer', () => {
  it.each(['recording', 'unsent', 'offline'] as const)(
    'is nothing while the page is %s',
    state => {
      expect(pageHindrance(status(state, 'slow'), trans)).toBe('');
      expect(notebook(status(state), {})).toBe('');
    }
  );

  it('is a pause, which can be ended', () => {
    expect(pageHindrance(status('paused', 'You paused.'), trans)).toBe(
      'The recording is paused. Resume it to answer.'
    );
  });

  it('is whatever stopped the recording', () => {
    const withdrawn = status('stopped', 'You withdrew your consent.');
    expect(pageHindrance(withdrawn, trans)).toBe('You withdrew your consent.');
    expect(notebook(withdrawn, { ended: true })).toBe(
      'You withdrew your consent.'
    );
    expect(pageHindrance(status('stopped'), trans)).toBe(
      'Nothing is recorded now.'
    );
  });

  it('is the end of the session, or the want of one', () => {
    expect(notebook(status('recording'), { ended: true })).toContain(
      'The session of this notebook was ended.'
    );
    expect(notebook(status('recording'), { session: false })).toBe(
      'This notebook is not recorded now.'
    );
  });
});
