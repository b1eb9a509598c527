import { describe, expect, it } from 'vitest';

import { notebookDigest } from '../digest';

const hex = (bytes: Uint8Array): string =>
  [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('');

describe('the digest of a notebook', () => {
  it('is what the log computes', () => {
    // prompter_events.chain.notebook_digest of the same cells.
    expect(
      hex(
        notebookDigest([
          { cell_id: 'a', cell_type: 'code', source: 'x = 1\n' },
          { cell_id: 'b', cell_type: 'markdown', source: '# Größe 😀' },
          { cell_id: 'c', cell_type: 'raw', source: '\ud800' }
        ])
      )
    ).toBe('ce543a1f7668b354bdfa72d80312b79412566d66f1f27ccab37be0c3409b2a29');
    expect(hex(notebookDigest([]))).toBe(
      '0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8'
    );
  });
});
