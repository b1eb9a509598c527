import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { VERSION } from '../../version';

it('the version is the package’s', () => {
  const file = new URL('../../../package.json', import.meta.url);
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as {
    version: string;
  };
  expect(VERSION).toBe(version);
});
