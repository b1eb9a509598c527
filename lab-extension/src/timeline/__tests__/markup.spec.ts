import { describe, expect, it } from 'vitest';

import { isHarmless } from '../markup';

describe('attributes of a drawing', () => {
  it.each([
    ['fill', '#1668a8'],
    ['fill', 'url(#hatch-live)'],
    ['clip-path', 'url(#plot-live)'],
    ['data-key', 'r:0:1'],
    ['aria-label', 'Cell 1, run 1: ok'],
    ['transform', 'translate(10.0 20)']
  ])('%s=%s comes in', (name, value) => {
    expect(isHarmless(name, value)).toBe(true);
  });

  it.each([
    ['onclick', 'ran=1'],
    ['ONLOAD', 'ran=1'],
    ['href', 'javascript:ran=1'],
    ['xlink:href', 'https://elsewhere.example/'],
    ['style', 'background:url(https://elsewhere.example/)'],
    ['fill', 'url(https://elsewhere.example/#a)'],
    ['fill', 'URL(//elsewhere.example)'],
    ['clip-path', 'url(#a) url(https://elsewhere.example/)'],
    ['fill', 'u\\72l(//elsewhere.example)'],
    ['src', 'x']
  ])('%s=%s does not', (name, value) => {
    expect(isHarmless(name, value)).toBe(false);
  });
});
