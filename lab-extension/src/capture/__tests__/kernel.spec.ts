import { Signal } from '@lumino/signaling';
import { beforeEach, describe, expect, it } from 'vitest';

import { KernelWatch, type KernelWatchOptions } from '../kernel';

const python = { id: 'k1', name: 'python3' };
const other = { id: 'k2', name: 'ir' };

let told: [string, string][];
let lost: number;
let kernel: typeof python | null;
let kernelChanged: Signal<object, object>;
let statusChanged: Signal<object, string>;

beforeEach(() => {
  told = [];
  lost = 0;
  kernel = python;
  kernelChanged = new Signal({});
  statusChanged = new Signal({});
});

function watch(): KernelWatch {
  const session = {
    get kernel() {
      return kernel;
    },
    anyMessage: new Signal({})
  };
  return new KernelWatch({
    context: {
      session,
      sessionChanged: new Signal({}),
      kernelChanged,
      statusChanged
    } as unknown as KernelWatchOptions['context'],
    runs: {
      sent: () => undefined,
      received: () => undefined,
      lose: () => {
        lost++;
      }
    },
    record: (type, { kernel_id }) => told.push([type, kernel_id])
  });
}

const statuses = (...all: string[]): void =>
  all.forEach(status => statusChanged.emit(status));

describe('the kernel', () => {
  it('that is there at the beginning has started', () => {
    watch();
    expect(told).toEqual([['kernel.started', 'k1']]);
  });

  it('is told when it comes later, and when another takes its place', () => {
    kernel = null;
    watch();
    expect(told).toEqual([]);
    kernel = python;
    kernelChanged.emit({ oldValue: null, newValue: python });
    kernel = other;
    kernelChanged.emit({ oldValue: python, newValue: other });
    expect(told).toEqual([
      ['kernel.started', 'k1'],
      ['kernel.started', 'k2']
    ]);
    expect(lost).toBe(1);
  });

  it('restarts once, however often its states and signals say so', () => {
    watch();
    statuses('restarting', 'restarting', 'unknown', 'starting', 'idle');
    kernelChanged.emit({ oldValue: python, newValue: python });
    statuses('busy', 'idle');
    expect(told.slice(1)).toEqual([['kernel.restarted', 'k1']]);
  });

  it('dies, and is started again by the server', () => {
    watch();
    statuses('restarting', 'autorestarting', 'starting', 'idle');
    expect(told.slice(1)).toEqual([
      ['kernel.died', 'k1'],
      ['kernel.restarted', 'k1']
    ]);
  });

  it('dies once, also where the server gives up', () => {
    watch();
    statuses('restarting', 'autorestarting', 'restarting', 'autorestarting');
    statuses('dead', 'dead');
    expect(told.slice(1)).toEqual([['kernel.died', 'k1']]);
  });

  it('is interrupted by whoever asks for it', () => {
    watch().interrupted();
    expect(told.slice(1)).toEqual([['kernel.interrupted', 'k1']]);
  });

  it('cannot be interrupted where there is none', () => {
    kernel = null;
    watch().interrupted();
    expect(told).toEqual([]);
  });
});
